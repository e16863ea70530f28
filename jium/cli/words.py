"""embed, similar, analogy, and vectors in and out as files."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.pictures import choices, most_like, seen
from jium.cli.root import Json, Lines, Run, Texts, app
from jium.cli.texts import chunks, inputs, task_of
from jium.messages import say

Count = Annotated[int, typer.Option("-n", help=say("how many to print"))]


@app.command(help=say("Print the vectors of words, sentences or pictures."))
def embed(run: Run, texts: Texts = None, file: Lines = None, as_json: Json = False) -> None:
    task = task_of(run, "embed")
    for chunk in chunks(inputs(texts, file)):
        for text, vector in zip(chunk, task.embed(seen(task, chunk)), strict=True):
            numbers = [float(f"{value:.6g}") for value in vector]
            if as_json:
                _print({"text": text, "vector": numbers})
            else:
                typer.echo("\t".join([text, *map(str, numbers)]))


@app.command(
    help=say("Print what is most like a word, or a sentence or picture among others of either.")
)
def similar(
    run: Run,
    texts: Texts = None,
    file: Lines = None,
    n: Count = 10,
    among: Annotated[
        Path | None,
        typer.Option(
            help=say("a file of texts or picture files to choose from, a line each; or a folder")
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    task = task_of(run, "similar")
    if among is not None and getattr(task, "sees", False):
        named, vectors = choices(task, among)  # read once, whatever is asked for
        for text in inputs(texts, file):
            (asked,) = seen(task, [text])
            _ranked(text, most_like(task.embed(asked), named, vectors, n), as_json)
        return
    options: dict[str, Any] = {} if among is None else {"among": list(inputs(None, among))}
    for text in inputs(texts, file):
        _ranked(text, task.similar(*seen(task, [text]), n=n, **options), as_json)


@app.command(help=say("What is to C as B is to A? 남자 왕 여자 asks for 여왕."))
def analogy(
    run: Run,
    a: Annotated[str, typer.Argument(help="A")],
    b: Annotated[str, typer.Argument(help="B")],
    c: Annotated[str, typer.Argument(help="C")],
    n: Count = 5,
    as_json: Json = False,
) -> None:
    found = task_of(run, "analogy").analogy(a, b, c, n=n)
    _ranked(f"{b} - {a} + {c}", found, as_json)


@app.command(help=say("Print how alike words are, as a table for a spreadsheet."))
def relate(run: Run, texts: Texts = None, file: Lines = None, as_json: Json = False) -> None:
    words = list(inputs(texts, file))
    table = task_of(run, "similarities").similarities(words)
    if not as_json:
        typer.echo(",".join(map(_cell, ["", *words])))
    for word, row in zip(words, table.tolist(), strict=True):
        if as_json:
            _print({"text": word, "similarities": dict(zip(words, row, strict=True))})
        else:
            typer.echo(",".join([_cell(word), *(f"{value:.4f}" for value in row)]))


def _ranked(text: str, found: list[tuple[Any, float]], as_json: bool) -> None:
    if as_json:
        named = [{"text": str(word), "score": round(score, 4)} for word, score in found]
        _print({"text": text, "similar": named})
    else:
        typer.echo("\n".join(f"{word}\t{score:.4f}" for word, score in found))


def _print(record: dict[str, Any]) -> None:
    typer.echo(json.dumps(record, ensure_ascii=False))


def _cell(text: str) -> str:
    """A cell of CSV: in quotes where it must be."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n') else text


@app.command(
    "import", help=say("Make a run of word vectors in the text format of word2vec or GloVe.")
)
def import_vectors(
    file: Annotated[Path, typer.Argument(help=say("a file of vectors"))],
    out: Annotated[Path, typer.Option(help=say("where the run goes"))],
) -> None:
    from jium.errors import RunError
    from jium.tasks.words import WordVectors

    if out.exists() and any(out.iterdir()):
        raise RunError(
            "{run}: there is something in this folder already. Choose another --out.", run=out
        )
    task = WordVectors.read(file)
    task.save(out)
    typer.echo(say("{n} words, in {folder}", n=f"{len(task.vocabulary):,}", folder=out), err=True)


@app.command(help=say("Write a run in a format that other programs read."))
def export(
    run: Run,
    out: Annotated[Path, typer.Option(help=say("the file or folder to write"))],
    to: Annotated[
        str | None, typer.Option(help=say("the format, such as transformers or word2vec"))
    ] = None,
) -> None:
    task_of(run, "export").export(out, **({} if to is None else {"to": to}))
