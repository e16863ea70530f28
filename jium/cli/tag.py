"""tag."""

import json
from collections.abc import Iterator
from typing import Any

import typer

from jium.cli.root import Json, Lines, Run, Texts, app
from jium.cli.texts import chunks, inputs, task_of
from jium.messages import say


@app.command(
    help=say(
        "Find the entities of texts: arguments, a file, or standard input. A line an entity: text, "
        "label, start, end and score, parted by tabs; an empty line after each text."
    )
)
def tag(run: Run, texts: Texts = None, file: Lines = None, as_json: Json = False) -> None:
    task = task_of(run, "tag")
    for chunk in chunks(inputs(texts, file)):
        for text, entities in zip(chunk, task.tag(chunk), strict=True):
            for line in _lines(text, entities, as_json):
                typer.echo(line)


def _lines(text: str, entities: list[dict[str, Any]], as_json: bool) -> Iterator[str]:
    if as_json:
        yield json.dumps({"text": text, "entities": entities}, ensure_ascii=False)
        return
    for one in entities:
        words = " ".join(one["text"].split())  # an entity of a text with line ends may hold one
        yield f"{words}\t{one['label']}\t{one['start']}\t{one['end']}\t{one['score']:.4f}"
    yield ""
