"""The two measures that KLUE has for itself (Park et al., 2021, https://arxiv.org/abs/2105.09680):
entities by their characters, and answers by the longest piece that they share with the true one.
"""

import string
from collections.abc import Sequence
from dataclasses import field
from difflib import SequenceMatcher
from typing import ClassVar

import numpy as np

from jium.config import config
from jium.evaluation.answers import NO_ANSWER, true_answers
from jium.evaluation.classification import per_class
from jium.evaluation.metric import check_pairs, corpus_score
from jium.text.bio import Span, tag_names, to_tags

_SIGNS = str.maketrans("", "", string.punctuation)


@config
class CharacterTags:
    """character_f1: the mean F1 of the tags of characters, from 0 to 100.

    All tags count, O as well, as in KLUE's own code; spaces do not. A text is the tags of its
    characters, parted by spaces (`tags_of`). Unlike there, [CLS] and [SEP] are no characters.
    """

    lower_is_better: ClassVar[bool] = False

    labels: list[str] = field(default_factory=list)

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def sentence(self, prediction: str, reference: str) -> float:
        """The share of right tags."""
        pairs = list(zip(prediction.split(), reference.split(), strict=True))
        return 100 * sum(a == b for a, b in pairs) / len(pairs) if pairs else 100.0

    def signature(self) -> str:
        return f"characters:no spaces|tags:O,{','.join(self.labels)}|f1:macro"

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Right, guessed and there, for each tag: (texts, 3 * tags)."""
        check_pairs(predictions, references)
        names = tag_names(self.labels)
        place = {name: number for number, name in enumerate(names)}
        found = np.zeros((len(references), 3, len(names)))
        for row, pair in zip(found, zip(predictions, references, strict=True), strict=True):
            guessed, there = (np.array([place[tag] for tag in s.split()], np.int64) for s in pair)
            for kind, tags in enumerate((there[guessed == there], guessed, there)):
                row[kind] = np.bincount(tags, minlength=len(names))
        return found.reshape(len(references), -1)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        right, guessed, there = np.asarray(totals, np.float64).reshape(3, -1)
        f1 = per_class(right, guessed, there)[2][guessed + there > 0]
        return {"character_f1": 100 * float(f1.mean()) if len(f1) else 0.0}


def tags_of(text: str, spans: Sequence[Span], labels: Sequence[str]) -> str:
    """The tag of each character that is no space."""
    starts = np.arange(len(text))
    names = tag_names(labels)
    tags = to_tags(spans, starts, starts + 1, labels)
    return " ".join(names[tag] for tag, c in zip(tags, text, strict=True) if not c.isspace())


@config
class SharedPiece:
    """em: answers that equal a true one; rouge_w: F1 of the longest piece of consecutive characters
    shared with the nearest true one, which is what KLUE calls ROUGE-W; both from 0 to 100.

    Compared in lower case, without ASCII punctuation, one space between words. References are
    written as those of `Answers`.
    """

    lower_is_better: ClassVar[bool] = False

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def sentence(self, prediction: str, reference: str) -> float:
        """rouge_w of one answer."""
        return 100 * self._best(prediction, reference)[1]

    def signature(self) -> str:
        return "answers:klue|rouge_w:longest common substring, characters|truth:best"

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Per answer: 1, em, rouge_w."""
        check_pairs(predictions, references)
        pairs = zip(predictions, references, strict=True)
        return np.array([(1.0, *self._best(*pair)) for pair in pairs])

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        n, em, rouge = totals
        return {"em": 100 * em / n, "rouge_w": 100 * rouge / n}

    def _best(self, prediction: str, reference: str) -> tuple[float, float]:
        found = _normalise(prediction)
        truths = [_normalise(truth) for truth in true_answers(reference) or [NO_ANSWER]]
        em = max(float(found == truth) for truth in truths)
        return em, max(_shared(found, truth) for truth in truths)


def _normalise(text: str) -> str:
    return " ".join(text.lower().translate(_SIGNS).split())


def _shared(prediction: str, truth: str) -> float:
    if not prediction or not truth:
        return float(prediction == truth)
    size = SequenceMatcher(None, prediction, truth, autojunk=False).find_longest_match().size
    return 2 * size / (len(prediction) + len(truth))
