"""Whether drawn pictures lie where real ones do (precision, density), whether all kinds of real
ones are drawn (recall, coverage), and how different they are from each other (diversity).

A set of features is taken for the balls around its points that reach to the k-th nearest of the
others.
"""

import numpy as np
from numpy.typing import NDArray

from jium.evaluation.fid import Rows, checked

NEAREST = 5


def coverage(made: Rows, real: Rows, k: int = NEAREST) -> dict[str, float]:
    """precision, recall, density and coverage of drawn pictures, (pictures, dim) each.

    precision: the share of drawn pictures within a ball of the real ones; recall: of real ones
    within a ball of the drawn ones (Kynkaanniemi et al., 2019, equation 2,
    https://arxiv.org/abs/1904.06991). density: in how many balls of real ones a drawn one lies,
    over k, about 1 where both are of one distribution, and more than 1 where only usual ones are
    drawn; coverage: the share of real ones in whose ball a drawn one lies (Naeem et al., 2020,
    equations 2 and 3, https://arxiv.org/abs/2002.09797), which one strange picture with a large
    ball does not raise. Raises DataError for fewer than k + 1 of either.
    """
    made, real = checked(made, real, k + 1)
    across = distances(real, made)  # (real, made)
    around_real, around_made = (reach(rows, k) for rows in (real, made))
    inside = across <= around_real[:, None]
    return {
        "precision": float(inside.any(0).mean()),
        "recall": float((across <= around_made).any(1).mean()),
        "density": float(inside.sum(0).mean() / k),
        "coverage": float(inside.any(1).mean()),
    }


def diversity(rows: Rows) -> float:
    """The mean distance of two pictures, (pictures, dim); to be seen beside that of real ones."""
    rows, _ = checked(rows, rows)
    n = len(rows)
    return float(distances(rows, rows).sum() / (n * (n - 1)))


def reach(rows: Rows, k: int) -> NDArray[np.float64]:
    """How far the k-th nearest of the others is from each: (pictures,)."""
    apart = distances(rows, rows)
    np.fill_diagonal(apart, np.inf)
    return np.partition(apart, k - 1, axis=1)[:, k - 1]


def distances(a: Rows, b: Rows) -> NDArray[np.float64]:
    """Of each from each, (a, b); exactly 0 for the same row."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * (a @ b.T)
    # what rounding leaves of equal rows is nothing
    return np.sqrt(np.where(squares < 1e-12 * (1 + (a * a).sum(1)[:, None]), 0.0, squares))
