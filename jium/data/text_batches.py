"""Batches of texts (or pairs of texts) with what is to be said of them, for any encoder.

An epoch is shuffled, cut into pools of which each is sorted by length, cut into batches that fill
the token budget, and the batches are shuffled: all a function of (seed, epoch), so going on costs
nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.data.batches import cut
from jium.data.epochs import START, Batch, Epochs, Position
from jium.nn.layout import Layout

POOL = 50  # batches that are sorted by length together

Reading = tuple[NDArray, NDArray | None]  # the ids of a text or pair in its frame, and the segments


@dataclass(frozen=True)
class TextBatch(Batch):
    """Texts packed in one row.

    tokens: (tokens,) ids; segments: (tokens,) 0 or 1, None where there are no pairs. targets: what
    is to be said, a row a text or a token; weights: (batch,), how much each text counts.
    """

    tokens: Tensor
    layout: Layout
    segments: Tensor | None = None
    targets: Tensor | None = None
    weights: Tensor | None = None
    after: Position = START

    @property
    def n_tokens(self) -> int:
        return len(self.tokens)


class TextRows:
    """Encoded texts in memory, all ids in one row: four bytes a token.

    targets: (texts, ...) numbers; or a list of arrays as long as each text, a number a token.
    weights: (texts,), or None.
    """

    def __init__(
        self,
        readings: Sequence[Reading],
        targets: NDArray | Sequence[NDArray] | None = None,
        weights: NDArray | None = None,
    ) -> None:
        self.lengths = np.array([len(ids) for ids, _ in readings], np.int64)
        self.ends = np.cumsum(self.lengths)
        self.ids = _joined([ids for ids, _ in readings], np.int32)
        self.segments = None
        if any(segments is not None for _, segments in readings):
            rows = [np.zeros(len(i), np.int8) if s is None else s for i, s in readings]
            self.segments = _joined(rows, np.int8)
        self.by_token = targets is not None and not isinstance(targets, np.ndarray)
        self.targets = _joined(list(targets), np.int64) if self.by_token else targets  # type: ignore[arg-type]
        self.weights = weights

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, items: NDArray, after: Position = START) -> TextBatch:
        """These texts, packed."""
        places = self._places(items)
        return TextBatch(
            torch.from_numpy(self.ids[places].astype(np.int64)),
            Layout(self.lengths[items].tolist()),
            None if self.segments is None else self._tensor(self.segments[places]),
            self._targets(items, places),
            None if self.weights is None else torch.from_numpy(self.weights[items]),
            after,
        )

    def _places(self, items: NDArray) -> NDArray[np.int64]:
        """Where the tokens of some texts stand in the one row."""
        lengths = self.lengths[items]
        ends = np.cumsum(lengths)
        shift = np.repeat(self.ends[items] - ends, lengths)
        return np.arange(int(lengths.sum())) + shift

    def _targets(self, items: NDArray, places: NDArray) -> Tensor | None:
        if self.targets is None:
            return None
        return torch.from_numpy(np.asarray(self.targets)[places if self.by_token else items])

    def _tensor(self, row: NDArray) -> Tensor:
        return torch.from_numpy(row.astype(np.int64))


class TextBatches(Epochs[NDArray, Any]):
    """Batches without end, over the epochs; `once` gives each text once, for measuring.

    lengths: (texts,) tokens of each. make: the batch of some texts, and where the data stands after
    it.
    """

    def __init__(
        self,
        lengths: NDArray[np.int64],
        make: Callable[[NDArray, Position], Any],
        batch_tokens: int,
        seed: int = 0,
    ) -> None:
        self.lengths = lengths
        self.make = make
        self.batch_tokens = batch_tokens
        self.seed = seed

    def once(self) -> Iterator[tuple[NDArray, Any]]:
        """The numbers of some texts, and their batch; longer texts later."""
        for items in by_length(self.lengths, self.batch_tokens):
            yield items, self.make(items, START)

    def _plan(self, epoch: int, pool: int) -> list[NDArray]:
        rng = np.random.default_rng((self.seed, epoch))
        order = rng.permutation(len(self.lengths))
        size = max(1, int(POOL * self.batch_tokens / max(self.lengths.mean(), 1)))
        batches = []
        for begin in range(0, len(order), size):
            near = order[begin : begin + size]
            near = near[np.argsort(self.lengths[near], kind="stable")]
            batches += [near[items] for items in cut(self.lengths[near], self.batch_tokens)]
        return [batches[i] for i in rng.permutation(len(batches))]

    def _make(self, item: NDArray, place: Position, after: Position) -> Any:
        return self.make(item, after)


def by_length(lengths: NDArray[np.int64], budget: int) -> list[NDArray]:
    """All texts, the short ones first, in batches that fit `budget` tokens, or hold one text."""
    order = np.argsort(lengths, kind="stable")
    return [order[items] for items in cut(lengths[order], max(budget, int(lengths.max(initial=1))))]


def _joined(rows: Sequence[NDArray], dtype: type) -> NDArray:
    return np.concatenate([np.empty(0, dtype), *rows]).astype(dtype)
