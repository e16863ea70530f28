"""A score with what gives it meaning: its interval, its signature, how to measure it again."""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jium.config import Values, to_values
from jium.evaluation import METRICS
from jium.evaluation.bootstrap import Interval, intervals
from jium.evaluation.metric import Metric


@dataclass(frozen=True)
class Score:
    """One figure of one corpus.

    metric: the recipe section that makes the metric again, where it is one of METRICS.
    """

    name: str
    value: float
    signature: str
    lower_is_better: bool = False
    interval: Interval | None = None
    metric: Values | None = None


@dataclass(frozen=True)
class Example:
    """One sentence that was measured, with its own score; `score` is None where it has none."""

    source: str
    prediction: str
    reference: str
    score: float | None = None


def measure(
    metric: Metric,
    predictions: Sequence[str],
    references: Sequence[str],
    samples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> list[Score]:
    """The scores of `metric` over a corpus, each with its bootstrap interval and signature."""
    rows = metric.statistics(predictions, references)
    found = intervals(metric, rows, samples, level, seed)
    signature, values = metric.signature(), metric_values(metric)
    return [
        Score(name, value, signature, metric.lower_is_better, found[name], values)
        for name, value in metric.score(rows.sum(axis=0).tolist()).items()
    ]


def score_sentences(
    metric: Metric, sources: Sequence[str], predictions: Sequence[str], references: Sequence[str]
) -> list[Example]:
    """Each sentence with its own score, in the order given."""
    return [
        Example(source, prediction, reference, metric.sentence(prediction, reference))
        for source, prediction, reference in zip(sources, predictions, references, strict=True)
    ]


def metric_values(metric: Metric) -> Values | None:
    """The recipe section that makes `metric`; None for a metric that is not in METRICS."""
    here = f"{type(metric).__module__}:{type(metric).__name__}"
    kind = next((kind for kind, place in METRICS.items() if place == here), None)
    return {"kind": kind} | to_values(metric) if kind else None


def fingerprint(examples: Iterable[Example]) -> str:
    """A digest of sources and references, in order: equal means the same sentences."""
    digest = hashlib.sha256()
    for example in examples:
        pair = json.dumps([example.source, example.reference])  # no two pairs are spelt alike
        digest.update(pair.encode() + b"\n")
    return digest.hexdigest()


def score_to_values(score: Score) -> Values:
    """A score as JSON holds it: a figure that is not finite becomes null."""
    interval = {} if score.interval is None else asdict(score.interval)
    values: Values = {"value": score.value} | interval
    values = {k: v if math.isfinite(v) else None for k, v in values.items()}
    return values | {
        "signature": score.signature,
        "lower_is_better": score.lower_is_better,
        "metric": score.metric,
    }


def score_from_values(name: str, values: Values) -> Score:
    """Undo `score_to_values`. Raises KeyError or TypeError where something is missing."""
    fields = ("mean", "low", "high", "level", "samples", "seed")
    found: dict[str, Any] = {k: _finite(values[k]) for k in fields if k in values}
    return Score(
        name=name,
        value=_finite(values["value"]),
        signature=values["signature"],
        lower_is_better=values["lower_is_better"],
        interval=Interval(**found) if found else None,
        metric=values["metric"],
    )


def _finite(value: float | None) -> float:
    return math.nan if value is None else value
