"""classify, ensemble, fill."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.pictures import classify_pictures
from jium.cli.root import Json, Lines, Run, Texts, app
from jium.cli.texts import chunks, inputs, task_of
from jium.errors import ConfigError, DataError
from jium.messages import say


@app.command(help=say("Classify texts, or pictures: arguments, a file, or standard input."))
def classify(
    run: Run,
    texts: Texts = None,
    file: Lines = None,
    second: Annotated[
        str | None, typer.Option(help=say("the other text, where two are judged together"))
    ] = None,
    pairs: Annotated[bool, typer.Option(help=say("each line holds two texts, a tab between"))] = (
        False
    ),
    top: Annotated[
        int | None, typer.Option(help=say("print so many labels, with probabilities"))
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help=say("classes to choose from by their words, with commas between")),
    ] = None,
    as_json: Json = False,
) -> None:
    task = task_of(run, "classify")
    if getattr(task, "sees", False):
        classify_pictures(task, list(inputs(texts, file)), labels, top, as_json)
        return
    if labels is not None:
        raise ConfigError("is for a model of pictures and texts.", key="labels")
    for chunk in chunks(inputs(texts, file), 4096):
        asked = [_asked(text, second, pairs) for text in chunk]
        for text, answer in zip(chunk, _answers(task, asked, top, as_json), strict=True):
            typer.echo(_line(text, answer, as_json))


@app.command(help=say("Let several classifiers answer as one; it is measured as they are."))
def ensemble(
    runs: Annotated[list[Path], typer.Argument(help=say("runs of classifiers"))],
    out: Annotated[Path, typer.Option(help=say("folder to write"))],
) -> None:
    from jium.tasks.ensemble import ensemble as join

    join(runs, out)
    typer.echo(say("The run is in {run}. Measure it: jium evaluate {run}", run=out), err=True)


@app.command(help=say("Guess the words that stand as [MASK] in texts."))
def fill(
    run: Run,
    texts: Texts = None,
    file: Lines = None,
    top: Annotated[int, typer.Option(help=say("guesses for each mask"))] = 5,
    as_json: Json = False,
) -> None:
    task = task_of(run, "fill")
    for text in inputs(texts, file):
        found = task.fill(text, top=top)
        if as_json:
            masks = [[{"token": t, "probability": p} for t, p in row] for row in found]
            typer.echo(json.dumps({"text": text, "masks": masks}, ensure_ascii=False))
        else:
            for row in found:
                typer.echo("\t".join(f"{token} {share:.4f}" for token, share in row))


def _asked(text: str, second: str | None, pairs: bool) -> Any:
    """A text, or two. Raises DataError for a line without a tab where two texts are asked for."""
    if second is not None:
        return (text, second) if text.strip() else ""
    if not pairs or not text.strip():
        return text
    first, tab, other = text.partition("\t")
    if not tab:
        raise DataError("no tab in {text!r}: two texts are needed.", text=text[:80])
    return first, other


def _answers(task: Any, texts: Sequence[Any], top: int | None, as_json: bool) -> list[Any]:
    """An answer a text; None for an empty line, so that answers stand beside their lines."""
    filled = [text for text in texts if not isinstance(text, str) or text.strip()]
    if top is None and as_json and task.calibrated and task.gives != "score":
        top = len(task.labels)
    found = iter(task.classify(filled, top=top) if filled else [])
    return [next(found) if not isinstance(t, str) or t.strip() else None for t in texts]


def _line(text: str, answer: Any, as_json: bool) -> str:
    if isinstance(answer, float):
        shown = {"text": text, "score": answer}
        return json.dumps(shown, ensure_ascii=False) if as_json else f"{answer:.4f}"
    label = next(iter(answer), None) if isinstance(answer, dict) else answer
    if as_json:
        record: dict[str, Any] = {"text": text, "label": label}
        if isinstance(answer, dict):
            record["probabilities"] = answer
        return json.dumps(record, ensure_ascii=False)
    if isinstance(answer, dict):
        return "\t".join(f"{name} {share:.4f}" for name, share in answer.items())
    return "\t".join(answer) if isinstance(answer, list) else answer or ""
