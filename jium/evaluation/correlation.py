"""Do two lists of numbers rise together? Pearson's and Spearman's coefficients, -1 to 1."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = Sequence[float] | NDArray


def pearson(a: Numbers, b: Numbers) -> float:
    """How near to a straight line; nan where one of them is constant."""
    x, y = (np.asarray(values, np.float64) for values in (a, b))
    x, y = x - x.mean(), y - y.mean()
    lengths = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / lengths if lengths else float("nan")


def spearman(a: Numbers, b: Numbers) -> float:
    """Pearson's of the ranks (Spearman, 1904), equal numbers sharing their mean rank."""
    return pearson(ranks(a), ranks(b))


def ranks(values: Numbers) -> NDArray[np.float64]:
    """The place of each number among all, from 1; equal ones share their mean place."""
    _, where, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[where]
