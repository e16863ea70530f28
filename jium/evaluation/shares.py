"""Shares of things that are right, each with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from jium.errors import DataError
from jium.evaluation.bootstrap import intervals, together
from jium.evaluation.score import Score


@dataclass(frozen=True)
class Share:
    """Of how many things something is right, from 0 to 100: the sums that bootstrap resamples are
    of (right, there).
    """

    lower_is_better: ClassVar[bool] = False

    name: str

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        """Right over there; a resample of nothing that counts has 0."""
        return {self.name: 100 * totals[0] / max(totals[1], 1)}


def share_scores(
    right: Mapping[str, NDArray[Any]],
    signature: str,
    samples: int = 1000,
    mean: str = "",
    groups: Sequence[int] | None = None,
) -> list[Score]:
    """A score a name, in percent, with its bootstrap interval. right: bool, one a thing; where they
    are of as many things each, `mean` names the mean of all, which is resampled by thing. groups:
    what each thing comes from, where several come from one; those are resampled together.

    Raises DataError where there is nothing to measure.
    """
    if not right or not all(len(found) for found in right.values()):
        raise DataError("There is no picture to measure. Give at least one, with what is true.")
    rows = {name: np.asarray(found, np.float64) for name, found in right.items()}
    if mean:
        rows = {mean: np.mean(list(rows.values()), axis=0)} | rows
    scores = []
    for name, found in rows.items():
        metric: Any = Share(name)
        sums = together(np.stack((found, np.ones(len(found))), axis=1), groups)
        near = intervals(metric, sums, samples)
        scores.append(Score(name, 100 * float(found.mean()), signature, interval=near[name]))
    return scores
