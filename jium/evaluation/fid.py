"""How far the features of drawn pictures lie from those of real ones: FID and KID.

FID takes both sets for Gaussians and is biased: the fewer pictures, the higher, so that only
figures of equally many pictures in the same features may be compared. KID assumes nothing and is
unbiased: of two draws from one distribution it is 0 in the mean, so now and then below 0.
"""

import numpy as np
from numpy.typing import NDArray

from jium.errors import DataError

Rows = NDArray[np.floating]  # (pictures, dim)
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


def kid(made: Rows, real: Rows, seed: int = 0) -> tuple[float, float]:
    """The squared maximum mean discrepancy with the kernel (x y / dim + 1)^3, unbiased, and its
    standard error: Binkowski et al. (2018), section 4, https://arxiv.org/abs/1801.01401.

    The value is of all pictures at once; the error that of the mean over ten disjoint parts (fewer
    where there are few pictures), in an order that `seed` draws; nan for fewer than sixteen.
    """
    made, real = checked(made, real)
    rng = np.random.default_rng(seed)
    within, other = (_kernel(rows, rows) for rows in (made, real))
    across = _kernel(made, real)
    parts = min(BLOCKS, min(len(made), len(real)) // LEAST)
    value = _mmd(within, other, across)
    if parts < 2:
        return value, float("nan")
    splits = (np.array_split(rng.permutation(len(rows)), parts) for rows in (made, real))
    found = [
        _mmd(within[np.ix_(a, a)], other[np.ix_(b, b)], across[np.ix_(a, b)])
        for a, b in zip(*splits, strict=True)
    ]
    return value, float(np.std(found, ddof=1) / parts**0.5)


def checked(made: Rows, real: Rows, least: int = 2) -> tuple[Rows, Rows]:
    """Both sets of features in double precision, if they can be compared."""
    made, real = (np.asarray(rows, np.float64) for rows in (made, real))
    if min(len(made), len(real)) < least:
        raise DataError(
            "{made} drawn and {real} real pictures: to compare them takes {least} of each at "
            "least. Give more.",
            made=len(made),
            real=len(real),
            least=least,
        )
    if made.shape[1:] != real.shape[1:]:
        raise DataError(
            "features of {made} and of {real} numbers a picture cannot be compared. Take both from "
            "one model.",
            made=made.shape[1:],
            real=real.shape[1:],
        )
    return made, real


def _roots(values: Rows) -> Rows:
    """Of eigenvalues; those that rounding alone made are none, for a root would magnify them."""
    noise = len(values) * np.finfo(np.float64).eps * np.abs(values).max(initial=0)
    return np.sqrt(np.where(values > noise, values, 0.0))


def _covariance(rows: Rows) -> Rows:
    return np.atleast_2d(np.cov(rows, rowvar=False))


def _kernel(a: Rows, b: Rows) -> Rows:
    return (a @ b.T / a.shape[1] + 1) ** 3


def _mmd(within: Rows, other: Rows, across: Rows) -> float:
    """Unbiased: no picture is compared with itself."""
    return float(_others(within) + _others(other) - 2 * across.mean())


def _others(kernel: Rows) -> float:
    n = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (n * (n - 1)))
