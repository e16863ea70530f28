"""How well cosines of sentence vectors follow what people say of the sentences."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.config import build, read_toml
from jium.data.similar import read_scored_file, read_similar
from jium.data.similar_data import Similar, SimilarData
from jium.data.split import SPLITS
from jium.errors import ConfigError, DataError
from jium.evaluation.bootstrap import Interval
from jium.evaluation.correlation import pearson, ranks, spearman
from jium.evaluation.report import write_report
from jium.evaluation.score import Example, Score
from jium.tasks.embed import SentenceEmbedder

MEASURES: dict[str, Callable[[NDArray, NDArray], float]] = {
    "spearman": spearman,
    "pearson": pearson,
}


def evaluate_run(
    task: SentenceEmbedder,
    data: str | Sequence[Similar] = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    samples: int = 1000,
    **columns: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for sentence vectors.

    data: a split, a file, or pairs with scores. columns: first, second and score of a file, by
    name; lowest and highest, between which its scores lie.
    """
    if isinstance(data, str):
        pairs, about = _read(run, data, columns), {"data": data}
    else:
        pairs, about = list(data), {"data": "given"}
    return evaluate_similarity(task, pairs, out=out, about=about, samples=samples)


def evaluate_similarity(
    task: SentenceEmbedder,
    pairs: Sequence[Similar],
    *,
    out: Path | None = None,
    about: dict[str, Any] | None = None,
    samples: int = 1000,
) -> dict[str, Any]:
    """Spearman's and Pearson's correlation, times 100, of cosines with scores.

    Raises DataError where there are fewer than two scores to tell apart.
    """
    wanted = np.array([pair.score for pair in pairs], np.float64)
    if len(np.unique(wanted)) < 2:
        raise DataError(
            "{n} pairs with one score among them; two different scores are needed to compare.",
            n=len(pairs),
        )
    cosines = task.similarity([p.first for p in pairs], [p.second for p in pairs])
    scores = correlations(cosines, wanted, samples)
    if out is not None:
        examples = _examples(pairs, cosines, wanted)
        write_report(out, scores, examples, settings=about)
    return {"scores": scores, "by_tag": {}, "cosines": cosines}


def correlations(
    cosines: NDArray, wanted: NDArray, samples: int = 1000, of: str = "cosine"
) -> list[Score]:
    """Both coefficients, each with the interval of resampled sets of pairs. of: what a model said,
    for the signature.
    """
    return [
        Score(
            name,
            100 * measure(cosines, wanted),
            f"{of}|x100",
            interval=_interval(measure, cosines, wanted, samples),
        )
        for name, measure in MEASURES.items()
    ]


def _interval(
    measure: Callable[[NDArray, NDArray], float], cosines: NDArray, wanted: NDArray, samples: int
) -> Interval | None:
    rng = np.random.default_rng(0)
    drawn = (rng.integers(len(wanted), size=len(wanted)) for _ in range(samples))
    found = np.array([100 * measure(cosines[rows], wanted[rows]) for rows in drawn])
    found = found[np.isfinite(found)]
    if not len(found):
        return None
    low, high = np.quantile(found, (0.025, 0.975))
    return Interval(float(found.mean()), float(low), float(high), samples=samples)


def _examples(pairs: Sequence[Similar], cosines: NDArray, wanted: NDArray) -> list[Example]:
    """Each pair with how near its cosine's rank is to that of its score: 100 is the same."""
    apart = np.abs(ranks(cosines) - ranks(wanted)) / max(len(pairs) - 1, 1)
    return [
        Example(f"{p.first}\n{p.second}", f"{cosine:.4f}", f"{score:.4f}", 100 * (1 - float(far)))
        for p, cosine, score, far in zip(pairs, cosines, wanted, apart, strict=True)
    ]


def _read(run: Path | None, data: str, columns: dict[str, Any]) -> list[Similar]:
    """A split of the run's own data, by its recipe, or a file."""
    if data not in SPLITS:
        return read_scored_file(data, **columns)
    if run is None:
        raise ConfigError(
            "{data!r} is a split of a run's own data; give the run folder, or a file, or pairs.",
            key="data",
            data=data,
        )
    section = read_toml(run / "recipe.toml")["data"]
    sentences = read_similar(build(SimilarData, {k: v for k, v in section.items() if k != "kind"}))
    if data == "train":
        pairs = [p for source in sentences.sources for p in source if p.score is not None]
    else:
        pairs = sentences.test if data == "test" else sentences.valid
    if not pairs:
        raise DataError(
            "the run has no pairs with scores in the split {split!r}. Give a file: --data FILE",
            split=data,
        )
    return pairs
