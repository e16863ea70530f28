"""How well labels are guessed: accuracy, macro-F1, Matthews' correlation, and each class alone.

Accuracy alone hides a class that is never found where another is common; macro-F1 counts every
class alike. All are functions of three counts a class (right, guessed, there), which add up over
texts, so that `bootstrap.py` resamples them as it does any metric.
"""

import math
from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar

import numpy as np

from jium.config import config
from jium.evaluation.metric import check_pairs


@config
class Classification:
    """Accuracy, macro-F1 and the correlation coefficient of Matthews (R_K of Gorodkin, 2004, for
    more than two classes), all from 0 to 100, but that the last falls below 0 for guesses worse
    than chance. positive: the class whose own F1 is to be given as well, as f1.
    """

    lower_is_better: ClassVar[bool] = False

    labels: list[str] = field(default_factory=list)  # those in the data, if none are named
    positive: str = ""

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        """The scores of the whole corpus."""
        return self.score(self.statistics(predictions, references).sum(axis=0).tolist())

    def sentence(self, prediction: str, reference: str) -> float:
        """100 for the right label, else 0."""
        return 100.0 * (prediction == reference)

    def signature(self) -> str:
        """What was measured, and over which labels the mean was taken."""
        positive = f"|f1_of:{self.positive}" if self.positive else ""
        return f"labels:{','.join(self.labels) or 'seen'}|f1:macro|mcc:gorodkin{positive}"

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Right, guessed and there, for each class, `positive` first: (texts, 3 * classes)."""
        check_pairs(predictions, references)
        seen = {*self.labels, *predictions, *references} - {self.positive}
        names = [*([self.positive] if self.positive else []), *sorted(seen)]
        place = {name: number for number, name in enumerate(names)}
        guessed, there = (
            np.array([place[name] for name in side]) for side in (predictions, references)
        )
        rows, n = np.arange(len(there)), len(names)
        found = np.zeros((len(there), 3 * n))
        right = guessed == there
        found[rows[right], there[right]] = 1
        found[rows, n + guessed] = 1
        found[rows, 2 * n + there] = 1
        return found

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        """The scores that summed statistics give."""
        right, guessed, there = np.asarray(totals, np.float64).reshape(3, -1)
        f1 = per_class(right, guessed, there)[2]
        scores = {
            "accuracy": right.sum() / there.sum(),
            "macro_f1": f1[guessed + there > 0].mean(),
            "mcc": _mcc(right, guessed, there),
        }
        if self.positive:
            scores["f1"] = f1[0]
        return {name: 100 * float(value) for name, value in scores.items()}


def per_class(
    right: np.ndarray, guessed: np.ndarray, there: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class, from 0 to 1; 0 where nothing was guessed or there."""
    return (
        _ratio(right, guessed),
        _ratio(right, there),
        _ratio(2 * right, guessed + there),
    )


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def _mcc(right: np.ndarray, guessed: np.ndarray, there: np.ndarray) -> float:
    n = there.sum()
    spread = (n * n - guessed @ guessed) * (n * n - there @ there)
    return (n * right.sum() - guessed @ there) / math.sqrt(spread) if spread > 0 else 0.0


def confusion(
    labels: Sequence[str], predictions: Sequence[str], references: Sequence[str]
) -> list[list[int]]:
    """How often a text of the class of the row was given the label of the column."""
    place = {label: number for number, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(
        table, ([place[label] for label in references], [place[label] for label in predictions]), 1
    )
    return table.tolist()
