"""classify."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from jium.cli.root import Json, Lines, Run, Texts, app
from jium.cli.texts import chunks, inputs, task_of
from jium.messages import say


@app.command(help=say("Classify texts: arguments, a file, or standard input."))
def classify(
    run: Run,
    texts: Texts = None,
    file: Lines = None,
    top: Annotated[
        int | None, typer.Option(help=say("print so many labels, with probabilities"))
    ] = None,
    as_json: Json = False,
) -> None:
    task = task_of(run, "classify")
    for chunk in chunks(inputs(texts, file), 4096):
        for text, answer in zip(chunk, _answers(task, chunk, top, as_json), strict=True):
            typer.echo(_line(text, answer, as_json))


def _answers(task: Any, texts: Sequence[str], top: int | None, as_json: bool) -> list[Any]:
    """An answer a text; None for an empty line, so that answers stand beside their lines."""
    filled = [text for text in texts if text.strip()]
    if top is None and as_json and task.calibrated:
        top = len(task.labels)
    found = iter(task.classify(filled, top=top) if filled else [])
    return [next(found) if text.strip() else None for text in texts]


def _line(text: str, answer: str | dict[str, float] | None, as_json: bool) -> str:
    label = next(iter(answer)) if isinstance(answer, dict) else answer
    if as_json:
        record: dict[str, Any] = {"text": text, "label": label}
        if isinstance(answer, dict):
            record["probabilities"] = answer
        return json.dumps(record, ensure_ascii=False)
    if isinstance(answer, dict):
        return "\t".join(f"{name} {share:.4f}" for name, share in answer.items())
    return answer or ""
