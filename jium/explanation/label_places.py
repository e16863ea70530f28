"""Where labels go beside their points so that none covers another: greedy, first come first served.

A label that finds no room is left out; its point stays. After Imhof's order of places (1975): right
and above first.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Place = tuple[float, float] | None
# Where the box's corner lies from the point: (share of width, of height, gap to the side, above).
_AROUND = (
    (0.0, -0.5, 1, 0),  # right
    (-1.0, -0.5, -1, 0),  # left
    (-0.5, 0.0, 0, 1),  # above
    (-0.5, -1.0, 0, -1),  # below
    (0.0, 0.0, 0.7, 0.7),
    (-1.0, 0.0, -0.7, 0.7),
    (0.0, -1.0, 0.7, -0.7),
    (-1.0, -1.0, -0.7, -0.7),
)


def place(
    points: NDArray,
    sizes: Sequence[tuple[float, float]],
    gap: float,
    frame: tuple[float, float],
    covered: int = 0,
) -> list[Place]:
    """The lower left corner of each label, or None where it has no room.

    points: (points, 2), in pixels, y upwards; the first have labels of `sizes` (width, height).
    gap: between a point's centre and its label. frame: (width, height) that labels stay within.
    covered: how many points a label may cover.
    """
    taken = np.empty((len(sizes), 4))  # left, bottom, right, top
    count, found = 0, []
    for (x, y), (width, height) in zip(points.tolist(), sizes, strict=False):
        corner = None
        for across, up, aside, above in _AROUND:
            left = x + across * width + aside * gap
            bottom = y + up * height + above * gap
            box = (left, bottom, left + width, bottom + height)
            if _inside(box, frame) and _free(box, taken[:count], points, gap * 0.6, covered):
                taken[count], corner = box, (left, bottom)
                count += 1
                break
        found.append(corner)
    return found


def _inside(box: tuple[float, float, float, float], frame: tuple[float, float]) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= frame[0] and box[3] <= frame[1]


def _free(
    box: tuple[float, float, float, float],
    taken: NDArray,
    points: NDArray,
    radius: float,
    covered: int,
) -> bool:
    """Whether a box covers no other label, and no more points of that radius than it may."""
    left, bottom, right, top = box
    crosses = (taken[:, 0] < right) & (left < taken[:, 2]) & (taken[:, 1] < top)
    if (crosses & (bottom < taken[:, 3])).any():
        return False
    x, y = points[:, 0], points[:, 1]
    covers = (x > left - radius) & (x < right + radius) & (y > bottom - radius)
    return int((covers & (y < top + radius)).sum()) <= covered
