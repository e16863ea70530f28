"""Batches of so many texts, as per_device_train_batch_size counts them, read from data sets once or
through a collator.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.data.epochs import Epochs, Position
from jium.data.text_batches import POOL, TextBatch
from jium.errors import DataError
from jium.training.familiar.rows import FOR_MODELS, Example, RowReader, find_columns

Collator = Callable[[list[Any]], Mapping[str, Any]]
Fetch = Callable[[NDArray[np.int64]], list[Example]]  # some texts of a data set, by number


class CountedBatches(Epochs[NDArray[np.int64], TextBatch]):
    """Batches of `size` texts without end, over the epochs; the order is a function of (seed,
    epoch). make: the batch of some texts, and where the data stands after it.

    lengths: (texts,), where texts of like length are to stand together.
    """

    def __init__(
        self,
        n: int,
        size: int,
        make: Callable[[NDArray[np.int64], Position], TextBatch],
        seed: int = 0,
        shuffled: bool = True,
        lengths: NDArray[np.int64] | None = None,
        drop_last: bool = False,
    ) -> None:
        self.n = n
        self.size = size
        self.make = make
        self.seed = seed
        self.shuffled = shuffled
        self.lengths = lengths
        self.drop_last = drop_last
        if not len(self):
            raise DataError("{n} texts do not fill a batch of {size}.", n=n, size=size)

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.n // self.size if self.drop_last else -(-self.n // self.size)

    def _plan(self, epoch: int, pool: int) -> list[NDArray[np.int64]]:
        rng = np.random.default_rng((self.seed, epoch))
        order = rng.permutation(self.n) if self.shuffled else np.arange(self.n)
        if self.lengths is None:
            return [order[i * self.size : (i + 1) * self.size] for i in range(len(self))]
        pools = [order[i : i + POOL * self.size] for i in range(0, self.n, POOL * self.size)]
        order = np.concatenate([p[np.argsort(self.lengths[p], kind="stable")] for p in pools])
        plan = [order[i * self.size : (i + 1) * self.size] for i in range(len(self))]
        return [plan[i] for i in rng.permutation(len(plan))]

    def _make(self, item: NDArray[np.int64], place: Position, after: Position) -> TextBatch:
        return self.make(item, after)


@dataclass
class Supply:
    """Gives texts of data sets by number. own: data sets that are kept, once read.

    collate: pads rows; None where they are read as they are. keep_all: whether it is given what no
    model takes, too.
    """

    reader: RowReader
    collate: Collator | None
    keep_all: bool
    own: list[Any]
    known: list[tuple[Any, Fetch]] = field(default_factory=list)

    def fetch(self, dataset: Any) -> Fetch:
        """What gives some texts of a data set."""
        for known, fetch in self.known:
            if known is dataset:
                return fetch
        fetch = self._read(dataset) if self.collate is None else self._collated(dataset)
        if any(dataset is one for one in self.own):
            self.known.append((dataset, fetch))
        return fetch

    def once(self, dataset: Any, size: int) -> Iterator[tuple[NDArray[np.int64], list[Example]]]:
        """Every text once, texts of like length together where there is no collator."""
        fetch = self.fetch(dataset)
        order = np.arange(len(dataset))
        if self.collate is None:
            order = np.argsort(lengths(fetch, len(dataset)), kind="stable")
        for start in range(0, len(order), size):
            items = order[start : start + size]
            yield items, fetch(items)

    def _read(self, dataset: Any) -> Fetch:
        examples = self.reader.read(dataset)
        return lambda items: [examples[i] for i in items]

    def _collated(self, dataset: Any) -> Fetch:
        """Through the collator, and without the padding again."""
        find_columns(dataset)
        collate = self.collate
        assert collate is not None

        def row(number: int) -> dict[str, Any]:
            found = dataset[number].items()
            return {name: v for name, v in found if self.keep_all or name in FOR_MODELS}

        return lambda items: self.reader.collated(collate([row(int(i)) for i in items]))


def lengths(fetch: Fetch, n: int) -> NDArray[np.int64]:
    """(texts,) tokens of each text of a data set."""
    return np.array([len(fetch(np.array([i]))[0].ids) for i in range(n)], np.int64)
