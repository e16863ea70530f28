"""What every batch can do, and the order that batches come in: over epochs, an epoch in pools.

A pool is what is shuffled, sorted and cut at a time. Everything in it is a function of (seed,
epoch, pool), so a position is three numbers and going on costs one pool, not the batches before it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Generic, NamedTuple, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.nn.layout import Layout
from jium.nn.rows import Places

Item = TypeVar("Item")
Made = TypeVar("Made")


class Position(NamedTuple):
    """The place of the next batch."""

    epoch: int = 0
    pool: int = 0
    batch: int = 0


START = Position()


class Batch:
    """Tensors that go through a training step together; a frozen dataclass inherits it."""

    def to(self, device: torch.device) -> Self:
        """The same batch on another device."""
        moved = {name: _moved(value, device) for name, value in vars(self).items()}
        return replace(self, **moved)  # type: ignore[type-var]

    def tensors(self) -> dict[str, Tensor]:
        """What to keep of a batch that broke a training step: of a layout the lengths, of rows of a
        table their numbers.
        """
        kept = {}
        for name, value in vars(self).items():
            if isinstance(value, Layout):
                kept[name.replace("layout", "lengths")] = torch.tensor(value.lengths)
            elif isinstance(value, Places):
                kept[name] = value.rows[value.where]
            elif isinstance(value, Tensor | np.ndarray):
                kept[name] = torch.as_tensor(value)
        return kept


class Epochs(ABC, Generic[Item, Made]):
    """Batches without end, beginning at `position`."""

    position: Position = START
    n_pools: int = 1  # of an epoch

    def go_on(self, position: Sequence[int]) -> None:
        """Begin where `after` of an earlier batch says."""
        self.position = Position(*position)

    def __iter__(self) -> Iterator[Made]:
        epoch, pool, start = self.position
        while True:
            plan = self._plan(epoch, pool)
            following = Position(epoch + (pool + 1) // self.n_pools, (pool + 1) % self.n_pools)
            for number in range(start, len(plan)):
                last = number + 1 == len(plan)
                after = following if last else Position(epoch, pool, number + 1)
                batch = self._make(plan[number], Position(epoch, pool, number), after)
                if batch is not None:
                    yield batch
            epoch, pool, start = following

    @abstractmethod
    def _plan(self, epoch: int, pool: int) -> Sequence[Item]:
        """What the batches of a pool are made of, in their order."""

    @abstractmethod
    def _make(self, item: Item, place: Position, after: Position) -> Made | None:
        """The batch that stands at a place; None where nothing is left of it."""


def pools_of(n_rows: int, size: int) -> int:
    """How many pools of at most `size` rows there are."""
    return max(1, -(-n_rows // size))


def pool_rows(n_rows: int, epoch: int, pool: int, n_pools: int) -> NDArray[np.int64]:
    """The rows of a pool: spread over all of the data, and others each epoch."""
    return np.arange((pool + epoch) % n_pools, n_rows, n_pools)


def _moved(value: Any, device: torch.device) -> Any:
    if isinstance(value, dict):
        return {name: _moved(part, device) for name, part in value.items()}
    return value.to(device) if isinstance(value, Tensor | Layout | Places) else value
