"""answer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.root import Json, Lines, Run, app
from jium.cli.texts import chunks, task_of
from jium.errors import ConfigError
from jium.messages import say

CHUNK = 256  # questions at a time


@app.command(help=say("Answer questions with what a passage says."))
def answer(
    run: Run,
    context: Annotated[Path, typer.Option(help=say("a text file: the passage"))],
    question: Annotated[
        list[str] | None, typer.Option(help=say("a question; may be given again"))
    ] = None,
    file: Lines = None,
    n_best: Annotated[int, typer.Option(help=say("likeliest answers of each question"))] = 1,
    max_answer_tokens: Annotated[int, typer.Option(help=say("tokens of an answer at most"))] = 30,
    as_json: Json = False,
) -> None:
    from jium.data.lines import read_text

    if not question and file is None:
        raise ConfigError("give one, or --file FILE with one a line.", key="--question")
    task = task_of(run, "answer")
    passage = "".join(read_text(context))
    for chunk in chunks(_asked(question, file), CHUNK):
        found = task.answer(chunk, passage, n_best, max_answer_tokens)
        for asked, one in zip(chunk, found, strict=True):
            for line in _lines(asked, one, n_best, as_json):
                typer.echo(line)


def _asked(question: list[str] | None, file: Path | None) -> Iterator[str]:
    yield from question or []
    if file is not None:
        from jium.data.lines import read_lines

        yield from (line for _, line in read_lines(file) if line and line.strip())


def _lines(question: str, found: dict[str, Any], n_best: int, as_json: bool) -> list[str]:
    """The answer alone; of several the score, the place and the answer, a line each, and an empty
    line after them.
    """
    if as_json:
        return [json.dumps({"question": question, **found}, ensure_ascii=False)]
    if n_best == 1:
        return [_one_line(found["answer"])]
    shown = [
        f"{one['score']:.4f}\t{_place(one)}\t{_one_line(one['answer'])}" for one in found["n_best"]
    ]
    return [*shown, ""]


def _place(found: dict[str, Any]) -> str:
    return "-" if found["start"] is None else f"{found['start']}-{found['end']}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
