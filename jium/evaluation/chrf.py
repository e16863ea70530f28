"""chrF and chrF++ (Popović, 2015 and 2017), counted by sacrebleu."""

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np

from jium.config import config
from jium.errors import ConfigError, require
from jium.evaluation.metric import (
    check_pairs,
    corpus_score,
    sacrebleu_signature,
    sacrebleu_statistics,
)


@config
class Chrf:
    """Character n-gram F-score, 0 to 100: needs no tokenization, so it suits Korean as it stands.

    word_order: 0 is chrF, 2 is chrF++. beta: recall weighs beta times as much as precision.
    """

    char_order: int = 6
    word_order: int = 0
    beta: int = 2
    lowercase: bool = False
    whitespace: bool = False  # count spaces as characters

    lower_is_better: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for key, least in (("char_order", 1), ("word_order", 0), ("beta", 1)):
            if getattr(self, key) < least:
                raise ConfigError(
                    "must be at least {least}; got {value}.",
                    key=key,
                    least=least,
                    value=getattr(self, key),
                )

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Per sentence and n-gram order: counted in the prediction, in the reference, in both."""
        check_pairs(predictions, references)
        return sacrebleu_statistics(self._counter, predictions, references)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        return {"chrf": self._counter._compute_score_from_stats(list(totals)).score}

    def sentence(self, prediction: str, reference: str) -> float:
        return self([prediction], [reference])["chrf"]

    def signature(self) -> str:
        name = f"chrF{self.beta}{'+' * self.word_order}"
        return f"metric:{name}|{sacrebleu_signature(self._counter).format()}"

    @property
    def _counter(self) -> Any:
        return _sacrebleu(
            self.char_order, self.word_order, self.beta, self.lowercase, self.whitespace
        )


@cache
def _sacrebleu(
    char_order: int, word_order: int, beta: int, lowercase: bool, whitespace: bool
) -> Any:
    return require("sacrebleu.metrics", "metrics").CHRF(
        char_order, word_order, beta, lowercase=lowercase, whitespace=whitespace
    )
