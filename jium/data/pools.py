"""An epoch in pools: what is shuffled, sorted and cut at a time, whatever the data are.

Everything in a pool is a function of (seed, epoch, pool), so a position is three numbers and going
on costs one pool, not the batches before it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from jium.data.batches import Position

Item = TypeVar("Item")
Batch = TypeVar("Batch")


def pooled(
    n_rows: int,
    pool_rows: int,
    position: Position,
    plan: Callable[[NDArray, int, int], Sequence[Item]],
    make: Callable[[Item, Position, Position], Batch],
) -> Iterator[Batch]:
    """Batches without end, over the epochs, beginning at `position`.

    plan: of the rows of a pool, its epoch and its number, what its batches are made of, in their
    order; make: the batch of one, of its place and the place after it.
    """
    epoch, pool, start = position
    n_pools = max(1, -(-n_rows // pool_rows))
    while True:
        items = plan(np.arange((pool + epoch) % n_pools, n_rows, n_pools), epoch, pool)
        following = Position(epoch + (pool + 1) // n_pools, (pool + 1) % n_pools)
        for number in range(start, len(items)):
            last = number + 1 == len(items)
            after = following if last else Position(epoch, pool, number + 1)
            yield make(items[number], Position(epoch, pool, number), after)
        epoch, pool, start = following
