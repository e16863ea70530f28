"""METEOR (Banerjee and Lavie, 2005) with exact and stem matches; synonyms would be a download.

The stem of an English word is Porter's; that of a Korean word is its content morphemes, by Kiwi, so
that 학교에 and 학교는 match, and 갔습니다 and 가요.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np

from jium.config import config
from jium.errors import require
from jium.evaluation.metric import check_pairs, corpus_score
from jium.evaluation.morphemes import analyser, korean_stems, words
from jium.ranges import above_zero, share

Word = tuple[str, str]  # as written, in lower case; its stem
Match = tuple[int, int]  # places in the prediction and in the reference


@config
class Meteor:
    """Recall-weighted F-mean of matched words, less a penalty for scattered order, 0 to 100.

    Of a corpus it is made from sums of matches, lengths and chunks, as its authors do, so it
    differs from the mean over sentences that some libraries print. A prediction equal to its
    reference carries no penalty, as in METEOR 1.5 (Denkowski and Lavie, 2014). The defaults are
    those of 2005, which nltk has too.

    alpha: share of precision in the F-mean's denominator, near 1 favours recall. gamma: largest
    penalty. beta: how steeply the penalty grows with the share of chunks among matches.
    """

    language: str | None = None  # "ko": Kiwi's content morphemes as stems
    alpha: float = 0.9
    beta: float = 3.0
    gamma: float = 0.5

    lower_is_better: ClassVar[bool] = False

    def __post_init__(self) -> None:
        share(alpha=self.alpha, gamma=self.gamma)
        above_zero(beta=self.beta)

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Per sentence: matches, words of the prediction, words of the reference, chunks."""
        check_pairs(predictions, references)
        pairs = zip(predictions, references, strict=True)
        rows = [_count(self._words(prediction), self._words(truth)) for prediction, truth in pairs]
        return np.asarray(rows, dtype=np.float64)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        matches, predicted, expected, chunks = totals
        if not matches:
            return {"meteor": 0.0}
        precision, recall = matches / predicted, matches / expected
        f_mean = precision * recall / (self.alpha * precision + (1 - self.alpha) * recall)
        penalty = self.gamma * (chunks / matches) ** self.beta
        return {"meteor": 100 * f_mean * (1 - penalty)}

    def sentence(self, prediction: str, reference: str) -> float:
        return self([prediction], [reference])["meteor"]

    def signature(self) -> str:
        stems = analyser() if self.language == "ko" else f"porter-nltk-{version('nltk')}"
        parameters = f"alpha:{self.alpha}|beta:{self.beta}|gamma:{self.gamma}"
        return f"nrefs:1|case:lc|tok:words-and-marks|stages:exact,stem|stem:{stems}|{parameters}"

    def _words(self, sentence: str) -> list[Word]:
        if self.language == "ko":
            return korean_stems(sentence)
        return [(word, _porter().stem(word)) for word in words(sentence)]


def align(prediction: Sequence[Word], reference: Sequence[Word]) -> list[Match]:
    """Match words as written, then what is left by stem; in order of the prediction."""
    matches: list[Match] = []
    for stage in range(2):
        places = defaultdict(list)
        taken = {theirs for _, theirs in matches}
        for theirs, word in enumerate(reference):
            if theirs not in taken:
                places[word[stage]].append(theirs)
        matches += _match_stage(prediction, places, stage, {ours for ours, _ in matches})
    return sorted(matches)


def _match_stage(
    prediction: Sequence[Word], places: dict[str, list[int]], stage: int, done: set[int]
) -> list[Match]:
    """From the last word to the first, each takes the last free place of its kind, as in nltk."""
    return [
        (ours, places[prediction[ours][stage]].pop())
        for ours in reversed(range(len(prediction)))
        if ours not in done and places[prediction[ours][stage]]
    ]


def _count(prediction: list[Word], reference: list[Word]) -> list[int]:
    matches = align(prediction, reference)
    same = [word for word, _ in prediction] == [word for word, _ in reference]
    return [len(matches), len(prediction), len(reference), 0 if same else _chunks(matches)]


def _chunks(matches: list[Match]) -> int:
    """How many runs of matches are adjacent on both sides."""
    following = zip(matches, matches[1:], strict=False)
    breaks = sum((a + 1, b + 1) != after for (a, b), after in following)
    return breaks + 1 if matches else 0


@cache
def _porter() -> Any:
    return require("nltk.stem.porter", "metrics").PorterStemmer()
