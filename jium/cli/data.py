"""data inspect, data prepare: of texts, and of pictures."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.root import Json, Overrides, data_app
from jium.cli.texts import show
from jium.messages import say


@data_app.command(
    "inspect", help=say("Say what is in a file: columns, lengths, scripts, oddities; or pictures.")
)
def data_inspect(
    file: Path,
    out: Annotated[
        Path | None, typer.Option(help=say("a .html, .png or .json file; of pictures .md too"))
    ] = None,
    image: Annotated[
        str | None, typer.Option(help=say("the column with pictures, where there are several"))
    ] = None,
    as_json: Json = False,
) -> None:
    from jium.data.image_report import holds_pictures
    from jium.data.inspect import inspect
    from jium.data.inspect_view import render

    if image is not None or holds_pictures(file):
        _inspect_pictures(file, image, out, as_json)
        return
    report = inspect(file)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), ensure_ascii=False))
    else:
        show(render(report))
    if out is not None:
        from jium.explanation.data_report import save

        save(report, out)


def _inspect_pictures(file: Path, image: str | None, out: Path | None, as_json: bool) -> None:
    """The card of a set of pictures, as Markdown or JSON; written to `out` too."""
    from jium.data.image_report import inspect_images
    from jium.data.image_report_view import markdown
    from jium.explanation.image_card import save

    report = inspect_images(file, image)
    typer.echo(json.dumps(report.to_dict(), ensure_ascii=False) if as_json else markdown(report))
    if out is not None:
        save(report, out)


@data_app.command(
    "prepare", help=say("Clean, filter and split the data of a recipe, without training.")
)
def data_prepare(
    recipe: Annotated[str, typer.Argument(help=say("a recipe: its name, or a .toml file"))],
    overrides: Overrides = None,
    out: Annotated[Path, typer.Option(help=say("folder to write"))] = Path("data"),
) -> None:
    from jium.data.images import ImageData
    from jium.data.pairs import prepare
    from jium.training.recipe import recipe as read

    data = read(recipe, *(overrides or [])).data
    if isinstance(data, ImageData):
        _prepare_pictures(data, out)
        return
    found = prepare(data, out)
    counts = ", ".join(f"{split} {n:,}" for split, n in found.counts.items())
    dropped = ", ".join(f"{why} {n:,}" for why, n in found.dropped.items()) or "0"
    typer.echo(
        say("{counts}; dropped: {dropped} (see {path})", counts=counts, dropped=dropped, path=out)
    )


def _prepare_pictures(data: Any, out: Path) -> None:
    """Prepare pictures, and write their card beside them."""
    from jium.data.image_report import survey
    from jium.data.images import prepare_images
    from jium.data.split import SPLITS
    from jium.explanation.image_card import save

    found = {s: prepare_images(data, s, out, again=s == SPLITS[0]) for s in SPLITS}
    report = survey(data, data.image or "")
    report.removed = dict(sum((Counter(p.dropped) for p in found.values()), Counter()))
    for name in ("README.md", "card.html"):
        save(report, out / name)
    counts = ", ".join(f"{split} {len(pictures):,}" for split, pictures in found.items())
    dropped = ", ".join(f"{why} {n:,}" for why, n in report.removed.items()) or "0"
    typer.echo(
        say("{counts}; dropped: {dropped} (see {path})", counts=counts, dropped=dropped, path=out)
    )
