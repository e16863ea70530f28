"""anomaly, interpolate, reconstruct."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jium.cli.pictures import read_pictures
from jium.cli.root import Json, Run, app
from jium.cli.texts import show, task_of
from jium.errors import ConfigError
from jium.messages import say

Files = Annotated[list[Path], typer.Argument(help=say("picture files, or folders of them"))]
Out = Annotated[Path, typer.Option(help=say("the PNG file to write"))]


@app.command(help=say("Say how strange pictures are to a model, the strangest first."))
def anomaly(run: Run, files: Files, as_json: Json = False) -> None:
    from rich.table import Table

    task = task_of(run, "anomaly")
    found: list[tuple[Path, float, float]] = []
    for paths, pictures in read_pictures(task, files):
        scores = task.anomaly(pictures)
        found += zip(paths, scores.tolist(), task.stranger_than(scores).tolist(), strict=True)
    ranked = sorted(found, key=lambda row: -row[1])
    if as_json:
        for path, score, share in ranked:
            record = {"file": str(path), "score": round(score, 5), "stranger_than": round(share, 4)}
            typer.echo(json.dumps(record, ensure_ascii=False))
        return
    table = Table(*(say(c) for c in ("file", "score", "stranger than")), box=None)
    for path, score, share in ranked:
        table.add_row(str(path), f"{score:.4f}", f"{share:.0%}")
    show(table)
    typer.echo(
        say("stranger than: the share of the pictures it was validated with that score lower"),
        err=True,
    )


@app.command(
    help=say("Draw what lies between two pictures, or, of a model that paints, two texts.")
)
def interpolate(
    run: Run,
    a: Annotated[str, typer.Argument(help=say("the first picture, or text"))] = "",
    b: Annotated[str, typer.Argument(help=say("the last picture, or text"))] = "",
    out: Out = Path("between.png"),
    steps: Annotated[int, typer.Option(help=say("pictures, both ends among them"))] = 8,
    seed: Annotated[int | None, typer.Option(help=say("of texts: the noise of all"))] = None,
    to_seed: Annotated[
        int | None, typer.Option(help=say("of texts: the noise turns to this one's"))
    ] = None,
) -> None:
    from jium.tasks.picture_files import check_picture, save_picture, sheet

    check_picture(out)
    task = task_of(run, "interpolate")
    asked = {"seed": seed, "to_seed": to_seed}
    options = {name: value for name, value in asked.items() if value is not None}
    if hasattr(task, "paint_like"):
        made = task.interpolate(a, b, steps, **options)
    else:
        for key in options:
            raise ConfigError("goes with texts, not with pictures.", key=key)
        made = task.interpolate(_picture(a), _picture(b), steps)
    save_picture(sheet(made, steps), out)
    typer.echo(str(out))


def _picture(text: str) -> Path:
    """The file of a picture. Raises ConfigError where none is given."""
    if not text:
        raise ConfigError("between two pictures: name the files of both.", key="A B")
    return Path(text)


@app.command(help=say("Draw pictures as a model remembers them, each below itself."))
def reconstruct(run: Run, files: Files, out: Out = Path("remembered.png")) -> None:
    from jium.data.pillow import Image
    from jium.tasks.picture_files import check_picture, save_picture, sheet

    check_picture(out)
    task = task_of(run, "reconstruct")
    read = (picture for _, some in read_pictures(task, files) for picture in some)
    shown = [Image.fromarray(picture) for picture in read]
    save_picture(sheet(shown + task.reconstruct(shown), len(shown), side=max(64, task.size)), out)
    typer.echo(str(out))
