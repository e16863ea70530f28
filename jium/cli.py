"""The command line: one typed function per command, each a thin layer over the Python verb of the
same name.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from jium.errors import ConfigError, DataError, JiumError
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


# ---------------------------------------------------------------- make


@app.command(help=say("Train the starter translator, measure it, try it: five minutes."))
def quickstart(
    out: Annotated[Path, typer.Option(help=say("folder for the run"))] = Path("quickstart"),
) -> None:
    from jium.training.quickstart import quickstart as start

    start(out)


@app.command(help=say("Train what a recipe says into a run folder."))
def train(
    recipe: Annotated[str, typer.Argument(help=say("a recipe: its name, or a .toml file"))],
    overrides: Overrides = None,
    out: Annotated[
        Path | None, typer.Option(help=say("run folder; runs/NAME if not given"))
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help=say("go on with the run that is there"))
    ] = False,
) -> None:
    from jium.training.recipe import find
    from jium.training.run import train as start

    folder = out
    if folder is None and find(recipe) == Path(recipe) / "recipe.toml":
        folder = Path(recipe)  # `jium train RUN --resume`
    start(recipe, *(overrides or []), out=folder, resume=resume)
    shown = folder or Path("runs") / Path(recipe).stem
    typer.echo(say("The run is in {run}. Measure it: jium evaluate {run}", run=shown), err=True)


@recipes_app.callback()
def recipes(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        from jium.training.recipe import about_table

        _print(about_table())


@recipes_app.command("show", help=say("Print a recipe."))
def recipes_show(name: str) -> None:
    from jium.training.recipe import find

    typer.echo(find(name).read_text("utf-8"), nl=False)


@recipes_app.command("copy", help=say("Copy a recipe to a file of your own, to change it."))
def recipes_copy(name: str, file: Path) -> None:
    from jium.training.recipe import find

    if file.exists():
        raise DataError("{path}: is there already; choose another name.", path=file)
    from jium.files import write_text

    write_text(file, find(name).read_text("utf-8"))
    typer.echo(say("Copied. Train it: jium train {file}", file=file), err=True)


# ---------------------------------------------------------------- measure


@app.command(help=say("Measure a run on held-out data."))
def evaluate(
    run: Run,
    data: Annotated[str | None, typer.Option(help=say("a file of pairs"))] = None,
    split: Annotated[str, typer.Option(help=say("a split of the run's own data"))] = "test",
    source: Annotated[str | None, typer.Option(help=say("source column of the file"))] = None,
    target: Annotated[str | None, typer.Option(help=say("target column of the file"))] = None,
    tag: Annotated[str | None, typer.Option(help=say("tag column of the file"))] = None,
    to: Annotated[str | None, typer.Option(help=say("language to translate into"))] = None,
    beam: Annotated[int | None, typer.Option(help=say("beams of the search"))] = None,
    out: Annotated[
        Path | None, typer.Option(help=say("folder for the report; the run if not given"))
    ] = None,
    as_json: Json = False,
) -> None:
    from jium.evaluation.runner import evaluate as measure
    from jium.evaluation.runner import score_table

    place = out or (run / f"to-{to}" if to else run)
    found = measure(
        run, data or split, to=to, source=source, target=target, tag=tag, out=place, beam=beam
    )
    if as_json:
        scores = {s.name: s.value for s in found["scores"]}
        typer.echo(json.dumps({"scores": scores, "by_tag": found["by_tag"]}, ensure_ascii=False))
        return
    _print(score_table(found))
    typer.echo(say("Best and worst sentences: {path}", path=place / "evaluation.md"), err=True)


@app.command(help=say("Set measured runs side by side."))
def compare(
    runs: Annotated[list[Path], typer.Argument(help=say("run folders"))], as_json: Json = False
) -> None:
    from jium.evaluation.compare import compare as side_by_side

    found = side_by_side(runs)
    if not as_json:
        typer.echo(found.render())
        return
    for record in found.values():
        typer.echo(json.dumps(record, ensure_ascii=False))


# ---------------------------------------------------------------- use


@app.command(help=say("Translate texts: arguments, a file, or standard input."))
def translate(
    run: Run,
    texts: Annotated[
        list[str] | None, typer.Argument(help=say('texts; "-" reads standard input'))
    ] = None,
    file: Annotated[Path | None, typer.Option(help=say("a text a line"))] = None,
    to: Annotated[str | None, typer.Option(help=say("language to translate into"))] = None,
    tag: Annotated[str | None, typer.Option(help=say("kind of text, such as its domain"))] = None,
    beam: Annotated[int | None, typer.Option(help=say("beams of the search"))] = None,
    n_best: Annotated[int | None, typer.Option(help=say("answers to a text"))] = None,
    temperature: Annotated[float | None, typer.Option(help=say("above 0: sample"))] = None,
    top_k: Annotated[int | None, typer.Option(help=say("sample among so many"))] = None,
    top_p: Annotated[
        float | None, typer.Option(help=say("sample among this share of probability"))
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(help=say("tokens to write at most"))] = None,
    seed: Annotated[int | None, typer.Option(help=say("makes sampling repeatable"))] = None,
    stream: Annotated[bool, typer.Option("--stream", help=say("print as it is written"))] = False,
    as_json: Json = False,
) -> None:
    from jium.tasks import load

    task = load(run)
    options = {
        **dict(to=to, tag=tag, beam=beam, n_best=n_best, temperature=temperature, top_k=top_k),
        **dict(top_p=top_p, max_tokens=max_tokens, seed=seed),
    }
    if temperature:
        options["beam"] = beam or 1
    for chunk in _chunks(_inputs(texts, file)):
        if stream:
            for text in chunk:
                for piece in task.stream(text, **options):
                    typer.echo(piece, nl=False)
                typer.echo()
            continue
        for text, answer in zip(chunk, task.translate(chunk, **options), strict=True):
            _answer(text, answer, as_json)


@app.command(help=say("Ask why: which words the model looked at."))
def explain(
    run: Run,
    texts: Annotated[
        list[str] | None, typer.Argument(help=say('texts; "-" reads standard input'))
    ] = None,
    method: Annotated[str, typer.Option(help=say("how to explain"))] = "attention",
    out: Annotated[Path, typer.Option(help=say("a .html, .png or .json file"))] = Path(
        "explanation.html"
    ),
    file: Annotated[Path | None, typer.Option(help=say("a text a line"))] = None,
    target: Annotated[
        str | None, typer.Option(help=say("a translation to explain; the model's own if not given"))
    ] = None,
    to: Annotated[str | None, typer.Option(help=say("language to translate into"))] = None,
    tag: Annotated[str | None, typer.Option(help=say("kind of text, such as its domain"))] = None,
) -> None:
    from jium.explanation import explain as ask
    from jium.tasks import load

    task = load(run)
    inputs = list(_inputs(texts, file))
    for number, text in enumerate(inputs, 1):
        name = f"{out.stem}-{number}{out.suffix}" if len(inputs) > 1 else out.name
        place = out.with_name(name)
        ask(task, text, method=method, target=target, to=to, tag=tag).save(place)
        typer.echo(str(place))


@app.command(help=say("Check the correctness contracts on this machine, or on a run."))
def selfcheck(
    run: Annotated[Path | None, typer.Option(help=say("a run folder to check as well"))] = None,
    as_json: Json = False,
) -> None:
    from jium.contracts import check_and_report

    if not check_and_report(run, as_json):
        raise typer.Exit(1)


# ---------------------------------------------------------------- tokenizers


@tokenizer_app.command("train", help=say("Learn a tokenizer from text files, a line a text."))
def tokenizer_train(
    files: Annotated[list[Path], typer.Argument(help=say("text or table files"))],
    out: Annotated[Path, typer.Option(help=say("folder, or tokenizer.json file, to write"))],
    kind: Annotated[
        str, typer.Option(help="bpe, wordpiece, unigram, word, char, morpheme, jamo")
    ] = "bpe",
    vocab_size: Annotated[int, typer.Option(help=say("tokens in the vocabulary"))] = 8000,
    column: Annotated[
        list[str] | None, typer.Option(help=say("columns to read of a table; all if not given"))
    ] = None,
) -> None:
    from jium.config import build
    from jium.text.tokenizer import Tokenizer, TokenizerConfig

    folder = out.parent if out.name == "tokenizer.json" else out
    if folder.suffix == ".json":
        raise ConfigError(
            "must be a folder, or a file named tokenizer.json in one; got {path}.",
            key="--out",
            path=out,
        )
    settings = build(TokenizerConfig, {"kind": kind, "vocab_size": vocab_size}, "tokenizer")
    made = Tokenizer.train(settings, _file_texts(files, column))
    made.save(folder)
    typer.echo(say("{n} tokens, in {folder}", n=made.vocab_size, folder=folder), err=True)


@tokenizer_app.command("show", help=say("Show how a tokenizer cuts texts."))
def tokenizer_show(
    tokenizer: Annotated[
        Path, typer.Argument(help=say("a run, tokenizer.json, .model or .tiktoken file"))
    ],
    texts: Annotated[
        list[str] | None, typer.Argument(help=say('texts; "-" reads standard input'))
    ] = None,
    as_json: Json = False,
) -> None:
    from jium.text.tokenizer import Tokenizer

    loaded = Tokenizer.load(tokenizer)
    if not texts:
        typer.echo(f"{loaded.kind}, {loaded.vocab_size:,}: {' '.join(loaded.special_tokens)}")
        return
    for text in _inputs(texts, None):
        pieces, ids = loaded.tokens(text), loaded.encode(text)
        if as_json:
            record = {"text": text, "tokens": pieces, "ids": ids, "offsets": loaded.offsets(text)}
            typer.echo(json.dumps(record, ensure_ascii=False))
        else:
            typer.echo(" ".join(f"{piece}({i})" for piece, i in zip(pieces, ids, strict=True)))


@tokenizer_app.command("compare", help=say("Set tokenizers side by side on the same texts."))
def tokenizer_compare(
    tokenizers: Annotated[list[Path], typer.Argument(help=say("runs or tokenizer files"))],
    data: Annotated[list[Path], typer.Option(help=say("text or table files to cut"))],
    column: Annotated[
        list[str] | None, typer.Option(help=say("columns to read of a table; all if not given"))
    ] = None,
    limit: Annotated[int, typer.Option(help=say("texts at most"))] = 10_000,
    as_json: Json = False,
) -> None:
    from itertools import islice

    from jium.text.compare import as_table
    from jium.text.compare import compare as side_by_side
    from jium.text.tokenizer import Tokenizer

    texts = list(islice(_file_texts(data, column), limit))
    rows = side_by_side({str(path): Tokenizer.load(path) for path in tokenizers}, texts)
    if not as_json:
        return _print(as_table(rows))
    for row in rows:
        typer.echo(json.dumps(vars(row), ensure_ascii=False))


# ---------------------------------------------------------------- data


@data_app.command(
    "inspect", help=say("Say what is in a file: columns, lengths, scripts, oddities.")
)
def data_inspect(file: Path, as_json: Json = False) -> None:
    from jium.data.inspect import inspect
    from jium.data.inspect_view import render

    report = inspect(file)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), ensure_ascii=False))
    else:
        _print(render(report))


@data_app.command(
    "prepare", help=say("Clean, filter and split the data of a recipe, without training.")
)
def data_prepare(
    recipe: Annotated[str, typer.Argument(help=say("a recipe: its name, or a .toml file"))],
    overrides: Overrides = None,
    out: Annotated[Path, typer.Option(help=say("folder to write"))] = Path("data"),
) -> None:
    from jium.data.pairs import prepare
    from jium.training.recipe import recipe as read

    found = prepare(read(recipe, *(overrides or [])).data, out)
    counts = ", ".join(f"{split} {n:,}" for split, n in found.counts.items())
    dropped = ", ".join(f"{why} {n:,}" for why, n in found.dropped.items()) or "0"
    typer.echo(
        say("{counts}; dropped: {dropped} (see {path})", counts=counts, dropped=dropped, path=out)
    )


# ---------------------------------------------------------------- reading and printing


def _inputs(texts: list[str] | None, file: Path | None) -> Iterator[str]:
    """The texts a person gave, one by one, in order."""
    if not texts and file is None and sys.stdin.isatty():
        raise DataError(
            'no text. Give some as arguments, with --file FILE, or "-" to read standard input.'
        )
    for text in texts or ([] if file else ["-"]):
        if text == "-":
            yield from _standard_input()
        else:
            yield text
    if file is not None:
        from jium.data.lines import read_lines

        yield from (line or "" for _, line in read_lines(file))


def _standard_input() -> Iterator[str]:
    """Lines of standard input, which must be UTF-8 whatever the locale says."""
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            yield line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise DataError(
                "standard input: line {number} is not UTF-8 ({error}). Convert it first: "
                "iconv -f CP949 -t UTF-8",
                number=number,
                error=error.reason,
            ) from error


def _chunks(texts: Iterator[str], size: int = 256) -> Iterator[list[str]]:
    from itertools import islice

    while chunk := list(islice(texts, size)):
        yield chunk


def _file_texts(files: list[Path], columns: list[str] | None) -> Iterator[str]:
    """Every text cell of some files."""
    from jium.data.sources import find_files, read_rows

    for given in files:
        for file in find_files(given):
            for row in read_rows(file, columns=columns):
                yield from (value for value in row.values.values() if isinstance(value, str))


def _answer(text: str, answer: str | list[str], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"source": text, "translation": answer}, ensure_ascii=False))
        return
    for line in [answer] if isinstance(answer, str) else answer:
        typer.echo(line.replace("\n", " "))


def _print(what: Any) -> None:
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 120).print(what)
