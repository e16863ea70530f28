"""PSNR, SSIM and AUROC against what they are by definition."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from sklearn.metrics import roc_auc_score

from jium.errors import DataError
from jium.evaluation.likeness import EXACT, auroc, psnr, ssim


def picture(seed: int = 0, height: int = 20, width: int = 26) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_psnr_of_a_known_error() -> None:
    grey = np.full((4, 4, 3), 100, np.uint8)
    assert psnr(grey + 5, grey) == pytest.approx(20 * np.log10(255 / 5))
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    assert psnr(black, white) == pytest.approx(0.0)
    assert psnr(white, black) == pytest.approx(0.0)  # uint8 does not wrap around


def test_equal_pictures_have_the_highest_marks() -> None:
    assert psnr(picture(), picture()) == EXACT
    assert ssim(picture(), picture()) == pytest.approx(1.0)


def test_ssim_is_the_formula_over_gaussian_windows() -> None:
    """As Wang et al. have it: scipy's Gaussian, cut to 11 across, without what hangs over."""
    one, other = picture(0).astype(float), picture(1).astype(float)
    other = (one + other) / 2

    def blur(x: NDArray) -> NDArray:
        rows = [gaussian_filter(x[..., c], 1.5, truncate=5 / 1.5) for c in range(3)]
        return np.stack(rows, -1)[5:-5, 5:-5]

    one, other = one.round(), other.round()
    mx, my = blur(one), blur(other)
    vx, vy = blur(one**2) - mx**2, blur(other**2) - my**2
    both = blur(one * other) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    wanted = (2 * mx * my + c1) * (2 * both + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    found = ssim(one.astype(np.uint8), other.astype(np.uint8))
    assert found == pytest.approx(wanted.mean(), abs=1e-9)


def test_ssim_is_the_same_both_ways_and_falls_with_noise() -> None:
    smooth = np.repeat(np.arange(0, 240, 10, dtype=np.uint8)[:, None, None], 24, 1).repeat(3, 2)
    rng = np.random.default_rng(0)
    near, far = (
        np.clip(smooth + rng.normal(0, s, smooth.shape), 0, 255).astype(np.uint8) for s in (5, 50)
    )
    assert ssim(smooth, near) == pytest.approx(ssim(near, smooth))
    assert 1 > ssim(smooth, near) > ssim(smooth, far) > 0


def test_small_and_grey_pictures_have_an_ssim_too() -> None:
    assert ssim(picture(0, 3, 5), picture(0, 3, 5)) == pytest.approx(1.0)
    assert ssim(picture()[..., 0], picture()[..., 0]) == pytest.approx(1.0)


def test_other_shapes_are_refused() -> None:
    for measure in (psnr, ssim):
        with pytest.raises(DataError, match=r"\(20, 26, 3\) and \(20, 20, 3\)"):
            measure(picture(), picture(0, 20, 20))


def test_auroc_is_that_of_scikit_learn_with_ties() -> None:
    rng = np.random.default_rng(0)
    low, high = rng.integers(0, 9, 40), rng.integers(3, 12, 25)
    wanted = roc_auc_score([0] * 40 + [1] * 25, np.concatenate([low, high]))
    assert auroc(low, high) == pytest.approx(wanted)


def test_auroc_of_what_is_clear() -> None:
    assert auroc([1, 2], [3, 4]) == 1.0
    assert auroc([3, 4], [1, 2]) == 0.0
    assert auroc([1, 1], [1]) == 0.5


def test_auroc_needs_both_kinds() -> None:
    with pytest.raises(DataError, match="2 usual and 0 strange pictures"):
        auroc([1, 2], [])
