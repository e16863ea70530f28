"""What a style is, and what it works on."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

import numpy as np

from jium.data.scenes.colours import Rgb
from jium.data.scenes.pen import Pen

Recolour = Callable[[np.ndarray], np.ndarray]
Ornament = Callable[[Pen, Random], None]
# A fixed colour, or one that follows the thing's own: its deepest tone, nearly black of its hue
# (pale on a dark ground), or pale of its hue.
Contour = Rgb | Literal["deep", "dark", "pale"]


@dataclass(frozen=True)
class Surface:
    """A picture that is being painted. rgb: float32 (3, size, size), 0..255; planes, over which
    numpy goes much faster than over pixels. things: how much of each pixel belongs to a thing or
    its rim, (size, size) in [0, 1]. rng: what is left of the scene's chance.
    """

    rgb: np.ndarray
    things: np.ndarray
    size: int
    rng: Random

    def window(self, texture: np.ndarray) -> np.ndarray:
        """The picture's part of a texture, by chance."""
        return self.windows(texture)[0]

    def windows(self, *textures: np.ndarray) -> list[np.ndarray]:
        """The same part of several textures."""
        top, left = (int(self.rng.random() * self.size) for _ in range(2))
        return [one[..., top : top + self.size, left : left + self.size] for one in textures]


def _keep(colours: np.ndarray) -> np.ndarray:
    return colours


def _as_is(surface: Surface) -> np.ndarray:
    return surface.rgb


@dataclass(frozen=True)
class Style:
    """How materials become a picture.

    background, thing: what colours become. rims: widths of the rims around things, inner first, as
    shares of the picture; contours: their colours. line: width of the contours within things (0 for
    none). ornament: what the style itself draws behind things, in the colours of `ornaments`.
    finish: what brush and paper do to the coloured picture.
    """

    background: Recolour = _keep
    thing: Recolour = _keep
    rims: tuple[float, ...] = (0.012,)
    contours: tuple[Contour, ...] = ("dark",)
    line: float = 0.0
    line_colour: Contour = "dark"
    ornament: Ornament | None = None
    ornaments: tuple[Rgb, ...] = ()
    finish: Callable[[Surface], np.ndarray] = _as_is
