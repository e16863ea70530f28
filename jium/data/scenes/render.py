"""Draw a scene: materials first, then rims around things, then the colours of a style.

The map of materials is drawn larger than the picture and made smaller in its colours, so that edges
are smooth. Everything that chance decides comes from the scene's own seed.
"""

from functools import cache, lru_cache
from math import cos, pi, sin
from random import Random

import numpy as np

from jium.data.pillow import Image
from jium.data.scenes.materials import LINE, RIM, SHADOW, SLOT, THING
from jium.data.scenes.palettes import palette
from jium.data.scenes.pen import Pen
from jium.data.scenes.settings import SETTINGS, Setting
from jium.data.scenes.shapes import Outline
from jium.data.scenes.styles import STYLES
from jium.data.scenes.subjects import FLYING, SHAPES
from jium.data.scenes.surface import Ornament, Style, Surface
from jium.data.scenes.world import Scene, Thing
from jium.errors import DataError

SMALLEST, LARGEST = 8, 2048
COARSE = 110  # pixels: things drawn smaller than this need fewer points


def draw(scene: Scene, size: int) -> np.ndarray:
    """The picture of a scene: uint8 (size, size, 3), RGB; the same bytes for the same scene.

    Raises DataError for a size below 8 or above 2,048 pixels.
    """
    if not SMALLEST <= size <= LARGEST:
        raise DataError(
            "scenes are drawn from {low} to {high} pixels wide; got {size}.",
            low=SMALLEST,
            high=LARGEST,
            size=size,
        )
    finer = 4 if size <= 32 else 3 if size <= 48 else 2
    setting, style, rng = SETTINGS[scene.setting], STYLES[scene.style], Random(scene.seed)
    light = int(rng.random() * len(setting.lights))
    drawn = materials(scene, size * finer, setting, style, rng)
    large = Image.frombuffer("RGBX", drawn.shape, palette(scene, light).take(drawn, mode="clip"))
    small = np.frombuffer(large.reduce(finer).tobytes(), np.uint8).reshape(size, size, 4)
    planes, out = np.empty((4, size, size), np.float32), np.empty((size, size, 3), np.uint8)
    for channel in range(4):
        planes[channel] = small[..., channel]
    surface = Surface(planes[:3], planes[3] * np.float32(1 / 255), size, rng)
    painted = np.clip(style.finish(surface) + np.float32(0.5), 0, 255)
    for channel in range(3):
        out[..., channel] = painted[channel]
    return out


def materials(scene: Scene, side: int, setting: Setting, style: Style, rng: Random) -> np.ndarray:
    """The map of materials of a scene: uint8 (side, side)."""
    pen = Pen(side, setting.horizon)
    setting.scenery(pen, rng)
    if style.ornament:
        pen.overlay(_ornament(style.ornament, side, int(rng.random() * 4)))
    for thing in scene.things:
        if setting.standing and thing.subject not in FLYING:
            _shadow(pen, thing)
    for slot in (1, 0):
        for thing in _of_slot(scene, slot):
            _paint(pen, thing, slot)
    drawn = np.frombuffer(pen.picture.tobytes(), np.uint8).reshape(side, side)
    if style.line:
        drawn = _lined(drawn, round(style.line * side) or 1)
    return _rimmed(drawn, [max(1, round(width * side)) for width in style.rims])


@lru_cache(maxsize=64)
def _ornament(ornament: Ornament, side: int, variant: int) -> Image.Image:
    """One of four variants of what a style itself draws, on nothing."""
    pen = Pen(side, 0.0)
    pen.box(0, 0, 1, 1, 0)
    ornament(pen, Random(variant))
    return pen.picture


def _of_slot(scene: Scene, slot: int) -> tuple[Thing, ...]:
    """The things of the first kind (0), or the other one (1)."""
    if scene.relation == "none":
        return () if slot else scene.things
    return scene.things[slot : slot + 1]


def _shadow(pen: Pen, thing: Thing) -> None:
    foot = thing.y + thing.size * 0.48
    if foot > pen.horizon:
        pen.disc(thing.x, foot, thing.size * 0.42, SHADOW, thing.size * 0.07)


def _paint(pen: Pen, thing: Thing, slot: int) -> None:
    """Turn, mirror, size and place the outlines of a subject, and draw them."""
    points, shapes = _outlines(thing.subject, thing.size * pen.side < COARSE)
    half, turn = thing.size * pen.side / 2, thing.turn * pi / 180
    across, down = half * cos(turn), half * sin(turn)
    x = points[:, 0] * (-1 if thing.flip else 1)
    y = points[:, 1]
    placed = np.empty_like(points)
    placed[:, 0] = x * across - y * down + thing.x * pen.side
    placed[:, 1] = x * down + y * across + thing.y * pen.side
    flat = placed.ravel().tolist()
    first = THING + slot * SLOT
    for part, start, end in shapes:
        pen.pixels(flat[start:end], first + part)


@cache
def _outlines(subject: str, coarse: bool) -> tuple[np.ndarray, list[tuple[int, int, int]]]:
    """All points of a subject, and of each shape its part and where its numbers start and end.

    coarse: every other point of curves, which nobody sees in a small picture.
    """
    points: Outline = []
    shapes: list[tuple[int, int, int]] = []
    for part, outline in SHAPES[subject]:
        if coarse and len(outline) > 14:
            outline = outline[::2]
        shapes.append((part, 2 * len(points), 2 * (len(points) + len(outline))))
        points += outline
    return np.array(points), shapes


# ---------------------------------------------------------------- rims and lines


def _rimmed(drawn: np.ndarray, widths: list[int]) -> np.ndarray:
    """With rims around things, one outside the other: of the first kind and of the other thing.

    Rims lie between backgrounds and things in number, so the larger number wins everywhere.
    """
    things = drawn >= THING
    spread = things * np.uint8(RIM) + (drawn >= THING + SLOT)  # 0 where there is no thing
    for number, width in enumerate(widths):
        if number:
            spread += (spread > 0) * np.uint8(2)
        step = 1
        while width > 0:
            _spread(spread, min(step, width), diagonal=step > 1)
            width, step = width - step, min(2 * step, 4)
        free = np.where(drawn < RIM, spread, 0) if number else spread  # of an inner rim
        drawn = np.maximum(drawn, free)
    return drawn


def _spread(values: np.ndarray, by: int, diagonal: bool) -> None:
    """Some pixels outwards, in place; into the corners too, if asked, which rounds them off."""
    before = values.copy()
    np.maximum(values[by:], before[:-by], out=values[by:])
    np.maximum(values[:-by], before[by:], out=values[:-by])
    if diagonal:
        before = values.copy()
    np.maximum(values[:, by:], before[:, :-by], out=values[:, by:])
    np.maximum(values[:, :-by], before[:, by:], out=values[:, :-by])


def _lined(drawn: np.ndarray, width: int) -> np.ndarray:
    """With lines where one part of a thing meets another."""
    things = drawn >= THING
    edge = np.zeros(drawn.shape, bool)
    edge[:, 1:] = (drawn[:, 1:] != drawn[:, :-1]) & things[:, :-1]
    edge[1:] |= (drawn[1:] != drawn[:-1]) & things[:-1]
    for _ in range(width - 1):
        edge[:, 1:] |= edge[:, :-1]
        edge[1:] |= edge[:-1]
    return np.where(edge & things, drawn & np.uint8(256 - SLOT) | np.uint8(LINE), drawn)
