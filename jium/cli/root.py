"""The command itself, what its options have in common, and how it fails."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from jium.errors import JiumError
from jium.messages import language, say, set_language


class Group(TyperGroup):
    """Says what jium raises on purpose as one message, and exits 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except JiumError as error:
            typer.echo(f"jium: {error}", err=True)
            raise typer.Exit(1) from None
        except BrokenPipeError:  # `jium ... | head`
            sys.stderr.close()
            raise typer.Exit(0) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None


def _language_asked(words: list[str]) -> str | None:
    """The value of --lang, which stands before the command."""
    for word, after in zip(words, [*words[1:], ""], strict=False):
        name, equals, value = word.partition("=")
        if name == "--lang":
            return value if equals else after
        if not word.startswith("-"):
            break
    return None


# Help texts are said while this module loads, which is before typer reads --lang.
if (asked := _language_asked(sys.argv[1:])) in ("en", "ko"):
    set_language(asked)

app = typer.Typer(
    cls=Group,
    help=say("A workshop for generative AI: text and pictures to models of your own."),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
tokenizer_app = typer.Typer(
    help=say("Train, look at and compare tokenizers."), no_args_is_help=True
)
data_app = typer.Typer(help=say("Look at data, and prepare it."), no_args_is_help=True)
recipes_app = typer.Typer(
    help=say("What can be made: recipes to train from."), invoke_without_command=True
)
app.add_typer(tokenizer_app, name="tokenizer")
app.add_typer(data_app, name="data")
app.add_typer(recipes_app, name="recipes")

Run = Annotated[Path, typer.Argument(help=say("a run folder"), show_default=False)]
Json = Annotated[bool, typer.Option("--json", help=say("print JSON Lines"))]
Texts = Annotated[list[str] | None, typer.Argument(help=say('texts; "-" reads standard input'))]
Lines = Annotated[Path | None, typer.Option("--file", help=say("a text a line"))]
Overrides = Annotated[list[str] | None, typer.Argument(help=say("settings as key.path=value"))]


@app.callback()
def common(
    lang: Annotated[str | None, typer.Option(help=say("en or ko; LANG decides otherwise"))] = None,
) -> None:
    if lang not in (None, "en", "ko"):
        raise typer.BadParameter(say("en or ko, not {lang!r}", lang=lang), param_hint="--lang")
    if lang:
        set_language(lang)


def main() -> None:
    """The `jium` command."""
    if language() == "ko":
        _say_headings()
    app()


def _say_headings() -> None:
    """Put typer's own headings into the language of the person; it knows English only."""
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = say("Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = say("Options")
    rich_utils.COMMANDS_PANEL_TITLE = say("Commands")
    rich_utils.ERRORS_PANEL_TITLE = say("Error")
    rich_utils.DEFAULT_STRING = say("[default: {}]")
    rich_utils.REQUIRED_LONG_STRING = say("[required]")
