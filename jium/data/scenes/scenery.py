"""What is drawn behind things: a function for each setting, from far to near.

The numbers below are places in the `scenery` of a Light, which gives them their colours.
"""

from random import Random

from jium.data.scenes.materials import SCENERY
from jium.data.scenes.pen import Pen
from jium.data.scenes.world import between, pick

FAR, MID, NEAR, CAP, TRUNK, GLOW, CLOUD, FIRST, SECOND, THIRD, EDGE = range(11)


def plain(pen: Pen, rng: Random) -> None:
    pen.disc(0.5, 0.52, between(rng, 0.40, 0.46), SCENERY + FAR)


def space(pen: Pen, rng: Random) -> None:
    pen.scatter(rng, 22, 0.0, 1.0, 0.007, CAP, GLOW)
    for _ in range(3):
        _twinkle(pen, rng.random(), between(rng, 0.04, 0.9), between(rng, 0.03, 0.05))
    left = rng.random() < 0.5
    x, y, r = (0.17 if left else 0.83), between(rng, 0.15, 0.22), between(rng, 0.10, 0.14)
    ring = [(x + a * r, y + b * r) for a, b in _RING]
    pen.outline(ring, SCENERY + THIRD)
    pen.disc(x, y, r, SCENERY + FIRST)
    pen.disc(x - r * 0.25, y - r * 0.25, r * 0.55, SCENERY + SECOND)
    pen.outline([(x + a * r, y + b * r) for a, b in _FRONT], SCENERY + THIRD)
    top = between(rng, 0.86, 0.92)
    pen.disc(between(rng, 0.3, 0.7), top + 1.2, 1.2, SCENERY + MID)
    for _ in range(4):
        pen.disc(rng.random(), between(rng, top + 0.05, 1.0), 0.05, SCENERY + FAR, 0.016)


def _twinkle(pen: Pen, x: float, y: float, r: float) -> None:
    pen.outline([(x + a * r, y + b * r) for a, b in _SPARK], SCENERY + CAP)


_SPARK = [
    (0, -1),
    (0.16, -0.16),
    (1, 0),
    (0.16, 0.16),
    (0, 1),
    (-0.16, 0.16),
    (-1, 0),
    (-0.16, -0.16),
]
_RING = [
    *[(-1.8, 0.56), (-1.6, 0.3), (-1.0, 0.08), (1.0, -0.36), (1.6, -0.42), (1.8, -0.34)],
    *[(1.6, -0.12), (0.95, 0.18), (-0.8, 0.56), (-1.5, 0.66)],
]
_FRONT = [(-1.1, 0.36), (1.1, -0.16), (1.0, 0.12), (0.2, 0.36), (-0.8, 0.54)]


def sea(pen: Pen, rng: Random) -> None:
    x = pick(rng, [0.16, 0.84])
    pen.disc(x, between(rng, 0.14, 0.22), 0.085, SCENERY + GLOW)
    pen.cloud(rng, 1 - x, between(rng, 0.12, 0.2), 0.09, SCENERY + CLOUD)
    pen.outline([(x - 0.26, 0.5), (x - 0.1, 0.43), (x + 0.04, 0.40), (x + 0.2, 0.5)], SCENERY + FAR)
    for row in range(5):
        y, n = 0.55 + row * 0.095, 5 - row // 2
        shift = rng.random()
        for i in range(n):
            _crest(pen, ((i + shift) / n) % 1.0, y, 0.045 + 0.018 * row, 0.008 + 0.0035 * row)


def _crest(pen: Pen, x: float, y: float, half: float, thick: float) -> None:
    """The white line of a wave."""
    bend = thick * 1.6
    above = [
        (x - half, y + bend),
        (x - half / 2, y),
        (x, y + bend),
        (x + half / 2, y),
        (x + half, y + bend),
    ]
    pen.outline(above + [(px, py + thick) for px, py in reversed(above)], SCENERY + CAP)


