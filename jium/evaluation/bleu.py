"""BLEU (Papineni et al., 2002), counted by sacrebleu, over Kiwi morphemes where it is Korean."""

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np

from jium.config import config
from jium.errors import require
from jium.evaluation.metric import (
    check_pairs,
    corpus_score,
    sacrebleu_signature,
    sacrebleu_statistics,
)
from jium.evaluation.morphemes import analyser, morphemes


@config
class Bleu:
    """Corpus BLEU, 0 to 100, equal to sacrebleu's.

    tokenize: how sentences become words; None chooses "ko-morph" for Korean and "13a" otherwise.
    language: of the references; only the choice of `tokenize` depends on it.
    """

    tokenize: Literal["13a", "intl", "char", "none", "ko-morph"] | None = None
    language: str | None = None
    lowercase: bool = False  # published scores are cased

    lower_is_better: ClassVar[bool] = False

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Per sentence: both lengths, then matched and counted n-grams of 1 to 4 words."""
        check_pairs(predictions, references)
        if self._tokenize == "ko-morph":
            predictions, references = _spaced(predictions), _spaced(references)
        return sacrebleu_statistics(self._counter(), predictions, references)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        return {"bleu": self._counter()._compute_score_from_stats(list(totals)).score}

    def sentence(self, prediction: str, reference: str) -> float:
        """BLEU over the n-gram orders that the sentence has: one right word is 100, not 0."""
        totals = self.statistics([prediction], [reference])[0].tolist()
        return self._counter(effective_order=True)._compute_score_from_stats(totals).score

    def signature(self) -> str:
        signature = sacrebleu_signature(self._counter())
        if self._tokenize == "ko-morph":
            signature.update("tok", f"ko-morph-{analyser()}")
        return signature.format()

    @property
    def _tokenize(self) -> str:
        return self.tokenize or ("ko-morph" if self.language == "ko" else "13a")

    def _counter(self, effective_order: bool = False) -> Any:
        words = "none" if self._tokenize == "ko-morph" else self._tokenize
        return _sacrebleu(words, self.lowercase, effective_order)


@cache
def _sacrebleu(tokenize: str, lowercase: bool, effective_order: bool) -> Any:
    """sacrebleu's BLEU. Without `force` it warns that morphemes look like text tokenized before."""
    return require("sacrebleu.metrics", "metrics").BLEU(
        tokenize=tokenize, lowercase=lowercase, effective_order=effective_order, force=True
    )


def _spaced(sentences: Sequence[str]) -> list[str]:
    return [" ".join(found) for found in morphemes(sentences)]
