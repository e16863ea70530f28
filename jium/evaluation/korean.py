"""Korean judged as Korean: speech level, agreement of particles, spacing.

For Korean predictions only; of other languages they say nothing (0, or 100 where there is no
particle to be wrong). They stand beside a metric of meaning, for each can be perfect in nonsense.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import ClassVar

import numpy as np

from jium.config import config
from jium.evaluation.metric import check_pairs, corpus_score
from jium.evaluation.morphemes import analyser
from jium.text.particles import GAIN, particle_agreement
from jium.text.speech_level import speech_levels


@config
class SpeechLevel:
    """speech_level: of references that have a speech level, how many predictions have the same.

    consistent_levels: how many predictions keep to one level, quoted speech aside. A text of
    several sentences has the level of most of them.
    """

    lower_is_better: ClassVar[bool] = False

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Per text: same level, level in the reference, one level only, 1."""
        check_pairs(predictions, references)
        pairs = zip(predictions, references, strict=True)
        return np.asarray([_same_level(*pair) for pair in pairs], dtype=np.float64)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        same, comparable, consistent, texts = totals
        return {
            "speech_level": _percent(same, comparable),
            "consistent_levels": _percent(consistent, texts),
        }

    def sentence(self, prediction: str, reference: str) -> float:
        return self([prediction], [reference])["speech_level"]

    def signature(self) -> str:
        return f"metric:speech_level|endings:{analyser()}"


@config
class Particles:
    """How many particles agree with the sound before them (은/는, 이/가, 을/를, 으로/로, ...).

    References are not read: agreement needs none. A text without particles has none wrong.
    """

    lower_is_better: ClassVar[bool] = False

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Per text: particles that agree, particles."""
        check_pairs(predictions, references)
        return np.asarray([particle_agreement(text) for text in predictions], dtype=np.float64)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        right, particles = totals
        return {"particles": _percent(right, particles, none=100.0)}

    def sentence(self, prediction: str, reference: str) -> float:
        return self([prediction], [reference])["particles"]

    def signature(self) -> str:
        return f"metric:particles|gain:{GAIN}|morphemes:{analyser()}"


@config
class Spacing:
    """F1 of the spaces of a prediction, where it has two letters in a row that the reference has.

    Other places are not compared, so that wrong words are not also counted as wrong spaces.
    """

    lower_is_better: ClassVar[bool] = False

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Per text: spaces in both, in the prediction, in the reference; places compared."""
        check_pairs(predictions, references)
        pairs = zip(predictions, references, strict=True)
        return np.asarray([_spaces(*pair) for pair in pairs], dtype=np.float64)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        both, predicted, expected, places = totals
        return {"spacing": _percent(2 * both, predicted + expected, none=100.0 if places else 0.0)}

    def sentence(self, prediction: str, reference: str) -> float:
        return self([prediction], [reference])["spacing"]

    def signature(self) -> str:
        return "metric:spacing|align:difflib|average:f1"


def _percent(part: float, whole: float, none: float = 0.0) -> float:
    return 100 * part / whole if whole else none


def _same_level(prediction: str, reference: str) -> tuple[bool, bool, bool, int]:
    said, expected = speech_levels(prediction), speech_levels(reference)
    comparable = bool(expected.levels)
    same = comparable and said.levels[:1] == expected.levels[:1]
    return same, comparable, not said.mixed, 1


def _spaces(prediction: str, reference: str) -> tuple[int, int, int, int]:
    letters, spaced = _letters(prediction)
    others, others_spaced = _letters(reference)
    places = list(_shared_places(letters, others))
    mine = [spaced[place] for place, _ in places]
    theirs = [others_spaced[place] for _, place in places]
    both = sum(a and b for a, b in zip(mine, theirs, strict=True))
    return both, sum(mine), sum(theirs), len(places)


def _letters(text: str) -> tuple[str, list[bool]]:
    """The text without spaces, and for each character whether a space follows it."""
    words = text.split()
    return "".join(words), [n == len(word) for word in words for n in range(1, len(word) + 1)]


def _shared_places(letters: str, others: str) -> Iterator[tuple[int, int]]:
    """Places in both texts where the same two characters follow each other."""
    for match in SequenceMatcher(None, letters, others, autojunk=False).get_matching_blocks():
        for step in range(match.size - 1):
            yield match.a + step, match.b + step
