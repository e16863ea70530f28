"""How far a score may be trusted: bootstrap resampling of sentences (Koehn, 2004).

A metric counts each sentence once; a resample is a weighted sum of those counts, so a thousand of
them cost less than scoring the corpus did.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from jium.errors import ConfigError
from jium.evaluation.metric import Metric
from jium.ranges import at_least

Scores = dict[str, np.ndarray]  # per score: (samples,)


@dataclass(frozen=True)
class Interval:
    """Where a score lies in resampled corpora: the mean, and bounds that hold `level` of them."""

    mean: float
    low: float
    high: float
    level: float = 0.95
    samples: int = 1000
    seed: int = 0


@dataclass(frozen=True)
class Difference:
    """How much higher b scores than a, with its interval, and p: the odds of it by chance."""

    value: float
    low: float
    high: float
    p: float


def confidence(
    metric: Metric,
    predictions: Sequence[str],
    references: Sequence[str],
    samples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval]:
    """The interval of each score of `metric`, by the percentiles of resampled corpora."""
    return intervals(metric, metric.statistics(predictions, references), samples, level, seed)


def intervals(
    metric: Metric,
    statistics: np.ndarray,
    samples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval]:
    """As `confidence`, from statistics already counted: (sentences, figures)."""
    _check(samples, level)
    resampled = _scores(metric, statistics, samples, seed)
    return {
        name: Interval(float(found.mean()), *_bounds(found, level), level, samples, seed)
        for name, found in resampled.items()
    }


def together(statistics: np.ndarray, groups: Sequence[int] | None) -> np.ndarray:
    """The figures of each group in one row, so that what shares an origin is resampled together
    (the cluster bootstrap: Field and Welsh, 2007, https://doi.org/10.1111/j.1467-9868.2007.00593.x).

    statistics: (sentences, figures); groups: a number for each, None where each is its own.
    """
    if groups is None:
        return statistics
    _, number = np.unique(np.asarray(groups), return_inverse=True)
    found = np.zeros((number.max(initial=-1) + 1, statistics.shape[1]))
    np.add.at(found, number, statistics)
    return found


def paired(
    metric: Metric,
    predictions_a: Sequence[str],
    predictions_b: Sequence[str],
    references: Sequence[str],
    samples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Difference]:
    """Compare two systems on the same sentences, resampled together.

    p is two-sided: how often a resampled difference strays from the mean of them as far as the real
    one is from zero, with one added to both counts, as sacrebleu's paired bootstrap has it. Equal
    systems have p = 1.
    """
    _check(samples, level)
    rows_a = metric.statistics(predictions_a, references)
    rows_b = metric.statistics(predictions_b, references)
    score_a, score_b = (metric.score(rows.sum(axis=0).tolist()) for rows in (rows_a, rows_b))
    many_a, many_b = (_scores(metric, rows, samples, seed) for rows in (rows_a, rows_b))
    return {
        name: _difference(score_b[name] - score_a[name], many_b[name] - many_a[name], level)
        for name in score_a
    }


def _difference(real: float, resampled: np.ndarray, level: float) -> Difference:
    strayed = np.abs(resampled - resampled.mean())
    as_far = int((strayed >= abs(real)).sum())
    return Difference(real, *_bounds(resampled, level), p=(as_far + 1) / (len(resampled) + 1))


def _scores(metric: Metric, statistics: np.ndarray, samples: int, seed: int) -> Scores:
    """The scores of `samples` corpora drawn with replacement; seed and size fix the draws."""
    found = [
        metric.score((weights @ statistics).tolist())
        for weights in _draws(len(statistics), samples, seed)
    ]
    return {name: np.asarray([scores[name] for scores in found]) for name in found[0]}


def _draws(sentences: int, samples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each sentence is drawn: (sentences,). One sample at a time keeps memory flat."""
    random = np.random.default_rng(seed)
    for _ in range(samples):
        drawn = random.integers(sentences, size=sentences)
        yield np.bincount(drawn, minlength=sentences).astype(np.float64)


def _bounds(values: np.ndarray, level: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _check(samples: int, level: float) -> None:
    at_least(1, samples=samples)
    if not 0 < level < 1:
        raise ConfigError("must be between 0 and 1; got {level}.", key="level", level=level)
