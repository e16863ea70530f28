"""How like two pictures are, value by value: PSNR and SSIM; and how well scores tell two sets
apart: AUROC.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from jium.errors import DataError

PEAK = 255.0
EXACT = 100.0  # dB that equal pictures have; the ratio itself is infinite
WINDOW, SPREAD = 11, 1.5  # of SSIM: pixels across, and the standard deviation of its Gaussian
K1, K2 = 0.01, 0.03


def psnr(picture: NDArray[np.uint8], reference: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio in dB, 10 log10(255^2 / mean squared error), at most 100.

    Both uint8, of one shape. Raises DataError where the shapes differ.
    """
    check_shapes(picture, reference)
    error = np.square(picture.astype(np.float64) - reference).mean()
    return min(10 * np.log10(PEAK**2 / error), EXACT) if error else EXACT


def ssim(picture: NDArray[np.uint8], reference: NDArray[np.uint8]) -> float:
    """Structural similarity, 1 for equal pictures: Wang et al. (2004), equation 13,
    https://doi.org/10.1109/TIP.2003.819861: Gaussian windows 11 across, the mean over all that lie
    within the picture, and over its channels.

    Both uint8 (height, width) or (height, width, channels). In smaller pictures the window is as
    large as fits.
    """
    check_shapes(picture, reference)
    x, y = (_channels_last(p).astype(np.float64) for p in (picture, reference))
    weights = _window(min(WINDOW, _odd(min(x.shape[:2]))))
    mean_x, mean_y = _blur(x, weights), _blur(y, weights)
    var_x = _blur(x * x, weights) - mean_x**2
    var_y = _blur(y * y, weights) - mean_y**2
    shared = _blur(x * y, weights) - mean_x * mean_y
    c1, c2 = (K1 * PEAK) ** 2, (K2 * PEAK) ** 2
    above = (2 * mean_x * mean_y + c1) * (2 * shared + c2)
    below = (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    return float((above / below).mean())


def auroc(usual: Sequence[float] | NDArray, strange: Sequence[float] | NDArray) -> float:
    """How often a strange one scores above a usual one, a tie counting half: the area under the ROC
    curve (Hanley and McNeil, 1982). 1 tells all apart, 0.5 is chance.

    Raises DataError where one of the two is empty.
    """
    low, high = np.sort(np.asarray(usual, float)), np.asarray(strange, float)
    if not len(low) or not len(high):
        raise DataError(
            "{usual} usual and {strange} strange pictures: to tell them apart takes some of each.",
            usual=len(low),
            strange=len(high),
        )
    below = np.searchsorted(low, high, side="left")
    not_above = np.searchsorted(low, high, side="right")
    return float((below + not_above).mean() / (2 * len(low)))


def check_shapes(picture: NDArray, reference: NDArray) -> None:
    """Raise DataError unless the two have one shape."""
    if picture.shape != reference.shape:
        raise DataError(
            "pictures of {picture} and {reference}, as height, width and channels, cannot be "
            "compared. Give two of one size.",
            picture=picture.shape,
            reference=reference.shape,
        )


def _channels_last(picture: NDArray) -> NDArray:
    return picture[..., None] if picture.ndim == 2 else picture


def _odd(n: int) -> int:
    return n if n % 2 else max(n - 1, 1)


@cache
def _window(size: int) -> NDArray[np.float64]:
    places = np.arange(size) - size // 2
    weights = np.exp(-(places**2) / (2 * SPREAD**2))
    return weights / weights.sum()


def _blur(x: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted means over every window that lies within: down, then across."""
    for axis in (0, 1):
        windows = np.lib.stride_tricks.sliding_window_view(x, len(weights), axis)
        x = windows @ weights
    return x
