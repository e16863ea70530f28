"""caption, and what other commands do with pictures."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.root import Json, Run, app
from jium.cli.texts import task_of
from jium.data.image_files import SUFFIXES
from jium.errors import ConfigError, DataError
from jium.messages import say


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
    paths = [path for given in files for path in pictures_in(given)]
    answers = task.caption(paths, language=language, beam=beam)
    for path, answer in zip(paths, answers, strict=True):
        if as_json:
            _print({"file": str(path), "caption": answer})
        else:
            typer.echo(f"{path}\t{answer}" if len(paths) > 1 else answer)


def pictures_in(place: Path) -> list[Path]:
    """The file itself, or the picture files of a folder and those within it, by name."""
    if not place.is_dir():
        return [place]
    found = [path for path in sorted(place.rglob("*")) if path.suffix.lower() in SUFFIXES]
    if not found:
        raise DataError("{path}: holds no picture.", path=place)
    return found


def seen(task: Any, texts: Sequence[str]) -> list[Any]:
    """What was typed, with picture files as paths, where the task takes pictures."""
    if not getattr(task, "sees", False):
        return list(texts)
    return [Path(text) if Path(text).suffix.lower() in SUFFIXES else text for text in texts]


def choices(task: Any, among: Path) -> list[Any]:
    """What is to be ranked: the lines of a file, or the pictures of a folder."""
    from jium.cli.texts import inputs

    if among.is_dir() and getattr(task, "sees", False):
        return pictures_in(among)
    return seen(task, list(inputs(None, among)))


def classify_pictures(
    task: Any, files: Sequence[str], labels: str | None, top: int | None, as_json: bool
) -> None:
    """Print the class of each picture: of every attribute, or of the labels that were named."""
    attributes = task.about()["task"] == "attributes"
    if attributes and labels is not None:
        raise ConfigError("is for a model of pictures and texts.", key="labels")
    paths = [path for given in files for path in pictures_in(Path(given))]
    if attributes:
        found = task.classify(paths, probabilities=top is not None)
    else:
        named = [label.strip() for label in (labels or "").split(",") if label.strip()]
        found = task.classify(paths, named, top=top)
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
