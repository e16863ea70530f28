"""The pen that draws outlines onto a map of materials."""

from functools import lru_cache
from random import Random

from jium.data.pillow import Image, ImageChops, ImageDraw
from jium.data.scenes.materials import GROUND, N_GROUND, N_SKY, SCENERY, SKY
from jium.data.scenes.shapes import Outline, oval
from jium.data.scenes.world import between

_WAVE = [y for _, y in oval(0, 0, 1, 1, n=256)]


class Pen:
    """Draws in shares of a picture of side x side pixels, y downwards, materials for colours."""

    def __init__(self, side: int, horizon: float) -> None:
        self.side = side
        self.horizon = horizon
        self.picture = _empty(side, horizon).copy()
        self._draw = ImageDraw.Draw(self.picture)

    def outline(self, points: Outline, material: int) -> None:
        side = self.side
        self._draw.polygon([c * side for point in points for c in point], fill=material)

    def pixels(self, coordinates: list[float], material: int) -> None:
        """A polygon of pixels: x0, y0, x1, y1, ..."""
        self._draw.polygon(coordinates, fill=material)

    def overlay(self, other: Image.Image) -> None:
        """Another drawing on top, where its materials are the larger numbers."""
        self.picture.paste(ImageChops.lighter(self.picture, other))

    def box(self, left: float, top: float, right: float, bottom: float, material: int) -> None:
        side = self.side
        if right > left and bottom > top:
            corners = (left * side, top * side, right * side, bottom * side)
            self._draw.rectangle(corners, fill=material)

    def disc(self, x: float, y: float, rx: float, material: int, ry: float | None = None) -> None:
        side, ry = self.side, rx if ry is None else ry
        corners = ((x - rx) * side, (y - ry) * side, (x + rx) * side, (y + ry) * side)
        self._draw.ellipse(corners, fill=material)

    def hills(self, rng: Random, top: float, height: float, material: int, turns: int = 3) -> None:
        """Rolling land from `top` (give or take `height`) down to the bottom of the picture."""
        first, second = int(rng.random() * 256), int(rng.random() * 256)
        crest = [
            (
                i / 16,
                top
                + height * _WAVE[(first + i * turns * 6) & 255]
                + height * 0.5 * _WAVE[(second + i * (turns * 10 + 5)) & 255],
            )
            for i in range(17)
        ]
        self.outline([*crest, (1, 1), (0, 1)], material)

    def cloud(self, rng: Random, x: float, y: float, size: float, material: int) -> None:
        for dx, dy, r in ((-0.9, 0.12, 0.5), (0.0, -0.16, 0.75), (0.85, 0.1, 0.55)):
            self.disc(x + dx * size, y + dy * size, r * size, material)
        self.box(x - 1.2 * size, y + 0.1 * size, x + 1.2 * size, y + 0.58 * size, material)

    def scatter(
        self, rng: Random, n: int, top: float, bottom: float, r: float, *which: int
    ) -> None:
        """n dots of these sceneries, anywhere between two heights."""
        for i in range(n):
            x, y = rng.random(), between(rng, top, bottom)
            radius = r * between(rng, 0.6, 1.3)
            self.disc(x, y, radius, SCENERY + which[i % len(which)])


@lru_cache(maxsize=128)
def _empty(side: int, horizon: float) -> Image.Image:
    """Sky and ground alone."""
    sky = round(side * horizon)
    above = [SKY + i * N_SKY // max(sky, 1) for i in range(sky)]
    below = [GROUND + i * N_GROUND // max(side - sky, 1) for i in range(side - sky)]
    column = Image.frombytes("L", (1, side), bytes(above + below))
    return column.resize((side, side), Image.Resampling.NEAREST)
