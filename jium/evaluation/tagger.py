"""Measuring a tagger: the entities it finds against those there are, in all and label by label."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jium.config import Values, build, read_toml
from jium.data.pairs import Prepared
from jium.data.split import SPLITS
from jium.data.tagged import Tagged, TaggedData, prepare_tagged, read_tagged, tagged_texts
from jium.errors import ConfigError, DataError
from jium.evaluation.entities import Entities, by_label, write_spans
from jium.evaluation.report import write_report
from jium.evaluation.score import Example, measure
from jium.tasks.tag import Tagger


def evaluate_tagger(
    task: Tagger,
    examples: Sequence[Tagged],
    *,
    out: Path | None = None,
    about: Values | None = None,
    samples: int = 1000,
) -> dict[str, Any]:
    """Find the entities of texts and score them.

    out: where evaluation.json, evaluation.md and predictions.jsonl go. about: what is measured,
    kept with the figures. A label that the model does not know counts as missed.
    Returns {"scores": [Score, ...], "by_tag": {label: figures}, "unknown_labels": {label: number of
    entities}, "predictions": [[Span, ...], ...]}.
    """
    if not examples:
        raise DataError("There is no text to measure. Give at least one, with its entities.")
    unknown = _unknown(task, examples)
    texts = [example.text for example in examples]
    predictions = [[one.span for one in found] for found in task.find(texts)]
    guessed = [write_spans(spans, text) for spans, text in zip(predictions, texts, strict=True)]
    there = [write_spans(example.spans, example.text) for example in examples]
    metric = Entities(labels=task.labels)
    scores = measure(metric, guessed, there, samples)
    by_tag = by_label(metric, guessed, there)
    if out is not None:
        parts = zip(texts, guessed, there, strict=True)
        ranked = [Example(text, g, t, metric.sentence(g, t)) for text, g, t in parts]
        settings = {**(about or {}), "by_label": by_tag, "unknown_labels": unknown}
        write_report(out, scores, ranked, ranked_by="f1", settings=settings)
    return {
        "scores": scores,
        "by_tag": by_tag,
        "unknown_labels": unknown,
        "predictions": predictions,
    }


def evaluate_run(
    task: Tagger,
    data: str | Sequence[Tagged] = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    source: str | None = None,
    target: str | None = None,
    samples: int = 1000,
    **others: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a tagger.

    data: the name of a split of the run's own data, a file, or texts with entities (Tagged).
    source, target: the columns of text and tags (or entities) in the file, where they have other
    names than the usual.
    """
    for key in others:
        raise ConfigError("is nothing that a tagger knows.", key=key)
    if isinstance(data, str):
        examples, about = read_measured(run, data, source, target)
    else:
        examples, about = list(data), {"data": "given"}
    return evaluate_tagger(task, examples, out=out, about=about, samples=samples)


def read_measured(
    run: Path | None, data: str, text: str | None = None, tags: str | None = None
) -> tuple[list[Tagged], Values]:
    """The texts to measure on: a split of the run's own data, by its recipe, or a file, whose tags
    are written as the recipe says. Rows of a file that are of no use are counted.
    """
    section = {} if run is None else read_toml(run / "recipe.toml")["data"]
    values = {key: value for key, value in section.items() if key != "kind"}
    if data not in SPLITS:
        kept = {key: values[key] for key in ("level", "scheme", "names") if key in values}
        named = {"text": text, "tags": tags, "train": data, "test": data}
        rows = list(read_tagged(build(TaggedData, {**kept, **named}, "data"), "test"))
        dropped = sum(bool(row.problem) for row in rows)
        return [row.pair for row in rows if not row.problem], {"data": data, "dropped": dropped}
    if run is None:
        raise ConfigError(
            "{data!r} is a split of a run's own data; give the run folder, or a file, or texts "
            "with entities.",
            key="data",
            data=data,
        )
    folder = run / "last" / "data"
    if not (folder / "report.json").is_file():
        prepare_tagged(build(TaggedData, values, "data"), folder)
    return tagged_texts(Prepared.load(folder), data), {"data": str(values["train"]), "split": data}


def _unknown(task: Tagger, examples: Sequence[Tagged]) -> dict[str, int]:
    """Labels that the model does not know, with their numbers. Raises DataError where it knows none
    of those there are.
    """
    counts: dict[str, int] = {}
    for span in (span for example in examples for span in example.spans):
        counts[span.label] = counts.get(span.label, 0) + 1
    unknown = {label: n for label, n in counts.items() if label not in task.labels}
    if unknown and len(unknown) == len(counts):
        raise DataError(
            "no label is one that the model knows: {label!r}, for one. It knows: {known}.",
            label=next(iter(unknown)),
            known=", ".join(task.labels),
        )
    return unknown
