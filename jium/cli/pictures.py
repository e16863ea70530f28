"""caption, and what other commands do with pictures."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.root import Json, Run, app
from jium.cli.texts import task_of
from jium.data.image_files import SUFFIXES
from jium.errors import ConfigError, DataError
from jium.messages import say
from jium.ranges import at_least

PICTURES = 64  # read at a time


@app.command(help=say("Write what pictures show: files, or folders of them."))
def caption(
    run: Run,
    files: Annotated[list[Path], typer.Argument(help=say("picture files, or folders of them"))],
    language: Annotated[
        str | None, typer.Option(help=say("ko or en, where the model writes both"))
    ] = None,
    beam: Annotated[int | None, typer.Option(help=say("beams of the search"))] = None,
    as_json: Json = False,
) -> None:
    task = task_of(run, "caption")
    alone = len(files) == 1 and not files[0].is_dir()
    for paths, pictures in read_pictures(task, files):
        answers = task.caption(pictures, language=language, beam=beam)
        for path, answer in zip(paths, answers, strict=True):
            if as_json:
                _print({"file": str(path), "caption": answer})
            else:
                typer.echo(answer if alone else f"{path}\t{answer}")


def pictures_in(place: Path) -> list[Path]:
    """The file itself, or the picture files of a folder and those within it, by name."""
    if not place.is_dir():
        return [place]
    found = [path for path in sorted(place.rglob("*")) if path.suffix.lower() in SUFFIXES]
    if not found:
        raise DataError("{path}: holds no picture.", path=place)
    return found


def read_pictures(task: Any, places: Sequence[Path]) -> Iterator[tuple[list[Path], list[Any]]]:
    """The pictures of files and folders at the size of a task, some at a time, with their paths.

    One in a folder that cannot be read is named, left out and counted; raises DataError for one
    that was asked for by its own name.
    """
    from jium.data.image_files import fit_image, read_image

    paths: list[Path] = []
    pictures: list[Any] = []
    broken = 0
    found = [(path, path == place) for place in places for path in pictures_in(place)]
    for path, is_named in found:
        try:
            pictures.append(fit_image(read_image(path), task.size, task.size, task.fit))
        except DataError as refused:
            if is_named:
                raise
            typer.echo(str(refused), err=True)
            broken += 1
            continue
        paths.append(path)
        if len(paths) == PICTURES:
            yield paths, pictures
            paths, pictures = [], []
    if paths:
        yield paths, pictures
    if broken:
        typer.echo(say("left out, as they cannot be read: {n}", n=f"{broken:,}"), err=True)


def seen(task: Any, texts: Sequence[str]) -> list[Any]:
    """What was typed, with picture files as paths, where the task takes pictures. A name that ends
    as pictures do and has no space in it is meant as one, though there be none: then that is said.
    """
    if not getattr(task, "sees", False):
        return list(texts)
    return [Path(text) if _is_file(text) else text for text in texts]


def _is_file(text: str) -> bool:
    path = Path(text)
    return path.suffix.lower() in SUFFIXES and (" " not in text or path.is_file())


def choices(task: Any, among: Path) -> tuple[list[Any], Any]:
    """What is to be ranked, and the vector of each: the lines of a file, or the pictures of a
    folder.
    """
    import numpy as np

    from jium.cli.texts import inputs

    if not among.is_dir():
        lines = list(inputs(None, among))
        return lines, task.embed(seen(task, lines))
    parts = [(paths, task.embed(pictures)) for paths, pictures in read_pictures(task, [among])]
    if not parts:
        raise DataError("{path}: holds no picture.", path=among)
    return [path for paths, _ in parts for path in paths], np.concatenate([v for _, v in parts])


def most_like(vector: Any, named: Sequence[Any], vectors: Any, n: int) -> list[tuple[Any, float]]:
    """The `n` of what is named whose vectors are nearest to one, with the cosines."""
    at_least(1, n=n)
    cosines = vectors @ vector
    return [(named[i], float(cosines[i])) for i in (-cosines).argsort(kind="stable")[:n]]


def classify_pictures(
    task: Any, files: Sequence[str], labels: str | None, top: int | None, as_json: bool
) -> None:
    """Print the class of each picture: of every attribute, or of the labels that were named."""
    attributes = task.about()["task"] == "attributes"
    if attributes and labels is not None:
        raise ConfigError("is for a model of pictures and texts.", key="labels")
    named = [label.strip() for label in (labels or "").split(",") if label.strip()]
    for paths, pictures in read_pictures(task, [Path(file) for file in files]):
        if attributes:
            found = task.classify(pictures, probabilities=top is not None)
        else:
            found = task.classify(pictures, named, top=top)
        _print_classes(paths, found, attributes, top, as_json)


def _print_classes(
    paths: Sequence[Path], found: Sequence[Any], attributes: bool, top: int | None, as_json: bool
) -> None:
    for path, answer in zip(paths, found, strict=True):
        if attributes and top is not None:
            answer = {name: _first(table, top) for name, table in answer.items()}
        if as_json:
            record = answer if attributes else {"label": answer}
            _print({"file": str(path)} | record)
        else:
            typer.echo("\t".join([str(path), *_shown(answer)]))


def _first(table: dict[str, float], top: int) -> dict[str, float]:
    return dict(list(table.items())[:top])


def _shown(answer: Any) -> list[str]:
    """A label, classes by attribute, or either with probabilities."""
    if isinstance(answer, str):
        return [answer]
    return [
        f"{name} {value:.4f}"
        if isinstance(value, float)
        else f"{name}={value if isinstance(value, str) else ','.join(_shown(value))}"
        for name, value in answer.items()
    ]


def _print(record: dict[str, Any]) -> None:
    typer.echo(json.dumps(record, ensure_ascii=False))
