"""Where scenes take place: what is drawn behind the things, and in which colours.

Each setting is a horizon, a few sets of colours (times of day) and a function that draws scenery.
Backgrounds are paler or darker than things, and never as bright in colour, so that things stand
out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from jium.data.scenes.colours import Rgb
from jium.data.scenes.materials import SCENERY
from jium.data.scenes.pen import Pen
from jium.data.scenes.world import between, pick

# Sceneries, as every setting uses them.
FAR, MID, NEAR, CAP, TRUNK, GLOW, CLOUD, FIRST, SECOND, THIRD, EDGE = range(11)


@dataclass(frozen=True)
class Light:
    """Colours of a setting at some time: sky from the top down, ground from afar, sceneries."""

    sky: tuple[Rgb, Rgb]
    ground: tuple[Rgb, Rgb]
    scenery: tuple[Rgb, ...]  # FAR, MID, NEAR, CAP, TRUNK, GLOW, CLOUD, FIRST, SECOND, THIRD, EDGE


@dataclass(frozen=True)
class Setting:
    horizon: float
    lights: tuple[Light, ...]
    scenery: Callable[[Pen, Random], None]
    standing: bool = True  # things near the ground throw a shadow on it


# ---------------------------------------------------------------- scenery


def _plain(pen: Pen, rng: Random) -> None:
    pen.disc(0.5, 0.52, between(rng, 0.40, 0.46), SCENERY + FAR)


def _space(pen: Pen, rng: Random) -> None:
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


def _sea(pen: Pen, rng: Random) -> None:
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


def _forest(pen: Pen, rng: Random) -> None:
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


def _city(pen: Pen, rng: Random) -> None:
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


def _desert(pen: Pen, rng: Random) -> None:
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


def _snow(pen: Pen, rng: Random) -> None:
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


def _mountain(pen: Pen, rng: Random) -> None:
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


def _meadow(pen: Pen, rng: Random) -> None:
    x = pick(rng, [0.13, 0.87])
    pen.disc(x, 0.14, 0.08, SCENERY + GLOW)
    pen.cloud(rng, 1 - x, between(rng, 0.11, 0.18), 0.085, SCENERY + CLOUD)
    pen.cloud(rng, between(rng, 0.4, 0.6), between(rng, 0.24, 0.3), 0.055, SCENERY + CLOUD)
    pen.hills(rng, 0.60, 0.045, SCENERY + FAR, 2)
    pen.hills(rng, 0.68, 0.03, SCENERY + MID, 2)
    pen.hills(rng, 0.80, 0.025, SCENERY + NEAR, 1)
    for row, (y, r) in enumerate(((0.74, 0.010), (0.86, 0.015), (0.95, 0.020))):
        pen.scatter(rng, 7 - row, y - 0.03, y + 0.03, r, FIRST, SECOND, THIRD)


# ---------------------------------------------------------------- colours

_PLAIN = [
    *[(214, 226, 234), (238, 222, 206), (216, 230, 214), (232, 218, 232), (240, 232, 204)],
    *[(204, 214, 230), (226, 214, 204), (206, 226, 224)],
]


def _plain_light(colour: Rgb) -> Light:
    lighter: Rgb = tuple((c + 255) // 2 for c in colour)  # type: ignore[assignment]
    floor: Rgb = tuple(c * 92 // 100 for c in colour)  # type: ignore[assignment]
    return Light((colour, floor), (floor, floor), (lighter,) * 11)


_SPACE_SCENERY: tuple[Rgb, ...] = (
    *((96, 92, 124), (128, 124, 152), (88, 84, 116), (255, 252, 236), (40, 36, 72)),
    *((255, 226, 150), (120, 110, 170), (196, 132, 104), (226, 168, 130), (236, 210, 160)),
    (70, 66, 100),
)
SETTINGS: dict[str, Setting] = {
    "none": Setting(1.0, tuple(_plain_light(colour) for colour in _PLAIN), _plain, False),
    "space": Setting(
        1.0,
        (
            Light(((18, 18, 52), (58, 40, 104)), ((90, 86, 116),) * 2, _SPACE_SCENERY),
            Light(((10, 22, 48), (24, 66, 106)), ((90, 86, 116),) * 2, _SPACE_SCENERY),
            Light(((34, 14, 54), (98, 42, 98)), ((90, 86, 116),) * 2, _SPACE_SCENERY),
        ),
        _space,
        False,
    ),
    "sea": Setting(
        0.5,
        (
            Light(
                ((150, 206, 232), (226, 240, 240)),
                ((96, 178, 204), (28, 112, 160)),
                (
                    *((112, 168, 166), (74, 150, 190), (40, 112, 160), (240, 250, 250)),
                    *((90, 120, 110), (255, 236, 170), (252, 253, 253), (240, 220, 180)),
                    *((80, 160, 200), (60, 140, 180), (30, 90, 130)),
                ),
            ),
            Light(
                ((244, 178, 140), (254, 226, 178)),
                ((168, 150, 172), (62, 84, 134)),
                (
                    *((150, 116, 132), (120, 110, 150), (70, 84, 130), (255, 238, 214)),
                    *((90, 70, 80), (255, 244, 200), (255, 220, 196), (240, 200, 160)),
                    *((100, 100, 150), (80, 90, 140), (40, 60, 100)),
                ),
            ),
        ),
        _sea,
        False,
    ),
    "forest": Setting(
        0.72,
        (
            Light(
                ((196, 224, 208), (226, 236, 206)),
                ((136, 172, 100), (92, 132, 70)),
                (
                    *((146, 188, 156), (92, 146, 112), (42, 92, 66), (236, 244, 220)),
                    *((98, 74, 56), (250, 240, 190), (236, 244, 236), (226, 90, 76)),
                    *((126, 164, 90), (250, 240, 220), (70, 110, 60)),
                ),
            ),
            Light(
                ((244, 222, 180), (250, 236, 200)),
                ((168, 164, 92), (120, 120, 60)),
                (
                    *((188, 186, 134), (132, 144, 88), (72, 92, 54), (250, 244, 214)),
                    *((104, 74, 52), (255, 236, 170), (250, 240, 220), (214, 92, 60)),
                    *((156, 154, 82), (252, 240, 214), (100, 100, 50)),
                ),
            ),
        ),
        _forest,
    ),
    "city": Setting(
        0.82,
        (
            Light(
                ((174, 208, 230), (232, 236, 232)),
                ((150, 152, 160), (120, 122, 130)),
                (
                    *((192, 204, 216), (150, 162, 182), (176, 164, 164), (246, 244, 236)),
                    *((112, 128, 152), (252, 236, 176), (250, 250, 250), (200, 120, 100)),
                    *((120, 130, 150), (196, 196, 200), (126, 128, 136)),
                ),
            ),
            Light(
                ((70, 66, 116), (206, 130, 140)),
                ((84, 80, 104), (60, 58, 80)),
                (
                    *((116, 98, 140), (74, 68, 106), (92, 76, 112), (226, 214, 214)),
                    *((56, 52, 86), (255, 220, 130), (180, 150, 170), (200, 120, 100)),
                    *((90, 80, 110), (120, 112, 134), (66, 64, 86)),
                ),
            ),
        ),
        _city,
    ),
    "desert": Setting(
        0.64,
        (
            Light(
                ((156, 206, 226), (252, 236, 204)),
                ((240, 212, 156), (222, 182, 120)),
                (
                    *((236, 208, 154), (220, 178, 118), (98, 146, 92), (255, 246, 220)),
                    *((140, 100, 70), (255, 240, 180), (255, 250, 240), (228, 192, 132)),
                    *((216, 174, 110), (192, 146, 94), (160, 120, 80)),
                ),
            ),
            Light(
                ((238, 142, 106), (254, 216, 156)),
                ((226, 160, 106), (190, 116, 80)),
                (
                    *((224, 156, 106), (196, 124, 88), (92, 104, 80), (255, 236, 200)),
                    *((120, 70, 56), (255, 240, 190), (255, 220, 190), (210, 136, 92)),
                    *((190, 116, 80), (160, 94, 74), (130, 80, 60)),
                ),
            ),
        ),
        _desert,
    ),
    "snow": Setting(
        0.66,
        (
            Light(
                ((168, 196, 220), (222, 232, 240)),
                ((226, 234, 242), (206, 220, 234)),
                (
                    *((206, 220, 232), (112, 148, 150), (80, 120, 126), (250, 252, 254)),
                    *((110, 90, 80), (255, 246, 220), (240, 244, 248), (200, 216, 230)),
                    *((224, 234, 242), (200, 214, 228), (150, 170, 190)),
                ),
            ),
            Light(
                ((84, 100, 146), (168, 180, 208)),
                ((188, 202, 224), (168, 184, 212)),
                (
                    *((146, 162, 194), (70, 98, 122), (60, 90, 110), (236, 242, 250)),
                    *((80, 70, 80), (250, 244, 214), (190, 200, 220), (170, 186, 210)),
                    *((190, 204, 226), (160, 176, 206), (120, 140, 170)),
                ),
            ),
        ),
        _snow,
    ),
    "mountain": Setting(
        0.74,
        (
            Light(
                ((166, 204, 228), (232, 238, 232)),
                ((146, 176, 116), (112, 148, 92)),
                (
                    *((178, 194, 208), (128, 140, 158), (126, 162, 104), (250, 252, 252)),
                    *((98, 74, 56), (255, 240, 180), (228, 236, 238), (226, 90, 76)),
                    *((108, 146, 90), (104, 114, 136), (70, 110, 60)),
                ),
            ),
            Light(
                ((246, 196, 168), (252, 228, 196)),
                ((150, 140, 120), (110, 104, 96)),
                (
                    *((206, 170, 172), (146, 120, 140), (132, 124, 112), (254, 240, 228)),
                    *((98, 74, 56), (255, 246, 210), (248, 218, 198), (226, 90, 76)),
                    *((108, 102, 94), (118, 96, 120), (90, 80, 80)),
                ),
            ),
        ),
        _mountain,
    ),
    "meadow": Setting(
        0.66,
        (
            Light(
                ((160, 212, 236), (228, 244, 240)),
                ((170, 208, 118), (126, 176, 84)),
                (
                    *((178, 216, 148), (158, 204, 116), (132, 184, 90), (255, 255, 255)),
                    *((98, 74, 56), (255, 236, 150), (254, 254, 254), (250, 244, 236)),
                    *((250, 202, 90), (240, 130, 130), (90, 140, 70)),
                ),
            ),
            Light(
                ((250, 214, 176), (254, 240, 208)),
                ((196, 198, 110), (156, 160, 76)),
                (
                    *((206, 206, 140), (188, 192, 108), (162, 168, 84), (255, 250, 230)),
                    *((98, 74, 56), (255, 226, 140), (255, 244, 228), (255, 244, 230)),
                    *((246, 190, 90), (232, 130, 120), (120, 120, 60)),
                ),
            ),
        ),
        _meadow,
    ),
}
