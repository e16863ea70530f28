"""How probable a Korean word (eojeol) is: what stands before it, how often it was seen, its stem
and particle or ending, its syllables.

Four estimates, mixed with weights found by EM on words held out (Jelinek and Mercer 1980): the more
specific ones where they know the word, the others where they do not.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from jium.text.hangul import FIRST, is_syllable

SYLLABLES = 11172  # modern ones, all that can be written
START, END = "^", "$"
LEARNED_FROM = 100_000  # words that the syllables are counted in


class Stem(NamedTuple):
    """A word without its particle or ending, and what decides which of these it takes."""

    text: str
    taker: str  # "n" or "v" with the final consonant: "n", "nㄹ", "n+", "v", "vㄹ", "vㅆ", "v+"


@dataclass(frozen=True)
class Counts:
    """What was counted in a corpus.

    words: how often each. stem_ends: of the words analysed, where the stem ends and whether it
    is a noun or verb. pairs: how often one word followed another.
    """

    words: dict[str, int]
    stem_ends: dict[str, tuple[int, str]]
    pairs: dict[tuple[str, str], int]


class WordPrior:
    """P(word | the word before)."""

    def __init__(self, counts: Counts, weights: tuple[float, ...] = (0.2, 0.5, 0.2, 0.1)):
        self.counts, self.weights = counts, weights
        self._total = sum(counts.words.values())
        self._syllables = _Syllables(list(counts.words))
        self._known: dict[str, tuple[float, float, float]] = {}

    def log_probability(self, word: str, before: str | None) -> float:
        """log P(word | before); None: nothing is known of what stands before."""
        return math.log(sum(self._parts(word, before)))

    def estimates(self, word: str, before: str | None) -> list[float]:
        """The four estimates, unweighted: after `before`, alone, by parts, by syllables."""
        if (found := self._known.get(word)) is None:
            alone = self.counts.words.get(word, 0) / self._total
            found = (alone, self.by_parts(word), self._syllables.probability(word))
            if len(self._known) < 2**18:
                self._known[word] = found
        after = 0.0
        if before is not None and (n := self._after.get(before)):
            after = self.counts.pairs.get((before, word), 0) / n
        return [after, *found]

    def _parts(self, word: str, before: str | None) -> Iterator[float]:
        weights = self.weights
        if before is None or before not in self._after:
            weights = (0.0, *(w / (1 - weights[0]) for w in weights[1:]))
        return (w * p for w, p in zip(weights, self.estimates(word, before), strict=True))

    def fitted(self, held_out: Iterable[tuple[str, str | None]], rounds: int = 10) -> "WordPrior":
        """The same with the weights that make (word, word before) of other text likeliest."""
        rows = [self.estimates(word, before) for word, before in held_out]
        rows = [row for row in rows if sum(row)]
        weights = self.weights
        for _ in range(rounds if rows else 0):
            sums = [0.0] * len(weights)
            for row in rows:
                parts = [w * p for w, p in zip(weights, row, strict=True)]
                whole = sum(parts)
                sums = [s + part / whole for s, part in zip(sums, parts, strict=True)]
            weights = tuple(max(s / len(rows), 1e-4) for s in sums)
        weights = tuple(w / sum(weights) for w in weights)
        return WordPrior(self.counts, weights)

    def by_parts(self, word: str) -> float:
        """P(stem) P(particle or ending | stem), over all ways to cut the word."""
        return (
            sum(
                self.stems[stem] / self._n_stems * self.tails[stem.taker][word[end:]]
                for end in range(1, len(word) + 1)
                for stem in (taking(word[:end], kind) for kind in "nv")
                if stem in self.stems and word[end:] in self.tails[stem.taker]
            )
            / 1.0
        )

    @cached_property
    def stems(self) -> Counter[Stem]:
        """How often each stem."""
        found: Counter[Stem] = Counter()
        for word, (end, kind) in self.counts.stem_ends.items():
            found[taking(word[:end], kind)] += self.counts.words[word]
        return found

    @cached_property
    def tails(self) -> dict[str, dict[str, float]]:
        """For each kind of stem, the share of each particle or ending ("": none)."""
        counted: dict[str, Counter[str]] = defaultdict(Counter)
        for word, (end, kind) in self.counts.stem_ends.items():
            counted[taking(word[:end], kind).taker][word[end:]] += self.counts.words[word]
        shares: dict[str, dict[str, float]] = defaultdict(dict)
        for taker, tails in counted.items():
            shares[taker] = {tail: n / tails.total() for tail, n in tails.items()}
        return shares

    @cached_property
    def _n_stems(self) -> int:
        return max(self.stems.total(), 1)

    @cached_property
    def _after(self) -> Counter[str]:
        """How often something followed each word."""
        found: Counter[str] = Counter()
        for (before, _), n in self.counts.pairs.items():
            found[before] += n
        return found


def taking(stem: str, kind: str) -> Stem:
    """The stem with its kind ("n" or "v") and final consonant, on which the form of 은/는 hangs."""
    final = (ord(stem[-1]) - FIRST) % 28 if is_syllable(stem[-1]) else 0
    ending = {0: "", 8: "ㄹ", 20: "ㅆ" if kind == "v" else "+"}.get(final, "+")
    return Stem(stem, kind + ending)


class _Syllables:
    """P(syllables of a word), each after the two before it.

    Interpolated as Witten and Bell (1991) do; counted over different words, as what is new to us
    resembles rare words more than frequent ones.
    """

    def __init__(self, words: Sequence[str]):
        texts = [START + word + END for word in words[:: 1 + len(words) // LEARNED_FROM]]
        self._seen = Counter(
            text[start:end]
            for text in texts
            for end in range(2, len(text) + 1)
            for start in range(max(end - 3, 0), end)
        )
        self._follow: Counter[str] = Counter()  # how often something came after
        self._kinds: Counter[str] = Counter()  # and how many different
        for gram, n in self._seen.items():
            self._follow[gram[:-1]] += n
            self._kinds[gram[:-1]] += 1

    def probability(self, word: str) -> float:
        text = START + word + END
        return math.prod(
            self._of(text[max(end - 3, 0) : end - 1], text[end - 1])
            for end in range(2, len(text) + 1)
        )

    def _of(self, before: str, syllable: str) -> float:
        shorter = self._of(before[1:], syllable) if before else 1 / SYLLABLES
        follow, kinds = self._follow[before], self._kinds[before]
        if not follow:
            return shorter
        return (self._seen[before + syllable] + kinds * shorter) / (follow + kinds)
