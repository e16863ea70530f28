"""What some styles draw themselves, behind the things and at the edges of the picture: bands of
dancheong, peonies, a frame of gold. Materials are ORNAMENT and those after it.
"""

from random import Random

from jium.data.scenes.materials import ORNAMENT
from jium.data.scenes.pen import Pen
from jium.data.scenes.world import between, pick

A, B, C, D, E = (ORNAMENT + i for i in range(5))


def dancheong(pen: Pen, rng: Random) -> None:
    """Bands under the eaves of a palace: stripes in the five colours, and a row of lotus heads."""
    for top, inward in ((0.0, 1), (1.0, -1)):
        for start, end, colour in (
            (0, 0.085, A),
            (0.085, 0.10, E),
            (0.10, 0.122, B),
            (0.122, 0.142, C),
        ):
            low, high = sorted((top + inward * start, top + inward * end))
            pen.box(0, low, 1, high, colour)
        y = top + inward * 0.002
        for i in range(7):
            _lotus(pen, (i + 0.5) / 7, y, inward)
    for left in (0.0, 0.965):
        pen.box(left, 0.142, left + 0.035, 0.858, A)
        for i in range(8):
            pen.box(left, 0.16 + i * 0.09, left + 0.035, 0.19 + i * 0.09, (D, C)[i % 2])


def _lotus(pen: Pen, x: float, y: float, inward: int) -> None:
    for radius, colour in ((0.070, E), (0.060, B), (0.047, C), (0.030, D)):
        pen.disc(x, y, radius, colour)


def peonies(pen: Pen, rng: Random) -> None:
    """Peonies in the lower corners, clouds of good omen above: a folk painting's frame."""
    for x, y in ((0.07, 0.92), (0.93, 0.92)):
        for dx, dy in ((0.11, 0.03), (-0.06, -0.11), (0.05, -0.10)):
            pen.disc(x + dx * (1 if x < 0.5 else -1), y + dy, 0.05, C, 0.035)
        for dx, dy in ((0.055, 0), (-0.055, 0), (0, 0.055), (0, -0.055)):
            pen.disc(x + dx, y + dy, 0.052, A)
        pen.disc(x, y, 0.058, B)
        pen.disc(x, y, 0.024, D)
    side = pick(rng, [0.0, 1.0])
    lean = 1 if side == 0.0 else -1
    pen.outline([(side, 0.0), (side + lean * 0.34, 0.05), (side, 0.10)], E)
    for i in range(3):
        x, y = side + lean * (0.06 + 0.12 * i), 0.06 + 0.02 * (i % 2)
        pen.disc(x, y, 0.085 - 0.015 * i, C, 0.05)


def medallions(pen: Pen, rng: Random) -> None:
    """Round inlays in white and black, in the corners and along a band."""
    for x, y in ((0.085, 0.09), (0.915, 0.09), (0.085, 0.91), (0.915, 0.91)):
        for radius, colour in ((0.075, B), (0.066, A), (0.050, B)):
            pen.disc(x, y, radius, colour)
        for dx, dy in ((0.022, 0), (-0.022, 0), (0, 0.022), (0, -0.022)):
            pen.disc(x + dx, y + dy, 0.014, A)
    for y in (0.0, 0.985):
        pen.box(0, y, 1, y + 0.015, A)


def gold_frame(pen: Pen, rng: Random) -> None:
    """A thin double line of gold wire around a lacquer box."""
    for inset, colour in ((0.018, A), (0.056, B)):
        far, thick = 1 - inset, 0.014
        pen.box(inset, inset, far, inset + thick, colour)
        pen.box(inset, far - thick, far, far, colour)
        pen.box(inset, inset, inset + thick, far, colour)
        pen.box(far - thick, inset, far, far, colour)
    for x, y in ((0.044, 0.044), (0.956, 0.044), (0.044, 0.956), (0.956, 0.956)):
        pen.disc(x, y, 0.034, A)


def cartouche(pen: Pen, rng: Random) -> None:
    """A red title slip in an upper corner, and a dark band of sky above all."""
    pen.box(0, 0, 1, 0.05, C)
    left = pick(rng, [0.045, 0.865])
    pen.box(left, 0.075, left + 0.09, 0.30, A)
    for i in range(3):
        y = 0.10 + i * 0.062
        pen.box(left + 0.025, y, left + 0.065, y + 0.016, B)
        pen.box(left + 0.038, y, left + 0.052, y + between(rng, 0.03, 0.045), B)
