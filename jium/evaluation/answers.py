"""How well answers are pulled out of passages: exact match and F1, against the best true answer.

Two sets of rules: those of KorQuAD 1.0 (Lim et al., 2019, https://arxiv.org/abs/1909.07005), whose
F1 counts characters, and those of SQuAD (Rajpurkar et al., 2016, section 6.1), whose F1 counts
words. Korean answers are also compared without the particles at their ends: 서울에서 for 서울 is an
answer that was cut one morpheme too late, not another one.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from jium.config import config
from jium.evaluation.metric import check_pairs, corpus_score
from jium.evaluation.morphemes import analyser
from jium.text.korean import kiwi

NO_ANSWER = ""
Rules = Literal["korquad", "squad"]

_QUOTES = re.compile("['\"《》<>〈〉()‘’]")  # KorQuAD puts a space in their place
_SIGNS = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_CLOSING = {"SF", "SP", "SS", "SSO", "SSC", "SE", "SO"}  # Kiwi's tags of signs that close a text


@config
class Answers:
    """em: answers that equal a true one once normalised; f1: the mean overlap with the nearest true
    one; both from 0 to 100.

    A reference holds the true answers, one a line; an empty one, as an empty prediction, says that
    there is none. particles: also em_stripped and f1_stripped. unanswerable: also how the questions
    with and without an answer fare by themselves, as SQuAD 2 reports it.
    """

    lower_is_better: ClassVar[bool] = False

    rules: Rules = "korquad"
    particles: bool = False
    unanswerable: bool = False

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def sentence(self, prediction: str, reference: str) -> float:
        """F1 of one answer."""
        return 100 * best(prediction, true_answers(reference), self.rules)[1]

    def signature(self) -> str:
        unit = "characters" if self.rules == "korquad" else "words"
        particles = f"|stripped:{analyser()}" if self.particles else ""
        return f"metric:answers|rules:{self.rules}|f1:{unit}|truth:best{particles}"

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Per answer: 1, em, f1; em and f1 stripped; of a question with an answer 1, em, f1; of one
        without 1, right.
        """
        check_pairs(predictions, references)
        truths = [true_answers(reference) for reference in references]
        plain = self._figures(predictions, truths)
        stripped = np.zeros_like(plain)
        if self.particles:
            flat = without_particles([*predictions, *(t for truth in truths for t in truth)])
            rest = iter(flat[len(predictions) :])
            own = [[next(rest) for _ in truth] for truth in truths]
            stripped = self._figures(flat[: len(predictions)], own)
        ones = np.ones((len(plain), 1))
        answered = np.array([[bool(truth)] for truth in truths], np.float64)
        with_answer = np.hstack([ones, plain]) * answered
        without = np.hstack([ones, plain[:, :1]]) * (1 - answered)
        return np.hstack([ones, plain, stripped, with_answer, without])

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        n, em, f1, em_stripped, f1_stripped, has, has_em, has_f1, none, none_right = totals
        scores = {"em": _percent(em, n), "f1": _percent(f1, n)}
        if self.particles:
            scores["em_stripped"] = _percent(em_stripped, n)
            scores["f1_stripped"] = _percent(f1_stripped, n)
        if self.unanswerable:
            scores["has_answer_em"] = _percent(has_em, has)
            scores["has_answer_f1"] = _percent(has_f1, has)
            scores["no_answer_accuracy"] = _percent(none_right, none)
        return scores

    def _figures(
        self, predictions: Sequence[str], truths: Sequence[Sequence[str]]
    ) -> np.ndarray[Any, Any]:
        pairs = zip(predictions, truths, strict=True)
        return np.array([best(*pair, self.rules) for pair in pairs], np.float64).reshape(-1, 2)


def metric_for(references: Sequence[str], rules: Rules | None = None) -> Answers:
    """The measure that suits some true answers: by the rules of KorQuAD where any is Korean."""
    korean = any("가" <= letter <= "힣" for reference in references for letter in reference)
    chosen: Rules = rules or ("korquad" if korean else "squad")
    return Answers(rules=chosen, particles=korean, unanswerable=not all(references))


def as_reference(answers: Sequence[str]) -> str:
    """True answers in one text, one a line."""
    return "\n".join(" ".join(answer.split()) for answer in answers)


def true_answers(reference: str) -> list[str]:
    """Undo `as_reference`."""
    return [line for line in reference.split("\n") if line.strip()]


def best(prediction: str, truths: Sequence[str], rules: Rules = "korquad") -> tuple[float, float]:
    """Exact match and F1, each against the true answer that it suits best; 0 to 1."""
    normalise, units = RULES[rules]
    found = normalise(prediction)
    pairs = [(found, normalise(truth)) for truth in truths or [NO_ANSWER]]
    em = max(float(a == b) for a, b in pairs)
    return em, max(_f1(units(a), units(b)) for a, b in pairs)


def _f1(predicted: Sequence[str], expected: Sequence[str]) -> float:
    """Of two bags; where one is empty, whether both are."""
    if not predicted or not expected:
        return float(not predicted and not expected)
    same = sum((Counter(predicted) & Counter(expected)).values())
    return 2 * same / (len(predicted) + len(expected))


# ---------------------------------------------------------------- what does not count


def normalise_korquad(text: str) -> str:
    """Lower case, without quotes, brackets and ASCII punctuation, one space between words."""
    return " ".join(_QUOTES.sub(" ", text).lower().translate(_SIGNS).split())


def normalise_squad(text: str) -> str:
    """Lower case, without ASCII punctuation and English articles, one space between words."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_SIGNS)).split())


def _characters(text: str) -> list[str]:
    return [character for word in text.split() for character in word]


RULES: dict[str, tuple[Callable[[str], str], Callable[[str], list[str]]]] = {
    "korquad": (normalise_korquad, _characters),
    "squad": (normalise_squad, str.split),
}


def without_particles(texts: Sequence[str]) -> list[str]:
    """Texts without the particles at their ends, as Kiwi sees them, nor the signs after these:
    서울에서는 to 서울. A text that is nothing else stays.
    """
    return [_stripped(*pair) for pair in zip(texts, kiwi().tokenize(list(texts)), strict=True)]


def _stripped(text: str, tokens: Sequence[Any]) -> str:
    end = len(text)
    for token in reversed(tokens):
        if token.tag.startswith("J"):
            end = token.start
        elif token.tag not in _CLOSING:
            break
    return text[:end] if text[:end].strip() else text


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0
