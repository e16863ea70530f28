"""ROUGE-1, ROUGE-2 and ROUGE-L (Lin, 2004), counted by rouge-score, over words that Korean has too.

rouge-score's own tokenizer keeps only a-z and 0-9, so that two identical Korean sentences score 0.
Ours keeps the letters and digits of every script; on plain English text the two find the same
words.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, ClassVar, Literal

import numpy as np

from jium.config import config
from jium.errors import require
from jium.evaluation.metric import check_pairs, corpus_score
from jium.evaluation.morphemes import analyser, morphemes

_NAMES = ["rouge1", "rouge2", "rougeL"]
_WORD = re.compile(r"[^\W_]+")
_STEMMED_FROM = 4  # rouge-score stems words of four letters or more


@config
class Rouge:
    """F-measures over words, word pairs and the longest common subsequence, means of 0 to 100.

    tokenize: None chooses "ko-morph" (Kiwi morphemes) for Korean where Kiwi is installed, and
    otherwise "words"; the signature says which. stem: Porter's stems, for English with "words".
    """

    tokenize: Literal["words", "ko-morph"] | None = None
    language: str | None = None
    stem: bool = False

    lower_is_better: ClassVar[bool] = False

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Per sentence: the three F-measures, and a one that counts the sentence."""
        check_pairs(predictions, references)
        scorer = _scorer(self._tokenize, self.stem)
        rows = []
        for prediction, reference in zip(predictions, references, strict=True):
            found = scorer.score(target=reference, prediction=prediction)
            rows.append([*(found[name].fmeasure for name in _NAMES), 1.0])
        return np.asarray(rows)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        *sums, count = totals
        return {name: 100 * total / count for name, total in zip(_NAMES, sums, strict=True)}

    def sentence(self, prediction: str, reference: str) -> float:
        """ROUGE-L."""
        return self([prediction], [reference])["rougeL"]

    def signature(self) -> str:
        words = f"ko-morph-{analyser()}" if self._tokenize == "ko-morph" else "unicode-words"
        library = version("rouge-score")
        stem = "porter" if self.stem else "no"
        return f"nrefs:1|case:lc|measure:f|tok:{words}|stem:{stem}|rouge-score:{library}"

    @property
    def _tokenize(self) -> str:
        korean = self.language == "ko" and find_spec("kiwipiepy") is not None
        return self.tokenize or ("ko-morph" if korean else "words")


@config
class RougeL(Rouge):
    """ROUGE-L alone: a training can choose its best by it (train.metric)."""

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        return {"rougeL": super().score(totals)["rougeL"]}


class _Tokenizer:
    """What rouge-score asks of a tokenizer."""

    def __init__(self, tokenize: str, stem: bool) -> None:
        self._korean = tokenize == "ko-morph"
        self._stemmer = require("nltk.stem.porter", "metrics").PorterStemmer() if stem else None

    def tokenize(self, text: str) -> list[str]:
        if self._korean:
            (found,) = morphemes([text])
            return [form.lower() for form in found if any(map(str.isalnum, form))]
        found = _WORD.findall(unicodedata.normalize("NFC", text).lower())
        return [self._stem(word) for word in found]

    def _stem(self, word: str) -> str:
        if self._stemmer is None or len(word) < _STEMMED_FROM:
            return word
        return self._stemmer.stem(word)


@cache
def _scorer(tokenize: str, stem: bool) -> Any:
    scorer = require("rouge_score.rouge_scorer", "metrics")
    return scorer.RougeScorer(_NAMES, tokenizer=_Tokenizer(tokenize, stem))
