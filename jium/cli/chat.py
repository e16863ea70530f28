"""chat."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.root import Json, app
from jium.cli.texts import task_of
from jium.errors import JiumError
from jium.messages import say

COMMANDS = {
    "/reset": "forget what was said",
    "/undo": "take back the last question and its answer",
    "/system TEXT": "begin anew with this system message",
    "/save FILE": "write the chat as JSON Lines, a message a line",
    "/load FILE": "go on with a chat that was saved",
    "/help": "show these",
    "/quit": "end; so does Ctrl-D",
}


@app.command(help=say("Talk with a model: at a terminal, or a line of standard input at a time."))
def chat(
    run: Annotated[
        str,
        typer.Argument(
            help=say("a run folder, or openai:NAME for a model elsewhere"), show_default=False
        ),
    ],
    system: Annotated[str | None, typer.Option(help=say("a system message"))] = None,
    temperature: Annotated[float | None, typer.Option(help=say("above 0: sample"))] = None,
    top_p: Annotated[
        float | None, typer.Option(help=say("sample among this share of probability"))
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(help=say("tokens to write at most"))] = None,
    seed: Annotated[int | None, typer.Option(help=say("makes sampling repeatable"))] = None,
    as_json: Json = False,
) -> None:
    from jium.tasks.chat import Conversation

    task = task_of(run, "chat")
    options = dict(temperature=temperature, top_p=top_p, max_tokens=max_tokens, seed=seed)
    given = {name: value for name, value in options.items() if value is not None}
    system = system or getattr(task, "system", None)
    talk = Talk(Conversation(task, system, **given), as_json, sys.stdin.isatty())
    talk.run()


class Talk:
    """A person and a model at a terminal (or lines in, lines out)."""

    def __init__(self, conversation: Any, as_json: bool, terminal: bool) -> None:
        self.conversation = conversation
        self.as_json = as_json
        self.terminal = terminal

    def run(self) -> None:
        """Until the input ends. What is wrong with one line is said, and the chat goes on."""
        if self.terminal:
            import readline  # noqa: F401  (arrow keys and history in input())

            typer.echo(say("Write something; /help shows what else there is."), err=True)
        for line in self._lines():
            try:
                if line.startswith("/"):
                    if not self._command(line):
                        return
                elif line.strip():
                    self._answer(line)
            except JiumError as error:
                if not self.terminal:
                    raise
                typer.echo(f"jium: {error}", err=True)

    def _lines(self) -> Iterator[str]:
        if not self.terminal:
            from jium.cli.texts import inputs

            yield from inputs(["-"], None)
            return
        while True:
            try:
                yield input("> ")
            except EOFError:
                typer.echo("", err=True)
                return
            except KeyboardInterrupt:  # forgets the line, not the chat
                typer.echo("\n" + say("/quit or Ctrl-D ends the chat."), err=True)
            except UnicodeDecodeError:
                typer.echo(say("that line was not UTF-8; it was not read."), err=True)

    def _answer(self, line: str) -> None:
        if self.as_json:
            answer = self.conversation.say(line)
            typer.echo(json.dumps({"user": line, "assistant": answer}, ensure_ascii=False))
            return
        pieces = self.conversation.stream(line)
        try:
            for piece in pieces:
                typer.echo(piece if self.terminal else piece.replace("\n", " "), nl=False)
                sys.stdout.flush()
        except KeyboardInterrupt:  # ends the answer, not the chat
            if not self.terminal:
                raise
            pieces.close()
        typer.echo("")

    def _command(self, line: str) -> bool:
        """Do what a line with a slash says; False ends the chat."""
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        messages = self.conversation.messages
        match word:
            case "/quit" | "/exit":
                return False
            case "/reset":
                self.conversation.reset()
                self._tell(say("Forgotten."))
            case "/undo" if self.conversation.undo():
                self._tell(say("{n} messages are left.", n=len(self.conversation.messages)))
            case "/undo":
                self._tell(say("There is nothing to take back."))
            case "/system":
                self.conversation.system = rest or None
                self.conversation.reset()
                self._tell(say("A new chat, with this system message."))
            case "/save" if rest:
                from jium.files import write_text

                lines = [json.dumps(message, ensure_ascii=False) + "\n" for message in messages]
                write_text(Path(rest), "".join(lines))
                self._tell(say("{n} messages are in {path}.", n=len(messages), path=rest))
            case "/load" if rest:
                self.conversation.messages = _read(Path(rest))
                n = len(self.conversation.messages)
                self._tell(say("{n} messages read from {path}.", n=n, path=rest))
            case _:
                for name, what in COMMANDS.items():
                    self._tell(f"{name:14} {say(what)}")
        return True

    def _tell(self, text: str) -> None:
        typer.echo(text, err=True)


def _read(path: Path) -> list[dict[str, str]]:
    """The messages in a file that /save wrote."""
    from jium.data.sources import read_rows
    from jium.text.chat_template import check

    messages = [{k: row.values.get(k) for k in ("role", "content")} for row in read_rows(path)]
    check(messages)
    return messages  # type: ignore[return-value]
