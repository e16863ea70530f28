"""Perceptual hashes: 64 bits that stay nearly the same when a picture is scaled or saved anew.

Two pictures are near duplicates where few bits differ. Two hashes are kept apart: one of gradients,
one of low frequencies; what both call alike seldom is not.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from jium.errors import require

GRADIENT_BITS = 3  # of 64 that may differ; up to 3 all pairs are found
FREQUENCY_BITS = 8
FLAT = 2.0  # standard deviation of the grey values below which a picture shows nothing to hash
BANDS = 4


def pixel_hash(image: NDArray[np.uint8]) -> int:
    """A number in [1, 2**64) for exactly these pixels."""
    shape = np.array(image.shape, np.int64).tobytes()
    digest = blake2b(shape + np.ascontiguousarray(image).tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


def gradient_hash(image: NDArray[np.uint8]) -> int:
    """dHash: whether each place of a 9 x 8 picture is darker than the next (Krawetz, 2013)."""
    grey = _grey(image, 9, 8)
    return _number(grey[:, 1:] > grey[:, :-1])


def frequency_hash(image: NDArray[np.uint8]) -> int:
    """pHash: which of the 64 lowest frequencies of a 32 x 32 picture exceed their median (Zauner,
    2010, "Implementation and benchmarking of perceptual image hash functions", section 3.2.1).
    """
    waves = _cosines(32)
    low = (waves @ _grey(image, 32, 32) @ waves.T)[:8, :8]
    return _number(low > np.median(low.ravel()[1:]))


def is_flat(image: NDArray[np.uint8]) -> bool:
    """Whether a picture has nothing to hash: one colour all over."""
    return bool(_grey(image, 32, 32).std() < FLAT)


def near_pairs(
    gradients: NDArray[np.uint64],
    frequencies: NDArray[np.uint64],
    gradient_bits: int = GRADIENT_BITS,
    frequency_bits: int = FREQUENCY_BITS,
) -> Iterator[tuple[int, int]]:
    """Every pair of pictures, (first, second), with both hashes near.

    Two hashes that differ in 3 bits or fewer agree on one of four 16-bit bands, so only pictures
    that share a band are compared. Raises ValueError for more bits: pairs would be missed.
    """
    if not 0 <= gradient_bits < BANDS:
        raise ValueError(f"gradient_bits must be 0 to {BANDS - 1}; got {gradient_bits}")
    known: set[tuple[int, int]] = set()
    for band in range(BANDS):
        shift = np.uint64(16 * band)
        keys = (gradients >> shift) & np.uint64(0xFFFF)
        order = np.argsort(keys, kind="stable")
        cuts = np.flatnonzero(np.diff(keys[order])) + 1
        for group in np.split(order, cuts):
            for place, one in enumerate(group[:-1].tolist()):
                others = group[place + 1 :]
                near = np.bitwise_count(gradients[others] ^ gradients[one]) <= gradient_bits
                near &= np.bitwise_count(frequencies[others] ^ frequencies[one]) <= frequency_bits
                known.update((one, other) for other in others[near].tolist())
    yield from sorted((min(pair), max(pair)) for pair in known)


def groups_of(pairs: Sequence[tuple[int, int]], n: int) -> list[list[int]]:
    """Pictures that hang together by pairs, the larger groups first; lone ones are left out."""
    parent = list(range(n))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for one, other in pairs:
        parent[root(other)] = root(one)
    groups: dict[int, list[int]] = {}
    for item in sorted({item for pair in pairs for item in pair}):
        groups.setdefault(root(item), []).append(item)
    return sorted(groups.values(), key=lambda group: (-len(group), group))


def _grey(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float64]:
    pillow = require("PIL.Image", "pictures")
    grey = pillow.fromarray(image).convert("L").resize((width, height), pillow.Resampling.LANCZOS)
    return np.asarray(grey, np.float64)


def _number(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")


@cache
def _cosines(size: int) -> NDArray[np.float64]:
    """The waves of the discrete cosine transform (DCT-II), one a row."""
    places = (np.arange(size) + 0.5) * np.pi / size
    return np.cos(np.arange(size)[:, None] * places)
