"""Measuring a classifier: its answers against the labels, in all and class by class."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.config import Values, build, read_toml
from jium.data.labels import LabelData, prepare_labels, read_labelled
from jium.data.pairs import Prepared
from jium.data.split import SPLITS
from jium.errors import ConfigError, DataError
from jium.evaluation.classification import Classification, confusion, per_class
from jium.evaluation.report import write_report
from jium.evaluation.score import Example, Score, measure
from jium.tasks.classify import Classifier

Labelled = tuple[str, str]  # a text, and the name of its class


def evaluate_classifier(
    task: Classifier,
    examples: Sequence[Labelled],
    *,
    out: Path | None = None,
    about: Values | None = None,
    samples: int = 1000,
) -> dict[str, Any]:
    """Classify labelled texts and score the answers.

    out: where evaluation.json, evaluation.md and predictions.jsonl go; texts are ranked there by
    the share of its scores (softmax, 0 to 100) that a text's true label got, so that the worst are
    the surest mistakes. about: what is measured, kept with the figures.
    Returns {"scores": [Score, ...], "by_tag": {class: figures}, "confusion": {"labels": [...],
    "rows": [...]}, "predictions": [...]}; a row of the confusion is a true class.
    """
    texts, references = [text for text, _ in examples], [label for _, label in examples]
    _check(task, references)
    shares = _softmax(task.scores(texts).astype(np.float64))
    predictions = [task.labels[best] for best in shares.argmax(axis=1)]
    scores = measure(Classification(labels=task.labels), predictions, references, samples)
    of_true = _of_true(task, shares, references)
    if task.calibrated and of_true.min() > 0:
        scores.append(Score("log_loss", float(-np.log(of_true).mean()), "nats a text", True))
    labels = sorted({*task.labels, *references})
    rows = confusion(labels, predictions, references)
    by_class = _by_class(labels, np.array(rows, np.float64))
    table = {"labels": labels, "rows": rows}
    if out is not None:
        parts = zip(texts, predictions, references, of_true, strict=True)
        ranked = [Example(text, p, r, 100 * float(share)) for text, p, r, share in parts]
        settings = {**(about or {}), "by_class": by_class, "confusion": table}
        write_report(out, scores, ranked, ranked_by="true_label", settings=settings)
    return {"scores": scores, "by_tag": by_class, "confusion": table, "predictions": predictions}


def evaluate_run(
    task: Classifier,
    data: str | Sequence[Labelled] = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    source: str | None = None,
    target: str | None = None,
    samples: int = 1000,
    **others: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a classifier.

    data: the name of a split of the run's own data, a file, or texts with labels. source, target:
    the columns of text and label in the file, where they have other names than the usual.
    """
    for key in others:
        raise ConfigError("is nothing that a classifier knows.", key=key)
    if isinstance(data, str):
        examples, about = read_measured(run, data, source, target)
    else:
        examples, about = list(data), {"data": "given"}
    return evaluate_classifier(task, examples, out=out, about=about, samples=samples)


def read_measured(
    run: Path | None, data: str, text: str | None = None, label: str | None = None
) -> tuple[list[Labelled], Values]:
    """The labelled texts to measure on: a split of the run's own data, by its recipe, or a file,
    whose labels are named as the recipe names them.
    """
    section = {} if run is None else read_toml(run / "recipe.toml")["data"]
    values = {key: value for key, value in section.items() if key != "kind"}
    if data not in SPLITS:
        kept = {"names": values.get("names", {}), "text": text, "label": label}
        settings = build(LabelData, {"train": data, "test": data, **kept}, "data")
        rows = [row for row in read_labelled(settings, "test") if not row.problem]
        pairs = [(row.pair.source, row.pair.target) for row in rows]
        return [pair for pair in pairs if pair[0].strip() and pair[1]], {"data": data}
    if run is None:
        raise ConfigError(
            "{data!r} is a split of a run's own data; give the run folder, or a file, or texts "
            "with labels.",
            key="data",
            data=data,
        )
    prepared = run / "last" / "data"
    if not (prepared / "report.json").is_file():
        prepare_labels(build(LabelData, values, "data"), prepared)
    pairs = [(pair.source, pair.target) for pair in Prepared.load(prepared).pairs(data)]
    return pairs, {"data": str(values["train"]), "split": data}


def _check(task: Classifier, references: Sequence[str]) -> None:
    if not references:
        raise DataError("There is no text to measure. Give at least one, with its label.")
    if not set(references) & set(task.labels):
        raise DataError(
            "no label is one that the model knows: {label!r}, for one. It knows: {known}.",
            label=references[0],
            known=", ".join(task.labels),
        )


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _of_true(
    task: Classifier, shares: NDArray[np.float64], references: Sequence[str]
) -> NDArray[np.float64]:
    """The share of each text's true label; 0 for one that the model does not know."""
    place = {label: number for number, label in enumerate(task.labels)}
    return np.array(
        [
            row[place[label]] if label in place else 0.0
            for row, label in zip(shares, references, strict=True)
        ]
    )


def _by_class(labels: Sequence[str], rows: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    right, guessed, there = rows.diagonal(), rows.sum(axis=0), rows.sum(axis=1)
    names = ("sentences", "precision", "recall", "f1")
    figures = (there, *(100 * values for values in per_class(right, guessed, there)))
    return {
        label: {name: round(float(v[i]), 2) for name, v in zip(names, figures, strict=True)}
        for i, label in enumerate(labels)
    }
