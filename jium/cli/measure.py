"""evaluate, compare, selfcheck."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jium.cli.root import Json, Run, app
from jium.cli.texts import show
from jium.messages import say


@app.command(help=say("Measure a run on held-out data."))
def evaluate(
    run: Run,
    data: Annotated[str | None, typer.Option(help=say("a file of pairs"))] = None,
    split: Annotated[str, typer.Option(help=say("a split of the run's own data"))] = "test",
    source: Annotated[str | None, typer.Option(help=say("source column of the file"))] = None,
    target: Annotated[str | None, typer.Option(help=say("target column of the file"))] = None,
    tag: Annotated[str | None, typer.Option(help=say("tag column of the file"))] = None,
    to: Annotated[str | None, typer.Option(help=say("language to translate into"))] = None,
    beam: Annotated[int | None, typer.Option(help=say("beams of the search"))] = None,
    out: Annotated[
        Path | None, typer.Option(help=say("folder for the report; the run if not given"))
    ] = None,
    as_json: Json = False,
) -> None:
    from jium.evaluation.runner import evaluate as measure
    from jium.evaluation.runner import score_table

    place = out or (run / f"to-{to}" if to else run)
    asked = dict(to=to, source=source, target=target, tag=tag, beam=beam)
    options = {name: value for name, value in asked.items() if value is not None}
    found = measure(run, data or split, out=place, **options)
    if as_json:
        scores = {s.name: s.value for s in found["scores"]}
        typer.echo(json.dumps({"scores": scores, "by_tag": found["by_tag"]}, ensure_ascii=False))
        return
    show(score_table(found))
    typer.echo(say("Best and worst sentences: {path}", path=place / "evaluation.md"), err=True)


@app.command(help=say("Set measured runs side by side."))
def compare(
    runs: Annotated[list[Path], typer.Argument(help=say("run folders"))], as_json: Json = False
) -> None:
    from jium.evaluation.compare import compare as side_by_side

    found = side_by_side(runs)
    if not as_json:
        typer.echo(found.render())
        return
    for record in found.values():
        typer.echo(json.dumps(record, ensure_ascii=False))


@app.command(help=say("Check the correctness contracts on this machine, or on a run."))
def selfcheck(
    run: Annotated[Path | None, typer.Option(help=say("a run folder to check as well"))] = None,
    as_json: Json = False,
) -> None:
    from jium.contracts import check_and_report

    if not check_and_report(run, as_json):
        raise typer.Exit(1)
