"""Textures that styles lay over a picture: noise, strokes, cells, screens.

Each is made once for a size, twice as wide as the picture, so that a picture takes its own part of
it. All come from the raw numbers of one generator, so they are the same everywhere.
"""

from functools import lru_cache

import numpy as np

from jium.data.pillow import Image

Array = np.ndarray


@lru_cache(maxsize=64)
def noise(size: int, cells: int, across: int = 0, seed: int = 0) -> Array:
    """Smooth noise in [-1, 1], (2 size, 2 size), about `cells` bumps a picture.

    across: bumps from left to right, where they differ from those from top to bottom.
    """
    rows, columns = 2 * cells, 2 * (across or cells)
    grid = Image.fromarray(_bytes(rows * columns, seed).reshape(rows, columns))
    smooth = grid.resize((2 * size, 2 * size), Image.Resampling.BICUBIC)
    return _unit(np.asarray(smooth, np.float32))


@lru_cache(maxsize=16)
def strokes(size: int, cells: int, seed: int = 0) -> Array:
    """Noise drawn out along the diagonal, as pencils and crayons leave it; [-1, 1]."""
    n = 2 * size
    field = noise(size, cells, seed=seed)
    length = max(3, size // 10)
    total = sum(np.roll(field, (-step, step), (0, 1)) for step in range(length))
    spread = np.asarray(total, np.float32) / length
    assert spread.shape == (n, n)
    return np.clip(spread * np.float32(length**0.5), -1, 1)


@lru_cache(maxsize=16)
def cells(size: int, n: int, seed: int = 0) -> tuple[Array, Array, Array]:
    """Irregular cells, n x n a picture: of each pixel the cell's number (2 size, 2 size), the row
    and column of the cell's centre less the pixel's own (2, 2 size, 2 size), and 1 where the pixel
    lies on a border, else 0 (2 size, 2 size).
    """
    m, wide = 2 * n, 2 * size
    jitter = _bytes(m * m * 2, seed + 7).reshape(m, m, 2).astype(np.float32) / 255 * 0.8 + 0.1
    rows, columns = np.meshgrid(np.arange(wide), np.arange(wide), indexing="ij")
    here = (np.stack([rows, columns], -1).astype(np.float32) + 0.5) * (np.float32(m) / wide)
    home = here.astype(np.int32)
    nearest = np.full((wide, wide), np.inf, np.float32)
    number, centre = np.zeros((wide, wide), np.int32), np.zeros((wide, wide, 2), np.float32)
    for step in np.ndindex(3, 3):
        cell = np.clip(home + np.array(step, np.int32) - 1, 0, m - 1)
        middle = cell + jitter[cell[..., 0], cell[..., 1]]
        gap = middle - here
        far = gap[..., 0] * gap[..., 0] + gap[..., 1] * gap[..., 1]
        closer = far < nearest
        nearest = np.where(closer, far, nearest)
        number = np.where(closer, cell[..., 0] * m + cell[..., 1], number)
        centre = np.where(closer[..., None], gap, centre)
    border = np.zeros((wide, wide), bool)
    border[:, 1:] |= number[:, 1:] != number[:, :-1]
    border[1:] |= number[1:] != number[:-1]
    offset = np.rint(centre * (np.float32(wide) / m)).astype(np.int32)
    return number, np.ascontiguousarray(offset.transpose(2, 0, 1)), border.astype(np.float32)


@lru_cache(maxsize=16)
def shards(seed: int = 0) -> Array:
    """A number in [-1, 1] for each of many cells, three to a cell: (3, 65536)."""
    numbers = _bytes(65536 * 3, seed + 11).astype(np.float32).reshape(65536, 3)
    return _unit(np.ascontiguousarray(numbers.T))


@lru_cache(maxsize=16)
def screen(size: int, n: int) -> Array:
    """Printing dots on a slant, n a picture: [-1, 1], highest in the middle of a dot."""
    period = size / n
    places = np.arange(2 * size, dtype=np.float32) + 0.5
    rows, columns = np.meshgrid(places, places, indexing="ij")
    u, v = (rows + columns) / np.float32(period), (rows - columns) / np.float32(period)
    u, v = np.abs(u % 1 - np.float32(0.5)), np.abs(v % 1 - np.float32(0.5))
    return np.float32(1) - 4 * np.sqrt(u * u + v * v)


@lru_cache(maxsize=16)
def from_edges(size: int) -> Array:
    """How far pixels are from the border of the picture, as shares of it: (size, size)."""
    places = (np.arange(size, dtype=np.float32) + 0.5) / size
    near = np.minimum(places, 1 - places)
    return np.minimum(near[:, None], near[None, :])


@lru_cache(maxsize=16)
def downwards(size: int) -> Array:
    """0 at the top to 1 at the bottom: (size, 1)."""
    return ((np.arange(size, dtype=np.float32) + 0.5) / size)[:, None]


@lru_cache(maxsize=16)
def places(size: int) -> tuple[Array, Array]:
    """Row and column of each pixel: two of (size, size)."""
    rows, columns = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    return rows, columns


def _bytes(n: int, seed: int) -> Array:
    raw = np.random.PCG64(seed).random_raw(n // 8 + 1)
    return raw.astype("<u8").view(np.uint8)[:n]


def _unit(values: Array) -> Array:
    return values / np.float32(127.5) - 1
