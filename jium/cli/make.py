"""quickstart, recipes, train."""

from pathlib import Path
from typing import Annotated

import typer

from jium.cli.root import Overrides, app, recipes_app
from jium.cli.texts import show
from jium.errors import DataError
from jium.messages import say


@app.command(help=say("Train the starter translator, measure it, try it: five minutes."))
def quickstart(
    out: Annotated[Path, typer.Option(help=say("folder for the run"))] = Path("quickstart"),
) -> None:
    from jium.training.quickstart import quickstart as start

    start(out)


@app.command(help=say("Train what a recipe says into a run folder."))
def train(
    recipe: Annotated[str, typer.Argument(help=say("a recipe: its name, or a .toml file"))],
    overrides: Overrides = None,
    out: Annotated[
        Path | None, typer.Option(help=say("run folder; runs/NAME if not given"))
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help=say("go on with the run that is there"))
    ] = False,
) -> None:
    from jium.training.recipe import find
    from jium.training.run import train as start

    folder = out
    if folder is None and find(recipe) == Path(recipe) / "recipe.toml":
        folder = Path(recipe)  # `jium train RUN --resume`
    start(recipe, *(overrides or []), out=folder, resume=resume)
    shown = folder or Path("runs") / Path(recipe).stem
    command = f"jium evaluate {shown}{'' if _has_test(shown) else ' --split valid'}"
    typer.echo(
        say("The run is in {run}. Measure it: {command}", run=shown, command=command), err=True
    )


def _has_test(run: Path) -> bool:
    """Whether some of the data of a run was set apart for the last measure."""
    from jium.config import read_toml

    data = read_toml(run / "recipe.toml").get("data", {})
    given = [data.get("train")] if isinstance(data.get("train"), str) else data.get("train") or []
    return bool(data.get("test") or data.get("test_share") or "starter" in given)


@recipes_app.callback()
def recipes(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        from jium.training.recipe import about_table

        show(about_table())


@recipes_app.command("show", help=say("Print a recipe."))
def recipes_show(name: str) -> None:
    from jium.training.recipe import find

    typer.echo(find(name).read_text("utf-8"), nl=False)


@recipes_app.command("copy", help=say("Copy a recipe to a file of your own, to change it."))
def recipes_copy(name: str, file: Path) -> None:
    from jium.training.recipe import find

    if file.exists():
        raise DataError("{path}: is there already; choose another name.", path=file)
    from jium.files import write_text

    write_text(file, find(name).read_text("utf-8"))
    typer.echo(say("Copied. Train it: jium train {file}", file=file), err=True)
