"""A ring of Gaussians: the smallest data on which a GAN shows whether it forgets modes.

Eight narrow Gaussians on a circle, as in figure 2 of Metz et al. (2017),
https://arxiv.org/abs/1611.02163. What is true of it is known, so coverage can be counted.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from jium.config import config
from jium.data.epochs import Batch
from jium.ranges import above_zero

NEAR = 3.0  # standard deviations: nearer to a mode than that, a point belongs to it


@config
class Ring:
    """Modes on a circle around the origin, all alike in weight."""

    n_modes: int = 8
    radius: float = 1.0
    std: float = 0.05  # of each mode, in both directions

    def __post_init__(self) -> None:
        above_zero(n_modes=self.n_modes, radius=self.radius, std=self.std)

    def centres(self) -> Tensor:
        """(n_modes, 2)."""
        angles = 2 * math.pi * torch.arange(self.n_modes) / self.n_modes
        return self.radius * torch.stack((angles.cos(), angles.sin()), -1)

    def draw(self, n: int, seed: int = 0) -> Tensor:
        """`n` points, (n, 2); the same for the same seed."""
        random = np.random.default_rng(seed)
        modes = torch.from_numpy(random.integers(self.n_modes, size=n))
        noise = torch.from_numpy(random.standard_normal((n, 2), np.float32))
        return self.centres()[modes] + self.std * noise

    def covered(self, points: Tensor, share: float = 0.5) -> tuple[int, float]:
        """How many modes `points`, (n, 2), cover, and the part of the points that lie in one.

        share: a mode is covered that has at least this share of the points that are its due. Less
        would be too easy: points all along the circle give each of the usual eight modes 0.38.
        """
        far, mode = torch.cdist(points.float(), self.centres()).min(1)
        inside = far < NEAR * self.std
        counts = torch.bincount(mode[inside], minlength=self.n_modes)
        wanted = share * len(points) / self.n_modes
        return int((counts >= wanted).sum()), float(inside.float().mean())


@dataclass(frozen=True)
class PointBatch(Batch):
    """Points, (n, 2). after: the number of the next batch."""

    points: Tensor
    after: int = 0

    @property
    def n_tokens(self) -> int:
        """How many points."""
        return len(self.points)


class RingBatches:
    """Batches of a ring without end, each a function of seed and number."""

    def __init__(self, ring: Ring, batch_size: int, seed: int = 0) -> None:
        self.ring, self.batch_size, self.seed = ring, batch_size, seed
        self.number = 0

    def __iter__(self) -> Iterator[PointBatch]:
        number = self.number
        while True:
            seed = int(np.random.SeedSequence((self.seed, number)).generate_state(1)[0])
            number += 1
            yield PointBatch(self.ring.draw(self.batch_size, seed), number)

    def go_on(self, position: Any) -> None:
        """Begin where `after` of an earlier batch says."""
        self.number = int(position)
