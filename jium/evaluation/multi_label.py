"""How well several labels of one text are guessed: micro- and macro-F1, and whole texts right."""

from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar

import numpy as np

from jium.config import config
from jium.data.labels import SEPARATOR
from jium.evaluation.classification import per_class
from jium.evaluation.metric import check_pairs


@config
class MultiLabel:
    """F1 over all decisions, its mean over labels, and the share of texts with just the right
    labels, from 0 to 100.
    """

    lower_is_better: ClassVar[bool] = False

    labels: list[str] = field(default_factory=list)  # those in the data, if none are named

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        """The scores of the whole corpus."""
        return self.score(self.statistics(predictions, references).sum(axis=0).tolist())

    def sentence(self, prediction: str, reference: str) -> float:
        """100 for just the right labels, else 0."""
        return 100.0 * (_set(prediction) == _set(reference))

    def signature(self) -> str:
        """What was measured."""
        return f"labels:{','.join(self.labels) or 'seen'}|f1:micro,macro|exact"

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Right, guessed and there for each label, whether all is right, and 1: (texts, 3n + 2)."""
        check_pairs(predictions, references)
        sides = [[_set(text) for text in side] for side in (predictions, references)]
        names = sorted({*self.labels, *(label for side in sides for row in side for label in row)})
        guessed, there = (
            np.array([[name in row for name in names] for row in side], bool) for side in sides
        )
        whole = (guessed == there).all(axis=1, keepdims=True)
        parts = [guessed & there, guessed, there, whole, np.ones_like(whole)]
        return np.hstack(parts).astype(np.float64)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        """The scores that summed statistics give."""
        right, guessed, there = np.asarray(totals[:-2], np.float64).reshape(3, -1)
        f1 = per_class(right, guessed, there)[2]
        both = (guessed + there).sum()
        return {
            "micro_f1": 100 * float(2 * right.sum() / both) if both else 0.0,
            "macro_f1": 100 * float(f1[guessed + there > 0].mean()) if both else 0.0,
            "exact": 100 * totals[-2] / totals[-1],
        }


def _set(text: str) -> set[str]:
    return {label for label in text.split(SEPARATOR) if label}
