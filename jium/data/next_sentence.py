"""Pairs of text for the second task of BERT: does the second follow the first?

Next sentence (section 3.1 of Devlin et al., 2019): half the pairs stand so in a document, half have
a second part from another document. Sentence order (section 3.1 of Lan et al., 2020,
https://arxiv.org/abs/1909.11942): half the pairs are swapped, which is harder, for both parts are
of one topic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FOLLOWS, DOES_NOT = 0, 1  # as Hugging Face numbers them
Pairing = Literal["next", "order"]


@dataclass(frozen=True)
class SentencePairs:
    """first, second: (pairs,) numbers of sentences; labels: (pairs,), FOLLOWS or DOES_NOT."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    labels: NDArray[np.int64]


def pair_up(
    document_of: NDArray[np.int64], kind: Pairing, rng: np.random.Generator
) -> SentencePairs:
    """Pair each sentence with the one after it, and spoil half the pairs.

    document_of: (sentences,), the document of each, in order. A sentence stands in one pair; the
    last one of a document with an odd number of them in none. In "next" a spoilt pair has its
    second sentence from another document, the second sentence of another pair; where all are of one
    document none can be spoilt.
    """
    first = _firsts(document_of)
    second = first + 1
    labels = np.zeros(len(first), np.int64)
    spoilt = rng.permutation(len(first))[: len(first) // 2]
    if kind == "order":
        labels[spoilt] = DOES_NOT
        first[spoilt], second[spoilt] = second[spoilt], first[spoilt].copy()
        return SentencePairs(first, second, labels)
    if len(first) and (document_of[first] == document_of[first[0]]).all():
        return SentencePairs(first, second, labels)
    labels[spoilt] = DOES_NOT
    second[spoilt] = _foreign(document_of, first[spoilt], second, rng)
    return SentencePairs(first, second, labels)


def _firsts(document_of: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first sentence of every pair: the even ones of each document that have one after them."""
    if not len(document_of):
        return np.empty(0, np.int64)
    begins = np.flatnonzero(np.r_[True, document_of[1:] != document_of[:-1]])
    place = np.arange(len(document_of)) - np.repeat(
        begins, np.diff(np.r_[begins, len(document_of)])
    )
    even = np.flatnonzero(place % 2 == 0)
    even = even[even + 1 < len(document_of)]
    return even[document_of[even + 1] == document_of[even]]


def _foreign(
    document_of: NDArray, firsts: NDArray, seconds: NDArray, rng: np.random.Generator
) -> NDArray[np.int64]:
    """For each of `firsts` one of `seconds` of another document: those of its own stand together,
    and are stepped over.
    """
    owners = document_of[seconds]  # in order
    own = document_of[firsts]
    begins, ends = np.searchsorted(owners, own, "left"), np.searchsorted(owners, own, "right")
    drawn = rng.integers(len(seconds) - (ends - begins))
    return seconds[np.where(drawn < begins, drawn, drawn + ends - begins)]


def runs(sizes: Sequence[int], room: int) -> list[tuple[int, int]]:
    """Cut a document into runs of sentences of up to `room` tokens: [start, end) each; a longer
    sentence is a run by itself.
    """
    cuts: list[tuple[int, int]] = []
    start = used = 0
    for i, size in enumerate(sizes):
        if i > start and used + size > room:
            cuts.append((start, i))
            start, used = i, 0
        used += size
    return [*cuts, (start, len(sizes))] if len(sizes) else cuts
