"""How often a judge of pictures is right, attribute by attribute."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jium.data.images import Pictures
from jium.errors import ConfigError, DataError
from jium.evaluation.classification import confusion
from jium.evaluation.picture_data import read_measured
from jium.evaluation.report import write_report
from jium.evaluation.score import Example
from jium.evaluation.shares import share_scores
from jium.tasks.attributes import AttributeClassifier


def evaluate_run(
    task: AttributeClassifier,
    data: str | Pictures = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    samples: int = 1000,
    **others: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a judge of pictures.

    data: a split of the run's own data, other pictures with classes, or Pictures at hand.
    """
    for key in others:
        raise ConfigError("is nothing that a judge of pictures knows.", key=key)
    pictures, about = read_measured(run, data, task.size)
    return evaluate_attributes(task, pictures, out=out, about=about, samples=samples)


def evaluate_attributes(
    task: AttributeClassifier,
    pictures: Pictures,
    *,
    out: Path | None = None,
    about: dict[str, Any] | None = None,
    samples: int = 1000,
) -> dict[str, Any]:
    """Accuracy in percent of each attribute, and the mean of those where every picture has each.

    Returns {"scores": [Score, ...], "by_tag": {attribute: figures}, "confusion": {attribute:
    {"labels": [...], "rows": [...]}}, "predictions": [{attribute: class}, ...]}.
    """
    truth = [pictures.named(row) for row in range(len(pictures))]
    answers = classified(task, pictures)
    names = [name for name in task.names if any(name in row for row in truth)]
    if not names:
        raise DataError(
            "these pictures have no class of what the model tells: {known}.",
            known=", ".join(task.names),
        )
    right = {
        name: np.array(
            [a[name] == t[name] for a, t in zip(answers, truth, strict=True) if name in t]
        )
        for name in names
    }
    alike = all(len(found) == len(truth) for found in right.values())
    scores = share_scores(right, "accuracy", samples, mean="accuracy" if alike else "")
    tables = {name: _confusion(name, answers, truth) for name in names}
    if out is not None:
        pairs = enumerate(zip(answers, truth, strict=True))
        examples = [_example(row, answer, true, names) for row, (answer, true) in pairs]
        settings = {**(about or {}), "confusion": tables}
        write_report(out, scores, examples, ranked_by=scores[0].name, settings=settings)
    return {"scores": scores, "by_tag": {}, "confusion": tables, "predictions": answers}


def classified(task: AttributeClassifier, pictures: Pictures) -> list[dict[str, str]]:
    """What the judge says of each picture."""
    return task.classify([pictures.image(row) for row in range(len(pictures))])


def _confusion(
    name: str, answers: Sequence[dict[str, str]], truth: Sequence[dict[str, str]]
) -> dict[str, Any]:
    """How often each true class was taken for each other one; a row is a true class."""
    pairs = [(a[name], t[name]) for a, t in zip(answers, truth, strict=True) if name in t]
    labels = sorted({label for pair in pairs for label in pair})
    rows = confusion(labels, [said for said, _ in pairs], [true for _, true in pairs])
    return {"labels": labels, "rows": rows}


def _example(
    row: int, answer: dict[str, str], truth: dict[str, str], names: Sequence[str]
) -> Example:
    known = [name for name in names if name in truth]
    share = sum(answer[name] == truth[name] for name in known) / max(len(known), 1)
    said, true = (" ".join(f"{n}={of[n]}" for n in known) for of in (answer, truth))
    return Example(f"#{row}", said, true, 100 * share)
