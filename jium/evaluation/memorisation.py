"""Whether drawn pictures are new: the nearest training picture of each, in features and in pixels.

A picture counts as copied where its nearest training picture is as near as only one in twenty
training pictures has another one. Of pictures that were never trained on (the test split) so many
count by chance or because the data holds near copies; that share stands beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jium.data.images import Pictures
from jium.data.pillow import Image
from jium.errors import DataError
from jium.evaluation.picture_coverage import distances

NEAR = 0.05  # share of the training pictures that have a nearer one than this
ASKED = 500  # training pictures, drawn, whose nearest other one says what is near
PART = 512  # training pictures at a time
Vectors = Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.floating]]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Nearest:
    """The nearest training picture of each of some pictures: its row, and how far it is."""

    rows: NDArray[np.int64]
    distances: Floats


@dataclass(frozen=True)
class Memory:
    """What was found of drawn pictures and of those never trained on. near: distances up to it."""

    made: Nearest
    fresh: Nearest
    near: float

    @property
    def copied(self) -> NDArray[np.bool_]:
        """Whether each drawn picture counts as copied."""
        return self.made.distances <= self.near

    @property
    def expected(self) -> float:
        """The share of pictures never trained on that counts as copied."""
        return float((self.fresh.distances <= self.near).mean())


def memory(
    vectors: Vectors,
    made: Sequence[NDArray[np.uint8]],
    fresh: Sequence[NDArray[np.uint8]],
    train: Pictures,
    most: int | None = None,
    seed: int = 0,
) -> Memory:
    """Look for drawn pictures, and for ones never trained on, among the training pictures.

    vectors: pictures to (pictures, dim), such as features or `pixels`. most: so many training
    pictures, drawn by `seed`; None: all. Training pictures are read some at a time, so memory stays
    flat. Raises DataError for fewer than two of them.
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(train))[:most])
    if len(rows) < 2:
        raise DataError("{n} training pictures: two are needed to tell near from far.", n=len(rows))
    asked = rng.permutation(rows)[:ASKED]
    wanted = [*made, *fresh, *(train.image(row) for row in asked.tolist())]
    own = np.concatenate([np.full(len(made) + len(fresh), -1), asked])
    found = nearest(vectors, vectors(wanted), train, rows, own)
    ends = np.cumsum([len(made), len(fresh)])
    parts = [
        Nearest(*pair)
        for pair in zip(np.split(found.rows, ends), np.split(found.distances, ends), strict=True)
    ]
    return Memory(parts[0], parts[1], float(np.quantile(parts[2].distances, NEAR)))


def nearest(
    vectors: Vectors,
    wanted: NDArray[np.floating],
    train: Pictures,
    rows: NDArray[np.int64],
    own: NDArray[np.int64],
) -> Nearest:
    """The nearest of some rows of `train` to each of `wanted`, (pictures, dim); never the row that
    `own` names, which is the picture itself (-1: none).
    """
    best, least = np.full(len(wanted), -1), np.full(len(wanted), np.inf)
    for start in range(0, len(rows), PART):
        part = rows[start : start + PART]
        apart = distances(wanted, vectors([train.image(row) for row in part.tolist()]))
        apart[own[:, None] == part] = np.inf
        place = apart.argmin(1)
        found = apart[np.arange(len(wanted)), place]
        best = np.where(found < least, part[place], best)
        least = np.minimum(found, least)
    return Nearest(best, least)


def pixels(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Pictures of one size as they are, (pictures, values): the distance of two is the root of the
    mean square difference in 255ths.
    """
    flat = np.stack([np.asarray(picture).reshape(-1) for picture in pictures]).astype(np.float32)
    return flat / flat.shape[1] ** 0.5


def pairs(
    made: Sequence[NDArray[np.uint8]], found: Nearest, train: Pictures, most: int = 12
) -> list[Image.Image]:
    """Drawn pictures, the nearest first, and below each its training picture: two rows."""
    order = np.argsort(found.distances, kind="stable")[:most].tolist()
    above = [np.asarray(made[i]) for i in order]
    below = [train.image(int(found.rows[i])) for i in order]
    return [Image.fromarray(picture) for picture in above + below]
