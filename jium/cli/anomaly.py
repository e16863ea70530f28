"""anomaly, interpolate, reconstruct."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jium.cli.pictures import pictures_in
from jium.cli.root import Json, Run, app
from jium.cli.texts import show, task_of
from jium.messages import say

Files = Annotated[list[Path], typer.Argument(help=say("picture files, or folders of them"))]
Out = Annotated[Path, typer.Option(help=say("the PNG file to write"))]


@app.command(help=say("Say how strange pictures are to a model, the strangest first."))
def anomaly(run: Run, files: Files, as_json: Json = False) -> None:
    from rich.table import Table

    task = task_of(run, "anomaly")
    paths = [path for given in files for path in pictures_in(given)]
    scores = task.anomaly(paths)
    found = zip(paths, scores.tolist(), task.stranger_than(scores).tolist(), strict=True)
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


@app.command(help=say("Draw what lies between two pictures."))
def interpolate(
    run: Run,
    a: Annotated[Path, typer.Argument(help=say("the first picture"))],
    b: Annotated[Path, typer.Argument(help=say("the last picture"))],
    out: Out = Path("between.png"),
    steps: Annotated[int, typer.Option(help=say("pictures, both ends among them"))] = 8,
) -> None:
    from jium.tasks.picture_files import save_picture, sheet

    save_picture(sheet(task_of(run, "interpolate").interpolate(a, b, steps), steps), out)
    typer.echo(str(out))


@app.command(help=say("Draw pictures as a model remembers them, each below itself."))
def reconstruct(run: Run, files: Files, out: Out = Path("remembered.png")) -> None:
    from jium.data.image_files import read_image
    from jium.tasks.picture_files import save_picture, sheet

    task = task_of(run, "reconstruct")
    paths = [path for given in files for path in pictures_in(given)]
    shown = [read_image(path) for path in paths] + task.reconstruct(paths)
    save_picture(sheet(shown, len(paths), side=max(64, task.size)), out)
    typer.echo(str(out))