def forest(pen: Pen, rng: Random) -> None:
    pen.hills(rng, 0.52, 0.03, SCENERY + FAR)
    for i in range(8):
        _conifer(
            pen, (i + rng.random()) / 8, between(rng, 0.66, 0.70), between(rng, 0.28, 0.42), MID
        )
    pen.hills(rng, 0.74, 0.012, SCENERY + SECOND)
    for x in (between(rng, -0.01, 0.08), between(rng, 0.92, 1.01)):
        height = between(rng, 0.62, 0.8)
        pen.box(x - 0.03, 0.6, x + 0.03, 0.93, SCENERY + TRUNK)
        _conifer(pen, x, 0.88, height, NEAR)
    pen.scatter(rng, 7, 0.84, 0.98, 0.012, FIRST, THIRD)


def _conifer(pen: Pen, x: float, foot: float, height: float, which: int) -> None:
    w = height * 0.24
    pen.outline(
        [(x + dx * w, foot - dy * height) for dx, dy in _NEEDLES],
        SCENERY + which,
    )


_NEEDLES = [
    *[(0, 1), (0.5, 0.66), (0.3, 0.66), (0.78, 0.36), (0.5, 0.36), (1, 0)],
    *[(-1, 0), (-0.5, 0.36), (-0.78, 0.36), (-0.3, 0.66), (-0.5, 0.66)],
]


def city(pen: Pen, rng: Random) -> None:
    x = -0.02
    while x < 1:  # far towers
        width = between(rng, 0.08, 0.15)
        pen.box(x, between(rng, 0.26, 0.5), x + width, 0.82, SCENERY + FAR)
        x += width + 0.01
    x = between(rng, -0.08, 0.0)
    while x < 1:
        width, top = between(rng, 0.13, 0.20), between(rng, 0.34, 0.62)
        _tower(pen, rng, x, top, width, pick(rng, [MID, NEAR]))
        x += width + between(rng, 0.01, 0.05)
    pen.box(0, 0.82, 1, 1, SCENERY + EDGE)
    pen.box(0, 0.82, 1, 0.845, SCENERY + THIRD)
    for i in range(5):
        pen.box(0.04 + i * 0.21, 0.915, 0.14 + i * 0.21, 0.935, SCENERY + CAP)


def _tower(pen: Pen, rng: Random, x: float, top: float, width: float, which: int) -> None:
    pen.box(x, top, x + width, 0.82, SCENERY + which)
    step = width / 3
    for row in range(int((0.78 - top) / 0.075)):
        lit = int(rng.random() * 8)
        for column in range(3):
            left, y = x + step * (column + 0.25), top + 0.035 + row * 0.075
            shade = SCENERY + (GLOW if lit >> column & 1 else TRUNK)
            pen.box(left, y, left + step * 0.5, y + 0.038, shade)


def desert(pen: Pen, rng: Random) -> None:
    x = pick(rng, [0.2, 0.8])
    pen.disc(x, between(rng, 0.16, 0.24), 0.10, SCENERY + GLOW)
    at, size = 1 - x + between(rng, -0.06, 0.06), between(rng, 0.16, 0.22)
    pen.outline([(at - size, 0.64), (at, 0.64 - size), (at + size, 0.64)], SCENERY + MID)
    pen.outline([(at + size * 0.3, 0.64), (at, 0.64 - size), (at + size, 0.64)], SCENERY + THIRD)
    pen.hills(rng, 0.64, 0.025, SCENERY + FAR, 2)
    pen.hills(rng, 0.74, 0.04, SCENERY + FIRST, 2)
    pen.hills(rng, 0.88, 0.035, SCENERY + SECOND, 1)
    _cactus(pen, pick(rng, [0.07, 0.93]), between(rng, 0.70, 0.76), between(rng, 0.2, 0.26))


