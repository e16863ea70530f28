"""How often words stand near one another: what GloVe learns from (Pennington et al., 2014).

https://nlp.stanford.edu/pubs/glove.pdf, section 3.1. Two words d places apart in a text count 1/d,
for both of them alike.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.data.epochs import START, Batch, Epochs, Position
from jium.files import explained, make_folder, write_text
from jium.nn.rows import Places

STRETCH = 2**20  # words counted at a time
PAIR = ("words", "contexts")


class Counts(NamedTuple):
    """Pairs of words, in both orders, and how often they stand together."""

    words: NDArray[np.int32]
    contexts: NDArray[np.int32]
    counts: NDArray[np.float32]

    def part(self, start: int, end: int) -> "Counts":
        """Those from `start` to `end`."""
        return Counts(self.words[start:end], self.contexts[start:end], self.counts[start:end])


def count_pairs(ids: NDArray[np.int32], n_words: int, window: int) -> Counts:
    """Count a corpus (jium.data.corpora), each pair in both orders, sorted.

    window: words to each side. A word that stands near itself counts twice, as in the program of
    the paper.
    """
    keys, sums = np.empty(0, np.int64), np.empty(0, np.float64)
    found = [(keys, sums)]
    for start in range(0, len(ids), STRETCH):
        stretch = np.asarray(ids[start : start + STRETCH + window], np.int64)
        found.append(_merged(*_near(stretch, n_words, window, min(STRETCH, len(stretch)))))
    keys, sums = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(keys, kind="stable")
    keys, sums = _added(keys[order], sums[order])
    low, high = np.divmod(keys, n_words)
    twice = low == high
    sums[twice] *= 2
    return Counts(
        np.concatenate([low, high[~twice]]).astype(np.int32),
        np.concatenate([high, low[~twice]]).astype(np.int32),
        np.concatenate([sums, sums[~twice]]).astype(np.float32),
    )


def _near(
    ids: NDArray[np.int64], n_words: int, window: int, own: int
) -> tuple[NDArray[np.int64], int]:
    """All pairs that begin in the first `own` places, each as (low word, high word, distance) in
    one number.
    """
    text = np.cumsum(ids < 0)
    parts = []
    for distance in range(1, window + 1):
        n = max(min(own, len(ids) - distance), 0)
        first, second = ids[:n], ids[distance : distance + n]
        near = (text[:n] == text[distance : distance + n]) & (first >= 0)
        low, high = np.minimum(first, second)[near], np.maximum(first, second)[near]
        parts.append((low * n_words + high) * (window + 1) + distance)
    return np.concatenate(parts), window + 1


def _merged(packed: NDArray[np.int64], base: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    packed.sort()  # numbers alone: far faster than sorting an order
    keys, distance = np.divmod(packed, base)
    return _added(keys, 1 / distance)


def _added(
    keys: NDArray[np.int64], sums: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Sums of what has one key; keys ascend."""
    if not len(keys):
        return keys, sums
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    return keys[starts], np.add.reduceat(sums, starts)


# ---------------------------------------------------------------- on disk


def write_counts(folder: Path, counts: Counts, seed: int) -> Counts:
    """Keep counts in a folder, shuffled once; returns them."""
    make_folder(folder)
    order = np.random.default_rng(seed).permutation(len(counts.words))
    with explained(folder, folder / "words.bin"):
        for name, values in counts._asdict().items():
            values[order].tofile(folder / f"{name}.bin")
    write_text(folder / "counts.json", json.dumps({"pairs": len(order)}))  # last: whole with it
    return read_counts(folder)


def read_counts(folder: Path) -> Counts:
    """What `write_counts` wrote, through memory maps."""
    words, contexts = (np.memmap(folder / f"{name}.bin", np.int32, "r") for name in PAIR)
    return Counts(words, contexts, np.memmap(folder / "counts.bin", np.float32, "r"))


# ---------------------------------------------------------------- batches


@dataclass(frozen=True)
class CountBatch(Batch):
    """Pairs of words with their counts: (pairs,). n_tokens: how many."""

    words: Places
    contexts: Places
    counts: Tensor
    after: Position = START

    @property
    def n_tokens(self) -> int:
        """Pairs."""
        return len(self.counts)


class CountBatches(Epochs[int, CountBatch]):
    """Batches of shuffled counts without end; each epoch takes its stretches in another order."""

    def __init__(self, counts: Counts, batch_pairs: int, seed: int = 0) -> None:
        self.counts = counts
        self.size = batch_pairs
        self.seed = seed

    @property
    def n_batches(self) -> int:
        """Batches in an epoch."""
        return -(-len(self.counts.words) // self.size)

    def once(self) -> Iterator[CountBatch]:
        """Every pair once, for measuring."""
        for number in range(self.n_batches):
            yield self._batch(number, START)

    def _plan(self, epoch: int, pool: int) -> list[int]:
        return np.random.default_rng((self.seed, epoch)).permutation(self.n_batches).tolist()

    def _make(self, item: int, place: Position, after: Position) -> CountBatch:
        return self._batch(item, after)

    def _batch(self, number: int, after: Position) -> CountBatch:
        part = self.counts.part(number * self.size, (number + 1) * self.size)
        counts = torch.from_numpy(np.array(part.counts))
        return CountBatch(Places.of(part.words), Places.of(part.contexts), counts, after)
