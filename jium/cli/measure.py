"""evaluate, compare, selfcheck."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.root import Json, app
from jium.cli.texts import show
from jium.messages import say


@app.command(help=say("Measure a run on held-out data."))
def evaluate(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN",
            help=say(
                "a run folder; with --suite several that are named as the tasks (runs/cola), a "
                "folder that holds such (runs), or TASK=RUN"
            ),
            show_default=False,
        ),
    ],
    data: Annotated[str | None, typer.Option(help=say("a file of pairs"))] = None,
    split: Annotated[
        str | None,
        typer.Option(help=say("a split of the run's own data"), show_default="test"),
    ] = None,
    source: Annotated[str | None, typer.Option(help=say("source column of the file"))] = None,
    target: Annotated[str | None, typer.Option(help=say("target column of the file"))] = None,
    second: Annotated[
        str | None,
        typer.Option(help=say("column of the other text, where two are judged together")),
    ] = None,
    tag: Annotated[str | None, typer.Option(help=say("tag column of the file"))] = None,
    to: Annotated[str | None, typer.Option(help=say("language to translate into"))] = None,
    beam: Annotated[int | None, typer.Option(help=say("beams of the search"))] = None,
    outliers: Annotated[
        str | None,
        typer.Option(help=say("a folder or table of pictures that do not belong")),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(help=say("of drawn pictures: a run that names what a picture shows")),
    ] = None,
    clip: Annotated[
        str | None,
        typer.Option(help=say("of drawn pictures: a run of pictures and texts in one space")),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            help=say("of drawn pictures: the run whose features FID is in; else the judge's")
        ),
    ] = None,
    inception: Annotated[
        str | None,
        typer.Option(help=say("of drawn pictures: Inception's weights, for FID as published")),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "--n",
            help=say("of drawn pictures: how many; with words, of how many captions are painted"),
            show_default="256",
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(help=say("steps of the sampler"))] = None,
    guidance: Annotated[
        float | None, typer.Option(help=say("how much the text counts; 1: as trained"))
    ] = None,
    sweep: Annotated[
        str | None,
        typer.Option(help=say("strengths of guidance to set side by side, as in 1,2,4")),
    ] = None,
    suite: Annotated[
        str | None,
        typer.Option(
            help=say(
                "glue or klue: a run for each task, on the files in the folder --data, dev or else "
                "test; tasks without files or without a run are left out"
            )
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help=say("an earlier suite-NAME.json, which must be of the same files")),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help=say("folder for the report; else the run, or for other data a folder in it")
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    asked: dict[str, Any] = dict(
        to=to, source=source, target=target, second=second, tag=tag, beam=beam
    )
    asked |= dict(outliers=outliers, judge=judge, clip=clip, features=features, inception=inception)
    asked |= dict(n=n, steps=steps, guidance=guidance, sweep=_numbers(sweep))
    options = {name: value for name, value in asked.items() if value is not None}
    if suite is not None:
        _evaluate_suite(suite, runs, data, split, options, against, out, as_json)
        return
    from jium.errors import ConfigError
    from jium.evaluation.runner import evaluate as measure
    from jium.evaluation.runner import score_table

    if against is not None:
        raise ConfigError("needs --suite.", key="against")
    if len(runs) > 1:
        raise ConfigError(
            "one run is measured at a time; got {n}. For several: --suite, or jium compare.",
            key="RUN",
            n=len(runs),
        )
    run = Path(runs[0])
    place = out or run / _report_of(data or split, to)
    found = measure(run, data or split or "test", out=place, **options)
    if as_json:
        scores = {s.name: s.value for s in found["scores"]}
        typer.echo(json.dumps({"scores": scores, "by_tag": found["by_tag"]}, ensure_ascii=False))
    else:
        show(score_table(found))
    typer.echo(say("Report: {path}", path=place / "evaluation.md"), err=True)


def _report_of(data: str | None, to: str | None) -> str:
    """Where in a run the report of such a measurement goes: what is not the run's own test split,
    read in its own direction, is kept apart from that. As in "on-scenes-unseen-500".
    """
    from jium.data.split import SPLITS

    parts = [f"to-{to}"] if to else []
    if data is not None and data != SPLITS[-1]:
        words = re.findall(r"\w+", " ".join(Path(data).parts[-2:]))
        parts.append("-".join(["on", *words]))
    return "-".join(parts)


def _numbers(text: str | None) -> list[float] | None:
    """Numbers with commas between."""
    from jium.errors import ConfigError

    try:
        return None if text is None else [float(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(
            "must be numbers with commas between, as in 1,2,4; got {value!r}.",
            key="sweep",
            value=text,
        ) from None


def _evaluate_suite(
    suite: str,
    runs: list[str],
    data: str | None,
    split: str | None,
    options: dict[str, Any],
    against: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    from jium.errors import ConfigError
    from jium.evaluation.suite_models import place_of
    from jium.evaluation.suite_run import evaluate_suite

    for key in options:
        raise ConfigError("is nothing that a suite knows.", key=key)
    if data is None:
        raise ConfigError("is missing: the folder of the suite's files. --data DIR", key="data")
    place = out or place_of(runs)
    found = evaluate_suite(suite, runs, data, split=split, out=place, against=against, tell=_tell)
    if as_json:
        typer.echo(json.dumps(found.values(), ensure_ascii=False))
        return
    for table in found.tables():
        show(table)
        typer.echo()
    for note in found.notes():
        typer.echo(note)
    path = place / f"suite-{suite}.md"
    typer.echo(say("Report, with the digest of each file: {path}", path=path), err=True)


def _tell(task: str, rows: int) -> None:
    typer.echo(say("{task}: {n} rows", task=task, n=rows), err=True)


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