def _cactus(pen: Pen, x: float, foot: float, h: float) -> None:
    w = h * 0.14
    for dx, top, bottom in ((0.0, 1.0, 0.0), (-0.34, 0.78, 0.42), (0.34, 0.66, 0.30)):
        left = x + dx * h - w
        pen.box(left, foot - top * h + w, left + 2 * w, foot - bottom * h, SCENERY + NEAR)
        pen.disc(left + w, foot - top * h + w, w, SCENERY + NEAR)
    pen.box(x - 0.34 * h - w, foot - 0.52 * h, x, foot - 0.40 * h, SCENERY + NEAR)
    pen.box(x, foot - 0.40 * h, x + 0.34 * h + w, foot - 0.28 * h, SCENERY + NEAR)


def snow(pen: Pen, rng: Random) -> None:
    pen.hills(rng, 0.58, 0.03, SCENERY + FAR, 2)
    for side in (0.0, 0.74):
        for i in range(2):
            x, foot = side + (i + rng.random()) * 0.13, between(rng, 0.68, 0.74)
            height = between(rng, 0.26, 0.4)
            _conifer(pen, x, foot, height, MID)
            w = height * 0.24
            caps = [(0, 1.03), (0.42, 0.72), (0.1, 0.76), (-0.18, 0.7), (-0.42, 0.72)]
            pen.outline([(x + a * w, foot - b * height) for a, b in caps], SCENERY + CAP)
    pen.hills(rng, 0.72, 0.02, SCENERY + SECOND, 2)
    pen.hills(rng, 0.86, 0.02, SCENERY + CAP, 1)
    pen.scatter(rng, 26, 0.0, 1.0, 0.013, CAP)


def mountain(pen: Pen, rng: Random) -> None:
    pen.disc(pick(rng, [0.12, 0.88]), 0.13, 0.06, SCENERY + GLOW)
    for i in range(4):
        _peak(
            pen,
            (i + rng.random()) / 4,
            between(rng, 0.24, 0.36),
            between(rng, 0.22, 0.3),
            FAR,
            False,
        )
    for x in (between(rng, 0.06, 0.2), between(rng, 0.42, 0.58), between(rng, 0.8, 0.94)):
        _peak(pen, x, between(rng, 0.10, 0.26), between(rng, 0.26, 0.34), MID, True)
    pen.box(0, 0.66, 1, 0.71, SCENERY + CLOUD)
    pen.hills(rng, 0.74, 0.02, SCENERY + NEAR, 3)
    pen.hills(rng, 0.86, 0.02, SCENERY + SECOND, 2)


def _peak(pen: Pen, x: float, top: float, half: float, which: int, capped: bool) -> None:
    foot = 0.78
    pen.outline([(x - half, foot), (x, top), (x + half, foot)], SCENERY + which)
    pen.outline(
        [(x + half * 0.16, foot), (x, top), (x + half, foot)],
        SCENERY + (THIRD if capped else which),
    )
    if capped:
        h = foot - top
        cap = [
            (0, 0),
            (0.32, 0.32),
            (0.16, 0.26),
            (0.06, 0.38),
            (-0.08, 0.26),
            (-0.2, 0.36),
            (-0.32, 0.32),
        ]
        pen.outline([(x + a * half, top + b * h) for a, b in cap], SCENERY + CAP)


def meadow(pen: Pen, rng: Random) -> None:
    x = pick(rng, [0.13, 0.87])
    pen.disc(x, 0.14, 0.08, SCENERY + GLOW)
    pen.cloud(rng, 1 - x, between(rng, 0.11, 0.18), 0.085, SCENERY + CLOUD)
    pen.cloud(rng, between(rng, 0.4, 0.6), between(rng, 0.24, 0.3), 0.055, SCENERY + CLOUD)
    pen.hills(rng, 0.60, 0.045, SCENERY + FAR, 2)
    pen.hills(rng, 0.68, 0.03, SCENERY + MID, 2)
    pen.hills(rng, 0.80, 0.025, SCENERY + NEAR, 1)
    for row, (y, r) in enumerate(((0.74, 0.010), (0.86, 0.015), (0.95, 0.020))):
        pen.scatter(rng, 7 - row, y - 0.03, y + 0.03, r, FIRST, SECOND, THIRD)
