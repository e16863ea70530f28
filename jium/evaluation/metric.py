"""What a metric of text is: statistics per sentence that add up, and scores from their sum.

A corpus score is made once, from sums over all sentences. It is not the mean of sentence or batch
scores: BLEU's precisions are ratios of sums, and its length penalty is that of the whole corpus.
The same sums, taken over resampled sentences, give the intervals of `bootstrap.py` without scoring
any sentence twice.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np

from jium.config import find_kind
from jium.errors import DataError
from jium.evaluation import METRICS


class Metric(Protocol):
    """Scores predictions against one reference each, from 0 to 100 (TER may pass 100)."""

    lower_is_better: ClassVar[bool]

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        """The scores of the whole corpus, by name."""

    def sentence(self, prediction: str, reference: str) -> float:
        """The score of one sentence, for ranking examples."""

    def signature(self) -> str:
        """Everything needed to repeat the number."""

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """What adds up over sentences: (sentences, figures)."""

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        """The scores that summed statistics give."""


def metric_in(name: str, language: str | None) -> Any:
    """The metric of METRICS of that name, for texts of a language where that matters to it."""
    cls = find_kind(METRICS, name, "train.metric")
    return cls(language=language) if "language" in cls.__dataclass_fields__ else cls()


def language_of(texts: Iterable[str]) -> str | None:
    """ "ko" where a text has a Korean syllable."""
    return "ko" if any("가" <= letter <= "힣" for text in texts for letter in text) else None


def corpus_score(
    metric: Metric, predictions: Sequence[str], references: Sequence[str]
) -> dict[str, float]:
    """Score a corpus from the sum of its sentences' statistics."""
    return metric.score(metric.statistics(predictions, references).sum(axis=0).tolist())


def check_pairs(predictions: Sequence[str], references: Sequence[str]) -> None:
    """Raise DataError unless there is one reference for each of at least one prediction."""
    if isinstance(predictions, str) or isinstance(references, str):
        raise DataError("Predictions and references are lists of sentences, not one string.")
    if len(predictions) != len(references):
        raise DataError(
            "{predictions} predictions but {references} references. Give one reference for each.",
            predictions=len(predictions),
            references=len(references),
        )
    if not predictions:
        raise DataError("There is no sentence to measure. Give at least one pair.")


def sacrebleu_statistics(
    reference_metric: Any, predictions: Sequence[str], references: Sequence[str]
) -> np.ndarray:
    """The statistics of each sentence as sacrebleu counts them: (sentences, figures)."""
    rows = reference_metric._extract_corpus_statistics(list(predictions), [list(references)])
    return np.asarray(rows, dtype=np.float64)


def sacrebleu_signature(reference_metric: Any) -> Any:
    """sacrebleu's signature object, for one reference a sentence."""
    reference_metric.num_refs = 1  # sacrebleu learns it only by scoring
    return reference_metric.get_signature()
