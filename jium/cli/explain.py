"""explain."""

from pathlib import Path
from typing import Annotated

import typer

from jium.cli.root import Lines, Run, Texts, app
from jium.cli.texts import inputs
from jium.messages import say


@app.command(help=say("Ask why: which words the model looked at."))
def explain(
    run: Run,
    texts: Texts = None,
    method: Annotated[str, typer.Option(help=say("how to explain"))] = "attention",
    out: Annotated[Path, typer.Option(help=say("a .html, .png or .json file"))] = Path(
        "explanation.html"
    ),
    file: Lines = None,
    target: Annotated[
        str | None, typer.Option(help=say("a translation to explain; the model's own if not given"))
    ] = None,
    to: Annotated[str | None, typer.Option(help=say("language to translate into"))] = None,
    tag: Annotated[str | None, typer.Option(help=say("kind of text, such as its domain"))] = None,
) -> None:
    from jium.explanation import explain as ask
    from jium.tasks import load

    task = load(run)
    given = list(inputs(texts, file))
    for number, text in enumerate(given, 1):
        name = f"{out.stem}-{number}{out.suffix}" if len(given) > 1 else out.name
        place = out.with_name(name)
        ask(task, text, method=method, target=target, to=to, tag=tag).save(place)
        typer.echo(str(place))
