"""search."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jium.cli.root import Json, app
from jium.messages import say


@app.command(help=say("Find passages in a folder of texts by keywords."))
def search(
    folder: Annotated[Path, typer.Argument(help=say("a folder of texts and tables, or a file"))],
    query: Annotated[list[str], typer.Argument(help=say("words to search for"))],
    top: Annotated[int, typer.Option(help=say("passages to print at most"))] = 10,
    index: Annotated[
        Path | None, typer.Option(help=say("folder to keep the index in, for the next time"))
    ] = None,
    as_json: Json = False,
) -> None:
    from jium.retrieval.keywords import KeywordIndex

    found = KeywordIndex.build(folder, index=index)
    for problem in found.problems:
        typer.echo(say("left out: {problem}", problem=problem), err=True)
    for hit in found.search(" ".join(query), top):
        if as_json:
            typer.echo(json.dumps(hit._asdict(), ensure_ascii=False))
        else:
            typer.echo(f"{hit.file}:{hit.line}\t{hit.score:.3f}\t{' '.join(hit.text.split())}")
