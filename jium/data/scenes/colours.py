"""Colours: of things, of backgrounds, and how to mix them. RGB, 0..255."""

import numpy as np

Rgb = tuple[int, int, int]

# fill, shade, light, deep of each colour of a thing
TONES: dict[str, list[Rgb]] = {
    "red": [(219, 42, 48), (174, 26, 44), (244, 110, 104), (132, 16, 38)],
    "orange": [(247, 134, 26), (214, 100, 14), (255, 180, 96), (172, 74, 10)],
    "yellow": [(252, 214, 44), (228, 176, 24), (255, 238, 136), (190, 136, 12)],
    "green": [(52, 156, 70), (34, 120, 58), (126, 200, 118), (22, 88, 50)],
    "sky": [(108, 200, 242), (72, 164, 218), (182, 232, 252), (48, 124, 182)],
    "blue": [(36, 82, 196), (26, 58, 152), (104, 146, 232), (18, 38, 110)],
    "purple": [(132, 66, 176), (100, 46, 142), (184, 132, 216), (72, 30, 108)],
    "pink": [(247, 136, 184), (222, 98, 154), (255, 190, 218), (186, 66, 122)],
    "brown": [(126, 78, 44), (96, 56, 30), (178, 128, 86), (70, 40, 22)],
    "black": [(40, 40, 48), (26, 26, 33), (92, 92, 106), (14, 14, 20)],
    "white": [(248, 247, 243), (216, 217, 226), (255, 255, 255), (178, 181, 196)],
    "grey": [(144, 148, 156), (112, 116, 126), (190, 194, 200), (82, 86, 98)],
}
# DARK, WHITE, SKIN, GOLD, GLASS, LEAF, WOOD, BLUSH, FLAME: see materials
DETAILS: list[Rgb] = [
    *[(34, 28, 38), (252, 250, 246), (250, 208, 172), (246, 196, 64), (164, 214, 232)],
    *[(84, 156, 76), (112, 76, 50), (244, 150, 160), (236, 88, 62)],
]


def mix(colours: np.ndarray, other: Rgb | np.ndarray, share: float) -> np.ndarray:
    """`share` of `other` in the colours."""
    return colours + (np.asarray(other, np.float32) - colours) * np.float32(share)


def luminance(colours: np.ndarray) -> np.ndarray:
    """How bright colours look (Rec. 601), 0..255: (..., 3) to (..., 1)."""
    red, green, blue = colours[..., 0:1], colours[..., 1:2], colours[..., 2:3]
    return red * np.float32(0.299) + green * np.float32(0.587) + blue * np.float32(0.114)


def saturate(colours: np.ndarray, by: float) -> np.ndarray:
    """Away from grey by a factor above 1, towards it by one below."""
    grey = luminance(colours)
    return grey + (colours - grey) * np.float32(by)


def ramp(colours: np.ndarray, *stops: Rgb, steps: int = 0) -> np.ndarray:
    """The colours by brightness only, from the first stop to the last; in `steps` flat tones."""
    bright = luminance(colours)[..., 0] / 255
    if steps:
        bright = np.floor(np.minimum(bright, np.float32(0.999)) * steps) / (steps - 1)
    places = np.linspace(0, 1, len(stops))
    channels = [np.interp(bright, places, [stop[c] for stop in stops]) for c in range(3)]
    return np.stack(channels, -1).astype(np.float32)


def gradient(first: Rgb, last: Rgb, n: int) -> np.ndarray:
    """n colours from the first to the last: (n, 3)."""
    share = np.linspace(0, 1, n, dtype=np.float32)[:, None]
    return mix(np.asarray(first, np.float32), np.asarray(last), 1) * share + np.asarray(
        first, np.float32
    ) * (1 - share)
