"""How far the features of drawn pictures lie from those of real ones: FID and KID.

FID takes both sets for Gaussians and is biased: the fewer pictures, the higher, so that only
figures of equally many pictures in the same features may be compared. KID assumes nothing and is
unbiased: of two draws from one distribution it is 0 in the mean, so now and then below 0. That
holds for independent pictures; two of one scene are not, so KID may be told which those are.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jium.errors import DataError

Rows = NDArray[np.floating]  # (pictures, dim)
Scenes = tuple[Sequence[int], Sequence[int]]  # what drawn and what real pictures are of
BLOCKS, LEAST = 10, 8  # of the standard error of KID: disjoint parts, and pictures in one at least


def fid(made: Rows, real: Rows) -> float:
    """The Frechet distance of the Gaussians with the means and covariances of two sets, 0 for equal
    ones: Heusel et al. (2017), equation 6, https://arxiv.org/abs/1706.08500.

    made, real: (pictures, dim). Raises DataError for fewer than two pictures, or for features of
    other widths.
    """
    made, real = checked(made, real)
    return frechet(made.mean(0), _covariance(made), real.mean(0), _covariance(real))


def frechet(mean_a: Rows, covariance_a: Rows, mean_b: Rows, covariance_b: Rows) -> float:
    """|mean_a - mean_b|^2 + tr(A + B - 2 (A B)^(1/2)) of two Gaussians.

    The trace of the root is the sum of the roots of the eigenvalues of A^(1/2) B A^(1/2), which is
    symmetric and has those of A B: no root of a matrix that is not, and nothing imaginary.
    """
    values, vectors = np.linalg.eigh(np.asarray(covariance_a, np.float64))
    root = (vectors * _roots(values)) @ vectors.T
    product = root @ np.asarray(covariance_b, np.float64) @ root
    shared = _roots(np.linalg.eigvalsh((product + product.T) / 2)).sum()
    apart = np.square(np.asarray(mean_a, np.float64) - mean_b).sum()
    return max(float(apart + np.trace(covariance_a) + np.trace(covariance_b) - 2 * shared), 0.0)


def kid(made: Rows, real: Rows, seed: int = 0, scenes: Scenes | None = None) -> tuple[float, float]:
    """The squared maximum mean discrepancy with the kernel (x y / dim + 1)^3, unbiased, and its
    standard error: Binkowski et al. (2018), section 4, https://arxiv.org/abs/1801.01401.

    The value is of all pictures at once; the error that of the mean over ten disjoint parts (fewer
    where there are few pictures), in an order that `seed` draws; nan for fewer than sixteen.
    scenes: which scene each picture of either set is of; no two of one scene are compared, and a
    part has all pictures of its scenes. None: each is of its own.
    """
    made, real = checked(made, real)
    a, b = (np.asarray(of) for of in scenes or (range(len(made)), range(-len(real), 0)))
    kinds = np.unique(a), np.unique(b)
    _enough(*map(len, kinds))
    value, parts = _mmd(made, real, a, b), min(BLOCKS, min(map(len, kinds)) // LEAST)
    if parts < 2:
        return value, float("nan")
    part = _parted(*kinds, parts, np.random.default_rng(seed))
    in_a, in_b = (np.array([part[scene] for scene in of.tolist()]) for of in (a, b))
    places = [(in_a == number, in_b == number) for number in range(parts)]
    found = [_mmd(made[one], real[other], a[one], b[other]) for one, other in places]
    return value, float(np.std(found, ddof=1) / parts**0.5)


def checked(made: Rows, real: Rows, least: int = 2) -> tuple[Rows, Rows]:
    """Both sets of features in double precision, if they can be compared."""
    made, real = (np.asarray(rows, np.float64) for rows in (made, real))
    _enough(len(made), len(real), least)
    if made.shape[1:] != real.shape[1:]:
        raise DataError(
            "features of {made} and of {real} numbers a picture cannot be compared. Take both from "
            "one model.",
            made=made.shape[1:],
            real=real.shape[1:],
        )
    return made, real


def _enough(made: int, real: int, least: int = 2) -> None:
    if min(made, real) < least:
        raise DataError(
            "{made} drawn and {real} real pictures: to compare them takes {least} of each at "
            "least. Give more.",
            made=made,
            real=real,
            least=least,
        )


def _roots(values: Rows) -> Rows:
    """Of eigenvalues; those that rounding alone made are none, for a root would magnify them."""
    noise = len(values) * np.finfo(np.float64).eps * np.abs(values).max(initial=0)
    return np.sqrt(np.where(values > noise, values, 0.0))


def _covariance(rows: Rows) -> Rows:
    return np.atleast_2d(np.cov(rows, rowvar=False))


def _parted(made: NDArray, real: NDArray, parts: int, rng: np.random.Generator) -> dict[int, int]:
    """The part of each scene; those of both sets, and those of one, in equal numbers."""
    both = np.intersect1d(made, real)
    kinds = (both, np.setdiff1d(made, both), np.setdiff1d(real, both))
    order = [rng.permutation(kind).tolist() for kind in kinds]
    return {scene: i % parts for scenes in order for i, scene in enumerate(scenes)}


def _mmd(made: Rows, real: Rows, a: NDArray, b: NDArray) -> float:
    """Unbiased: no picture is compared with itself, nor with another of its scene."""
    within, other = _mean_kernel(made, made, a, a), _mean_kernel(real, real, b, b)
    return within + other - 2 * _mean_kernel(made, real, a, b)


def _mean_kernel(x: Rows, y: Rows, of_x: NDArray, of_y: NDArray) -> float:
    kernel = (x @ y.T / x.shape[1] + 1) ** 3
    return float(kernel.mean(where=of_x[:, None] != of_y))
