"""How well pictures and texts find each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.data.images import Pictures
from jium.errors import ConfigError, DataError
from jium.evaluation.picture_data import read_measured
from jium.evaluation.report import write_report
from jium.evaluation.score import Example
from jium.evaluation.shares import share_scores
from jium.tasks.match import Matcher

KS = (1, 5, 10)
MOST = 1000  # pictures that each caption is to be found among, unless told otherwise


def evaluate_run(
    task: Matcher,
    data: str | Pictures = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    among: int = MOST,
    samples: int = 1000,
    **others: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for pictures and texts in one space.

    data: a split of the run's own data, other pictures with captions, or Pictures at hand. among:
    the first so many of them, one caption each; the fewer, the easier.
    """
    for key in others:
        raise ConfigError("is nothing that a matcher knows.", key=key)
    pictures, about = read_measured(run, data, task.size)
    return evaluate_matching(task, pictures, among, out=out, about=about, samples=samples)


def evaluate_matching(
    task: Matcher,
    pictures: Pictures,
    among: int = MOST,
    *,
    out: Path | None = None,
    about: dict[str, Any] | None = None,
    samples: int = 1000,
) -> dict[str, Any]:
    """Recall at 1, 5 and 10, in percent, of pictures by their captions and the other way round.

    Of the captions of a picture the one that its number falls on is taken, so that all languages
    occur. Returns {"scores": [Score, ...], "by_tag": {}, "predictions": [...]}.
    """
    rows = [row for row in range(len(pictures)) if pictures.captions(row)][:among]
    if len(rows) < 2:
        raise DataError(
            "{n} pictures with a caption; two are needed to tell one from the other.", n=len(rows)
        )
    captions = [pictures.captions(row) for row in rows]
    texts = [said[row % len(said)] for row, said in zip(rows, captions, strict=True)]
    vectors = task.embed([pictures.image(row) for row in rows]), task.embed(texts)
    right = recalls_of(*vectors, texts, tuple(k for k in KS if k < len(rows)))
    scores = share_scores(right, f"among:{len(rows)}", samples)
    best = (vectors[1] @ vectors[0].T).argmax(1)
    predictions = [texts[i] for i in best]
    if out is not None:
        first = right["picture_at_1"]
        parts = zip(rows, predictions, texts, first, strict=True)
        examples = [Example(f"#{row}", p, t, 100 * float(r)) for row, p, t, r in parts]
        settings = {**(about or {}), "among": len(rows)}
        write_report(out, scores, examples, ranked_by="picture_at_1", settings=settings)
    return {"scores": scores, "by_tag": {}, "predictions": predictions}


def recalls(
    task: Matcher, images: Sequence[Any], texts: Sequence[str], ks: Sequence[int] = KS
) -> dict[str, NDArray[np.bool_]]:
    """As `recalls_of`, of pictures and the caption of each."""
    return recalls_of(task.embed(list(images)), task.embed(list(texts)), texts, ks)


def recalls_of(
    images: NDArray[np.float32],
    texts: NDArray[np.float32],
    words: Sequence[str],
    ks: Sequence[int] = KS,
) -> dict[str, NDArray[np.bool_]]:
    """Whether a text finds its picture among the first k, "picture_at_k", and a picture its text,
    "text_at_k"; where several pictures have the same words, any of them is right.

    images, texts: (n, dim) of length 1.
    """
    _, number = np.unique(np.asarray(words), return_inverse=True)
    equal = number[:, None] == number[None, :]
    cosines = texts @ images.T
    ranks = {"picture": _ranks(cosines, equal), "text": _ranks(cosines.T, equal)}
    return {f"{what}_at_{k}": found < k for what, found in ranks.items() for k in ks}


def _ranks(scores: NDArray[np.float32], right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many wrong ones stand before the best right one, row by row; of equal scores the wrong
    one stands first.
    """
    best = np.where(right, scores, -np.inf).max(1, keepdims=True)
    return ((scores >= best) & ~right).sum(1)
