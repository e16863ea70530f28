"""Batches of so many texts, as per_device_train_batch_size counts them."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from jium.data.batches import START, Position
from jium.data.text_batches import POOL, TextBatch
from jium.errors import DataError


class CountedBatches:
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
        self.position = START
        if not len(self):
            raise DataError("{n} texts do not fill a batch of {size}.", n=n, size=size)

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.n // self.size if self.drop_last else -(-self.n // self.size)

    def go_on(self, position: Sequence[int]) -> None:
        """Begin where `after` of an earlier batch says."""
        self.position = Position(*position)

    def __iter__(self) -> Iterator[TextBatch]:
        epoch, _, start = self.position
        while True:
            plan = self._plan(epoch)
            for number in range(start, len(plan)):
                last = number + 1 == len(plan)
                after = Position(epoch + 1) if last else Position(epoch, 0, number + 1)
                yield self.make(plan[number], after)
            epoch, start = epoch + 1, 0

    def _plan(self, epoch: int) -> list[NDArray[np.int64]]:
        rng = np.random.default_rng((self.seed, epoch))
        order = rng.permutation(self.n) if self.shuffled else np.arange(self.n)
        if self.lengths is None:
            return [order[i * self.size : (i + 1) * self.size] for i in range(len(self))]
        pools = [order[i : i + POOL * self.size] for i in range(0, self.n, POOL * self.size)]
        order = np.concatenate([p[np.argsort(self.lengths[p], kind="stable")] for p in pools])
        plan = [order[i * self.size : (i + 1) * self.size] for i in range(len(self))]
        return [plan[i] for i in rng.permutation(len(plan))]
