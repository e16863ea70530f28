"""plan."""

import json
from typing import Annotated

import typer

from jium.cli.root import Json, Overrides, app
from jium.messages import say


@app.command(help=say("Tell size, memory, time and price of a training beforehand."))
def plan(
    recipe: Annotated[str, typer.Argument(help=say("a recipe: its name, or a .toml file"))],
    overrides: Overrides = None,
    devices: Annotated[int, typer.Option(help=say("devices that share the work"))] = 1,
    device_kind: Annotated[
        str | None,
        typer.Option(
            help=say("cpu (one core), t4, rtx4090, a100, h100 or h200"),
            show_default=say("this machine, tried for a second"),
        ),
    ] = None,
    price: Annotated[float | None, typer.Option(help=say("of an hour of one device"))] = None,
    watts: Annotated[float | None, typer.Option(help=say("that one device draws"))] = None,
    text_tokens: Annotated[
        int | None, typer.Option(help=say("tokens of a text, on average"))
    ] = None,
    as_json: Json = False,
) -> None:
    from jium.training.plan import plan as made_of

    made = made_of(
        recipe,
        *(overrides or []),
        devices=devices,
        device_kind=device_kind,
        price=price,
        watts=watts,
        text_tokens=text_tokens,
    )
    typer.echo(json.dumps(made.values(), ensure_ascii=False) if as_json else str(made))
