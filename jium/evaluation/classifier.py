"""Measuring a classifier: its answers against the labels, in all and class by class."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.config import Values, build, read_toml
from jium.data.labels import SEPARATOR, LabelData, prepare_labels, read_labelled
from jium.data.pair_data import Pair
from jium.data.pairs import Prepared
from jium.data.split import SPLITS
from jium.errors import ConfigError, DataError
from jium.evaluation.classification import Classification, confusion, per_class
from jium.evaluation.multi_label import MultiLabel
from jium.evaluation.report import write_report
from jium.evaluation.score import Example, Score, measure
from jium.evaluation.similarity import correlations
from jium.tasks.classify import Classifier, Gives, Text
from jium.text.normalise import Cleaning

CLEANED = ("clean", *(field.name for field in fields(Cleaning)))  # as the training data was
Labelled = tuple[Text, str]  # a text or two, and what is to be said: the name of a class, as a rule


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
    if task.gives != "label":
        return _evaluate_otherwise(task, texts, references, out, about or {}, samples)
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
        ranked = [Example(shown(text), p, r, 100 * float(share)) for text, p, r, share in parts]
        settings = {**(about or {}), "by_class": by_class, "confusion": table}
        write_report(out, scores, ranked, ranked_by="true_label", settings=settings)
    return {"scores": scores, "by_tag": by_class, "confusion": table, "predictions": predictions}


def _evaluate_otherwise(
    task: Classifier,
    texts: Sequence[Text],
    references: Sequence[str],
    out: Path | None,
    about: Values,
    samples: int,
) -> dict[str, Any]:
    """A number for each text, by its correlation with the true ones; or several labels, by F1."""
    answers = task.classify(list(texts))
    if task.gives == "score":
        wanted = np.array([float(number) for number in references])
        scores = correlations(np.array(answers), wanted, samples, of="score")
        predictions = [f"{answer:.4f}" for answer in answers]
        single: list[float | None] = [None] * len(texts)
    else:
        metric = MultiLabel(labels=task.labels)
        predictions = [SEPARATOR.join(answer) for answer in answers]
        scores = measure(metric, predictions, references, samples)
        pairs = zip(predictions, references, strict=True)
        single = [metric.sentence(prediction, reference) for prediction, reference in pairs]
    if out is not None:
        rows = zip(texts, predictions, references, single, strict=True)
        examples = [Example(shown(text), p, r, score) for text, p, r, score in rows]
        write_report(out, scores, examples, ranked_by="exact", settings=about)
    return {"scores": scores, "by_tag": {}, "predictions": predictions}


def shown(text: Text) -> str:
    """A text, or two of them on two lines."""
    return text if isinstance(text, str) else "\n".join(text)


def evaluate_run(
    task: Classifier,
    data: str | Sequence[Labelled] = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    source: str | None = None,
    target: str | None = None,
    second: str | None = None,
    samples: int = 1000,
    **others: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a classifier.

    data: the name of a split of the run's own data, a file, or texts with labels. source, target,
    second: the columns of text, label and second text in the file, where they have other names than
    the usual.
    """
    for key in others:
        raise ConfigError("is nothing that a classifier knows.", key=key)
    if isinstance(data, str):
        examples, about = read_measured(run, data, source, target, second, task.gives)
    else:
        examples, about = list(data), {"data": "given"}
    return evaluate_classifier(task, examples, out=out, about=about, samples=samples)


def read_measured(
    run: Path | None,
    data: str,
    text: str | None = None,
    label: str | None = None,
    second: str | None = None,
    gives: Gives = "label",
) -> tuple[list[Labelled], Values]:
    """The labelled texts to measure on: a split of the run's own data, by its recipe, or a file,
    whose labels are named as the recipe names them.
    """
    section = {} if run is None else _data_section(run)
    values = {key: value for key, value in section.items() if key != "kind"}
    if data not in SPLITS:
        kept = {"names": values.get("names", {}), "classes": values.get("classes", [])}
        kept |= {key: values[key] for key in CLEANED if key in values}
        columns = {"text": text, "label": label, "second": second, "gives": gives}
        settings = build(LabelData, {"train": data, "test": data, **kept, **columns}, "data")
        rows = [row for row in read_labelled(settings, "test") if not row.problem]
        pairs = [row.pair for row in rows]
        usable = [p for p in pairs if p.source.strip() and (p.target or gives == "labels")]
        return [labelled(pair) for pair in usable], {"data": data}
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
    found = [labelled(pair) for pair in Prepared.load(prepared).pairs(data)]
    return found, {"data": str(values["train"]), "split": data}


def _data_section(run: Path) -> Values:
    """[data] of a run's recipe; nothing of a folder that has none."""
    path = run / "recipe.toml"
    return read_toml(path)["data"] if path.is_file() else {}


def labelled(pair: Pair) -> Labelled:
    """A prepared text, or two, and what is to be said."""
    return ((pair.source, pair.second) if pair.second else pair.source), pair.target


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
