"""TextRank: Mihalcea and Tarau (2004), https://aclanthology.org/W04-3252.

The sentences of a text, or its words, are the nodes of a graph; a node matters as much as those
that are tied to it. Nothing is learned.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from jium.config import config
from jium.models.extraction import ExtractionConfig, SentenceRanker, Words, counts, tf_idf
from jium.ranges import share_below_one

TOLERANCE = 1e-6  # change of a score at which the iteration stops
ROUNDS = 1000

Floats = NDArray[np.float64]


@config
class TextRankConfig(ExtractionConfig):
    """Which sentences are alike, and how far importance is passed on."""

    similarity: Literal["overlap", "cosine"] = "overlap"  # cosine: of TF-IDF
    damping: float = 0.85

    def __post_init__(self) -> None:
        super().__post_init__()
        share_below_one(damping=self.damping)


class TextRank(SentenceRanker):
    """Sentences ranked by how much they have in common with others that have much in common."""

    config: TextRankConfig

    def rank(self, sentences: Sequence[Words]) -> Floats:
        alike = {"overlap": overlap, "cosine": cosine}[self.config.similarity](counts(sentences))
        np.fill_diagonal(alike, 0)
        ends = np.nonzero(alike)
        return importance(len(sentences), np.stack(ends), alike[ends], self.config.damping)


def overlap(table: Floats) -> Floats:
    """Words that two sentences share, by the logarithms of their lengths: section 4.1.

    table: (sentences, words) counts. Where both have one word at most, the paper divides by 0 and
    this gives 0.
    """
    there = (table > 0).astype(np.float64)
    lengths = np.log(np.maximum(table.sum(axis=1), 1))
    sums = lengths[:, None] + lengths[None]
    shared = there @ there.T
    return np.divide(shared, sums, out=np.zeros_like(shared), where=sums > 0)


def cosine(table: Floats) -> Floats:
    """The cosine of the TF-IDF of two sentences, as LexRank has it (Erkan and Radev, 2004)."""
    weighted = tf_idf(table)
    lengths = np.linalg.norm(weighted, axis=1, keepdims=True)
    weighted /= np.where(lengths > 0, lengths, 1)
    return weighted @ weighted.T


def importance(n: int, ends: NDArray[np.int64], weights: Floats, damping: float = 0.85) -> Floats:
    """WS of equation 2, by iteration from 1: (n,).

    ends: (2, edges), from and to; an undirected edge stands there both ways. weights: (edges,).
    """
    start, end = ends
    given = np.bincount(start, weights, n)
    shares = weights / given[start]
    scores: NDArray[Any] = np.ones(n)
    for _ in range(ROUNDS):
        before = scores
        scores = 1 - damping + damping * np.bincount(end, shares * scores[start], n)
        if np.abs(scores - before).max(initial=0) < TOLERANCE:
            break
    return scores


def rank_words(words: Words, window: int = 2, damping: float = 0.85) -> list[tuple[str, float]]:
    """Words with their scores, best first: section 3.1, of words that stand within `window` words
    of each other, counted among those given. The paper joins neighbours afterwards; this does not.
    """
    columns = {word: number for number, word in enumerate(dict.fromkeys(words))}
    ids = [columns[word] for word in words]
    near = {
        pair
        for place in range(len(ids))
        for pair in combinations(ids[place : place + window], 2)
        if pair[0] != pair[1]
    }
    edges = sorted(near | {(b, a) for a, b in near})
    ends = np.array(edges, np.int64).reshape(-1, 2).T
    scores = importance(len(columns), ends, np.ones(len(edges)), damping)
    names = list(columns)
    return [(names[i], float(scores[i])) for i in np.argsort(-scores, kind="stable")]
