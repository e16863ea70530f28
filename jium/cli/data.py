"""data inspect, data prepare."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jium.cli.root import Json, Overrides, data_app
from jium.cli.texts import show
from jium.messages import say


@data_app.command(
    "inspect", help=say("Say what is in a file: columns, lengths, scripts, oddities.")
)
def data_inspect(
    file: Path,
    out: Annotated[Path | None, typer.Option(help=say("a .html, .png or .json file"))] = None,
    as_json: Json = False,
) -> None:
    from jium.data.inspect import inspect
    from jium.data.inspect_view import render

    report = inspect(file)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), ensure_ascii=False))
    else:
        show(render(report))
    if out is not None:
        from jium.explanation.data_report import save

        save(report, out)


@data_app.command(
    "prepare", help=say("Clean, filter and split the data of a recipe, without training.")
)
def data_prepare(
    recipe: Annotated[str, typer.Argument(help=say("a recipe: its name, or a .toml file"))],
    overrides: Overrides = None,
    out: Annotated[Path, typer.Option(help=say("folder to write"))] = Path("data"),
) -> None:
    from jium.data.pairs import prepare
    from jium.training.recipe import recipe as read

    found = prepare(read(recipe, *(overrides or [])).data, out)
    counts = ", ".join(f"{split} {n:,}" for split, n in found.counts.items())
    dropped = ", ".join(f"{why} {n:,}" for why, n in found.dropped.items()) or "0"
    typer.echo(
        say("{counts}; dropped: {dropped} (see {path})", counts=counts, dropped=dropped, path=out)
    )
