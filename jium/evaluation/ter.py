"""Translation edit rate (Snover et al., 2006), counted by sacrebleu."""

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np

from jium.config import config
from jium.errors import require
from jium.evaluation.metric import (
    check_pairs,
    corpus_score,
    sacrebleu_signature,
    sacrebleu_statistics,
)


@config
class Ter:
    """Insertions, deletions, substitutions and shifts per 100 reference words; may pass 100.

    Words are what spaces divide, in Korean too: one wrong particle makes the whole word an edit.
    """

    normalized: bool = False  # split punctuation from words first
    no_punct: bool = False
    asian_support: bool = (
        False  # with `normalized` or `no_punct`: Chinese and Japanese characters too
    )
    case_sensitive: bool = False

    lower_is_better: ClassVar[bool] = True

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Per sentence: edits, and words of the reference."""
        check_pairs(predictions, references)
        return sacrebleu_statistics(self._counter, predictions, references)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        return {"ter": self._counter._compute_score_from_stats(list(totals)).score}

    def sentence(self, prediction: str, reference: str) -> float:
        return self([prediction], [reference])["ter"]

    def signature(self) -> str:
        return sacrebleu_signature(self._counter).format()

    @property
    def _counter(self) -> Any:
        return _sacrebleu(self.normalized, self.no_punct, self.asian_support, self.case_sensitive)


@cache
def _sacrebleu(normalized: bool, no_punct: bool, asian: bool, case_sensitive: bool) -> Any:
    return require("sacrebleu.metrics", "metrics").TER(normalized, no_punct, asian, case_sensitive)
