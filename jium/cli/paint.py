"""paint."""

import json
from collections.abc import Sequence
from itertools import count, islice
from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.root import Json, Lines, Run, app
from jium.cli.texts import inputs, task_of
from jium.errors import ConfigError, DataError
from jium.messages import say

Prompts = Annotated[
    list[str] | None, typer.Argument(help=say('what to paint; "-" reads standard input'))
]


@app.command(help=say("Paint pictures of texts: arguments, a file, or standard input."))
def paint(
    run: Run,
    prompts: Prompts = None,
    file: Lines = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help=say("a PNG file; several are numbered. Without it, painted-1.png or the next free")
        ),
    ] = None,
    n: Annotated[int | None, typer.Option("--n", help=say("pictures of a text"))] = None,
    seed: Annotated[int | None, typer.Option(help=say("the same seed, the same picture"))] = None,
    steps: Annotated[int | None, typer.Option(help=say("steps of the sampler"))] = None,
    guidance: Annotated[
        float | None, typer.Option(help=say("how much the text counts; 1: as trained"))
    ] = None,
    sampler: Annotated[str | None, typer.Option(help=say("how noise is taken away"))] = None,
    negative: Annotated[str | None, typer.Option(help=say("what the picture is to lack"))] = None,
    size: Annotated[
        str | None, typer.Option(help=say("pixels, as in 64 or 96x64; else as trained"))
    ] = None,
    image: Annotated[Path | None, typer.Option(help=say("a picture to begin from"))] = None,
    strength: Annotated[
        float | None, typer.Option(help=say("with --image: 0 keeps it, 1 begins anew"))
    ] = None,
    mask: Annotated[
        Path | None, typer.Option(help=say("with --image: paint only where this is white"))
    ] = None,
    area: Annotated[
        list[str] | None,
        typer.Option(
            help=say("a part with words of its own: LEFT,TOP,RIGHT,BOTTOM=TEXT; may be repeated")
        ),
    ] = None,
    tile: Annotated[
        int | None,
        typer.Option(help=say("pixels of the squares that a larger picture is painted in")),
    ] = None,
    enlarge: Annotated[
        int | None, typer.Option(help=say("paint it again so many times larger, in a second pass"))
    ] = None,
    detail: Annotated[
        float | None, typer.Option(help=say("with --enlarge: 0 only enlarges, 1 begins anew"))
    ] = None,
    sheet: Annotated[Path | None, typer.Option(help=say("all pictures in one PNG file"))] = None,
    film: Annotated[
        Path | None, typer.Option(help=say("how they came about: a GIF, PNG or WebP file"))
    ] = None,
    like: Annotated[
        Path | None, typer.Option(help=say("paint this picture again, as it says itself"))
    ] = None,
    as_json: Json = False,
) -> None:
    from jium.tasks.picture_files import check_film, check_picture, save_film, save_picture
    from jium.tasks.picture_files import sheet as sheet_of

    for path in (out, sheet):
        check_picture(path)  # before anything is painted
    check_film(film)
    task = task_of(run, "paint" if like is None else "paint_like")
    texts = list(inputs(prompts, file)) if prompts or file is not None else None
    if texts == []:
        raise DataError("there is no text in what was given.")
    options: dict[str, Any] = {
        **dict(n=n, seed=seed, steps=steps, guidance=guidance, sampler=sampler),
        **dict(negative=negative, size=_size(size), strength=strength),
        **dict(image=_picture(image), mask=_picture(mask)),
        **dict(tile=tile, enlarge=enlarge, detail=detail),
        **dict(areas=[_area(text) for text in area] if area else None),
    }
    options = {name: value for name, value in options.items() if value is not None}
    frames: list[Any] = []
    if film is not None:
        options["preview"] = lambda step, shown: frames.append(list(shown))
    if like is not None:
        made = task.paint_like(like, texts, **options)
    else:
        if task.guided and (texts is None or not all(text.strip() for text in texts)):
            typer.echo(say("an empty text says nothing: painted without one"), err=True)
        made = task.paint(texts, **options)
    for path, picture, facts in zip(_paths(out, len(made)), made, made.facts, strict=True):
        save_picture(picture, path, facts)
        shown = json.dumps({"file": str(path), **facts}, ensure_ascii=False)
        typer.echo(shown if as_json else str(path))
    if sheet is not None:
        save_picture(sheet_of(made), sheet)
        typer.echo(str(sheet), err=True)
    if film is not None:
        save_film([_frame(shown, made) for shown in [*frames, made]], film)
        typer.echo(str(film), err=True)


def _paths(out: Path | None, n: int) -> list[Path]:
    """fox.png, or fox-1.png and fox-2.png; where nobody gave a name, names that are free."""
    if out is None:
        own = (Path(f"painted-{i}.png") for i in count(1))
        return list(islice((path for path in own if not path.exists()), n))
    if n == 1:
        return [out]
    return [out.with_name(f"{out.stem}-{i}{out.suffix}") for i in range(1, n + 1)]


def _area(text: str) -> tuple[str, tuple[int, ...]]:
    """Words, and the box they are for. Raises ConfigError for anything else."""
    box, equals, words = text.partition("=")
    sides = [side.strip() for side in box.split(",")]
    if not equals or len(sides) != 4 or not all(side.isdecimal() for side in sides):
        raise ConfigError(
            "must be a box and its words, as in 0,0,16,32=a red dog (left, top, right, bottom); "
            "got {value!r}.",
            key="area",
            value=text,
        )
    return words, tuple(map(int, sides))


def _frame(shown: Sequence[Any], made: Sequence[Any]) -> Any:
    """A moment of a film: each picture where it stands in the end, white where none is yet."""
    from jium.data.pillow import Image
    from jium.tasks.picture_files import sheet

    if len(made) == 1:
        return shown[0]
    side = max(max(picture.size) for picture in made)
    blank = Image.new("RGB", (side, side), "white")
    return sheet([*shown, *[blank] * (len(made) - len(shown))], side=side)


def _picture(path: Path | None) -> Any:
    if path is None:
        return None
    from jium.data.image_files import read_image

    return read_image(path)


def _size(text: str | None) -> tuple[int, int] | None:
    """Width and height. Raises ConfigError for anything but one or two whole numbers."""
    if text is None:
        return None
    parts = text.lower().split("x")
    if len(parts) not in (1, 2) or not all(part.strip().isdecimal() for part in parts):
        raise ConfigError(
            "must be pixels, as in 64 or 96x64 (width x height); got {value!r}.",
            key="size",
            value=text,
        )
    return int(parts[0]), int(parts[-1])
