"""The search of the noisy channel: of the words near what was typed, which was meant?

P(meant | typed) is proportional to P(typed | meant), `jium.text.spelling`, times P(meant), the word
prior. Words are judged together: a hidden Markov model whose states are the candidates and whose
outputs are the words as typed, so each correction has a probability given the whole text.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from jium.models.word_prior import WordPrior, taking
from jium.text.deletions import DeletionIndex
from jium.text.keyboard import from_keys, to_keys
from jium.text.spelling import Channel, respellings

CANDIDATES = 6  # kept for each word
MARGIN = 6.0  # nats by which context may favour a word; one further behind is not looked at
LONGEST = 40  # keys of a word that is looked at


class Guess(NamedTuple):
    """What was probably meant, and how probable that is."""

    word: str
    probability: float


class SpellingSearch:
    """A word prior, a channel, and the indexes to find candidates by."""

    def __init__(self, prior: WordPrior, channel: Channel, min_count: int = 2):
        self.prior, self.channel = prior, channel
        often = [word for word, n in prior.counts.words.items() if n >= min_count]
        stems = {stem.text for stem, n in prior.stems.items() if n >= min_count}
        tails = {tail for shares in prior.tails.values() for tail in shares if tail}
        self._words = _index(often)
        self._stems = _index(sorted(stems))
        self._tails = _index(sorted(tails))

    def guesses(self, words: Sequence[str]) -> list[Guess]:
        """For each word of a text its likeliest intention; the word itself where none is near."""
        if not words:
            return []
        choices = [self._candidates(word) for word in words]
        forward = self._pass(choices)
        backward = self._back(choices)
        found = []
        for options, ahead, behind in zip(choices, forward, backward, strict=True):
            scores = [a + b for a, b in zip(ahead, behind, strict=True)]
            whole = _log_sum(scores)
            best = max(range(len(scores)), key=scores.__getitem__)
            found.append(Guess(options[best][0], math.exp(scores[best] - whole)))
        return found

    def _pass(self, choices: list[list[tuple[str, float]]]) -> list[list[float]]:
        """log P(words up to here as typed, this one meant)."""
        ahead: list[list[float]] = []
        for place, options in enumerate(choices):
            row = []
            for word, likelihood in options:
                ways = (
                    [
                        score + self.prior.log_probability(word, before)
                        for (before, _), score in zip(choices[place - 1], ahead[-1], strict=True)
                    ]
                    if place
                    else [self.prior.log_probability(word, None)]
                )
                row.append(likelihood + _log_sum(ways))
            ahead.append(row)
        return ahead

    def _back(self, choices: list[list[tuple[str, float]]]) -> list[list[float]]:
        """log P(words after this one as typed | this one meant)."""
        behind = [[0.0] * len(choices[-1])]
        for options, after in zip(choices[-2::-1], choices[:0:-1], strict=True):
            row = []
            for before, _ in options:
                ways = [
                    self.prior.log_probability(word, before) + likelihood + score
                    for (word, likelihood), score in zip(after, behind[-1], strict=True)
                ]
                row.append(_log_sum(ways))
            behind.append(row)
        return behind[::-1]

    def _candidates(self, typed: str) -> list[tuple[str, float]]:
        """Words that may have been meant, with log P(typed | word); what was typed comes first."""
        keys = to_keys(typed)
        itself = (typed, self.channel.log_likelihood(keys, keys))
        if len(keys) > LONGEST:
            return [itself]
        itself_scores = itself[1] + self.prior.log_probability(typed, None)
        hopeless = itself_scores - MARGIN - self.channel.best_log_likelihood(keys)
        scored = []
        for meant in self._near(keys) - {keys}:
            word = from_keys(meant)
            prior = self.prior.log_probability(word, None)
            if prior > hopeless:
                likelihood = self.channel.log_likelihood(keys, meant)
                scored.append((likelihood + prior, word, likelihood))
        scored.sort(reverse=True)
        return [itself, *((word, likelihood) for _, word, likelihood in scored[: CANDIDATES - 1])]

    def _near(self, keys: str) -> set[str]:
        """Keys of known words near these; and of known stems with known endings, one of them
        mistyped.
        """
        alike = respellings(keys)
        found = set(self._words.near(keys)) | {other for other in alike if other in self._words}
        for cut in range(1, len(keys)):
            stem, tail = keys[:cut], keys[cut:]
            if tail in self._tails:
                stems = self._stems.near(stem)
                stems += [other for other in respellings(stem) if other in self._stems]
                found |= {other + tail for other in stems if self._takes(other, tail)}
            if stem in self._stems:
                tails = self._tails.near(tail)
                tails += [other for other in respellings(tail) if other in self._tails]
                found |= {stem + other for other in tails if self._takes(stem, other)}
        return found

    def _takes(self, stem: str, tail: str) -> bool:
        """Whether a stem of this kind was seen with the ending: 학교 with 는, not with 은."""
        text, ending = from_keys(stem), from_keys(tail)
        kinds = (taking(text, kind) for kind in "nv")
        return any(ending in self.prior.tails[k.taker] for k in kinds if k in self.prior.stems)


def _index(words: Sequence[str]) -> DeletionIndex:
    return DeletionIndex([to_keys(word) for word in words])


def _log_sum(values: Sequence[float]) -> float:
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values))
