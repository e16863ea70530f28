"""Batches of sentence pairs: by token budget, from length buckets, seeded, resumable at any batch.

An epoch is cut into pools of pairs. A pool is shuffled, sorted by length, cut into batches that
fill the token budget, and the batches are shuffled. Everything is a function of (seed, epoch,
pool), so a position is three numbers and resuming costs one pool, not the batches before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.data.epochs import START, Batch, Epochs, Position, pool_rows, pools_of
from jium.data.store import PairStore
from jium.errors import TrainingError
from jium.nn.layout import Layout

POOL = 2**16  # pairs


@dataclass(frozen=True)
class PairBatch(Batch):
    """Packed source and target texts with their layouts.

    source, target_in, target_out: (tokens,) ids. target_in begins with START, target_out ends with
    EOS.
    after: where the data stands once this batch has been used.
    """

    source: Tensor
    source_layout: Layout
    target_in: Tensor
    target_out: Tensor
    target_layout: Layout
    after: Position = START

    @property
    def n_tokens(self) -> int:
        """Real tokens, both sides."""
        return len(self.source) + len(self.target_in)


@dataclass(frozen=True)
class PairFormat:
    """The special tokens around a pair.

    forward, backward: id of the token that asks for the target's or the source's language, first in
    the source; None where the model knows one direction only.
    """

    start_id: int
    eos_id: int
    forward: int | None = None
    backward: int | None = None

    def batch(
        self, pairs: Sequence[tuple[NDArray, NDArray, int, bool]], after: Position = START
    ) -> PairBatch:
        """Pack pairs of (source ids, target ids, tag id or -1, whether to swap the sides)."""
        sources, targets = [], []
        for source, target, tag, swap in pairs:
            if swap:
                source, target = target, source
            sources.append(self.source(source, tag, self.backward if swap else self.forward))
            targets.append(target)
        starts = [np.concatenate(([self.start_id], target)) for target in targets]
        ends = [np.concatenate((target, [self.eos_id])) for target in targets]
        return PairBatch(
            packed(sources),
            Layout([len(s) for s in sources]),
            packed(starts),
            packed(ends),
            Layout([len(t) for t in starts]),
            after,
        )

    def source(
        self, ids: NDArray | Sequence[int], tag: int = -1, direction: int | None = None
    ) -> NDArray:
        """Source ids with what stands around them: [direction] [tag] ids EOS."""
        before = [special for special in (direction, tag) if special is not None and special >= 0]
        return np.concatenate((before, ids, [self.eos_id])).astype(np.int64)


def packed(rows: Sequence[NDArray]) -> Tensor:
    """Arrays of ids in one long row of int64."""
    return torch.from_numpy(np.concatenate(rows).astype(np.int64))


class PairBatches(Epochs[NDArray, PairBatch]):
    """Batches without end, over the epochs; iterate it, or read one epoch in order with `once`.

    stores: encodings of the same pairs (several where the tokenizer samples segmentations), used in
    turn by epoch.
    batch_tokens: real tokens in a batch at most, source and target together.
    tag_dropout: share of pairs shown without their tag, so that a tag may be left out later.
    """

    def __init__(
        self,
        stores: Sequence[PairStore],
        format: PairFormat,
        batch_tokens: int,
        seed: int = 0,
        both_directions: bool = False,
        tag_dropout: float = 0.0,
        position: Position = START,
    ) -> None:
        self.stores = stores
        self.n_pairs = min(len(store) for store in stores)
        self.format = format
        self.batch_tokens = batch_tokens
        self.seed = seed
        self.directions = 2 if both_directions else 1
        self.tag_dropout = tag_dropout
        self.position = position
        self.n_pools = pools_of(self.n_items, POOL)

    @property
    def n_items(self) -> int:
        """Examples in an epoch: pairs, times two where both directions are learned."""
        return self.n_pairs * self.directions

    def once(self) -> Iterator[PairBatch]:
        """Every example once, with its tag, in the order of the file, for measuring."""
        for items in fill(*self._lengths(0, np.arange(self.n_items)), self.batch_tokens):
            yield self._batch(items, 0, None, START)

    def _plan(self, epoch: int, pool: int) -> list[NDArray]:
        """The batches of one pool, each an array of item numbers."""
        rng = np.random.default_rng((self.seed, epoch, pool))
        items = rng.permutation(pool_rows(self.n_items, epoch, pool, self.n_pools))
        source, target = self._lengths(epoch, items)
        order = np.lexsort((source, target))
        batches = fill(source[order], target[order], self.batch_tokens)
        return [items[order[batches[i]]] for i in rng.permutation(len(batches))]

    def _make(self, item: NDArray, place: Position, after: Position) -> PairBatch:
        return self._batch(item, place.epoch, place, after)

    def _lengths(self, epoch: int, items: NDArray) -> tuple[NDArray, NDArray]:
        return self.stores[epoch % len(self.stores)].lengths(items % self.n_pairs)

    def _batch(
        self, items: NDArray, epoch: int, place: Position | None, after: Position
    ) -> PairBatch:
        store = self.stores[epoch % len(self.stores)]
        keep = np.ones(len(items), dtype=bool)
        if place is not None and self.tag_dropout:
            keep = np.random.default_rng((self.seed, *place)).random(len(items)) >= self.tag_dropout
        pairs = []
        for item, kept in zip(items.tolist(), keep.tolist(), strict=True):
            source, target, tag = store.pair(item % self.n_pairs)
            pairs.append((source, target, tag if kept else -1, item >= self.n_pairs))
        return self.format.batch(pairs, after)


def fill(source: NDArray, target: NDArray, budget: int) -> list[NDArray]:
    """Cut a sequence of pairs, in order, into runs whose tokens (with four special ones a pair) fit
    `budget`.
    """
    return cut(np.asarray(source) + np.asarray(target) + 4, budget)


def cut(sizes: NDArray, budget: int) -> list[NDArray]:
    """Cut a sequence of examples, in order, into runs whose sizes together fit `budget`.

    Raises TrainingError where one alone is larger than the budget.
    """
    if len(sizes) and sizes.max() > budget:
        raise TrainingError(
            "train.batch_tokens={budget} is smaller than the longest example, {longest} tokens. "
            "Raise it, or lower model.max_len.",
            budget=budget,
            longest=int(sizes.max()),
        )
    batches, start, used = [], 0, 0
    for i, size in enumerate(sizes.tolist()):
        if used + size > budget:
            batches.append(np.arange(start, i))
            start, used = i, 0
        used += size
    if start < len(sizes):
        batches.append(np.arange(start, len(sizes)))
    return batches
