"""How words come to be misspelled: the probability of what was typed, given what was meant.

The channel of Kernighan, Church and Gale (1990), https://aclanthology.org/C90-2036, with the
many-letter edits of Brill and Moore (2000), https://aclanthology.org/P00-1037, over the keys of the
Korean keyboard: a slip to a near key, a forgotten, doubled or swapped key, and letters that sound
alike.
"""

import math
from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar

from jium.config import config
from jium.errors import ConfigError
from jium.text.keyboard import KEYS, neighbours

# Keys that are heard alike, or nearly, and so are written for each other, in either direction.
ALIKE = (
    *(
        ("ㅐ", "ㅔ"),
        ("ㅒ", "ㅖ"),
        ("ㅖ", "ㅔ"),
        ("ㅗㅣ", "ㅗㅐ"),
        ("ㅗㅐ", "ㅜㅔ"),
        ("ㅗㅣ", "ㅜㅔ"),
    ),
    *(
        ("ㅡㅣ", "ㅣ"),
        ("ㅡㅣ", "ㅔ"),
        ("ㅜㅣ", "ㅣ"),
        ("ㅣㅇㅓ", "ㅕ"),
        ("ㄴㅎ", "ㄴ"),
        ("ㄹㅎ", "ㄹ"),
    ),
    *(
        ("ㅆ", "ㅅ"),
        ("ㅌㅇㅣ", "ㅊㅣ"),
        ("ㄷㅇㅣ", "ㅈㅣ"),
        ("ㅂ", "ㅍ"),
        ("ㄱ", "ㄲ"),
        ("ㅅ", "ㅈ"),
    ),
    *(
        ("ㅈ", "ㅊ"),
        ("ㅅ", "ㅊ"),
        ("ㄴㅎㅇ", "ㄴ"),
        ("ㄹㅎㅇ", "ㄹ"),
        ("ㅌ", "ㅅ"),
        ("ㄹㄱ", "ㄱ"),
        ("ㅂㅅ", "ㅂ"),
        ("ㄱ", "ㅋ"),
    ),
)


@config
class Channel:
    """How often, and how, a word is misspelled."""

    typo_rate: float = 0.02  # share of words with an error
    alike: float = 0.35  # of the errors, the share of each kind: written as it sounds
    near: float = 0.25  # a key beside the right one, or the right one with a wrong shift
    left_out: float = 0.15
    put_in: float = 0.1  # a key too many
    swapped: float = 0.1  # two keys in the wrong order
    other: float = 0.05  # any key instead of another

    kinds: ClassVar[tuple[str, ...]] = ("alike", "near", "left_out", "put_in", "swapped", "other")

    def __post_init__(self) -> None:
        for key in ("typo_rate", *self.kinds):
            if not 0 < (value := getattr(self, key)) < 1:
                raise ConfigError("must be between 0 and 1; got {value}.", key=key, value=value)

    def log_likelihood(self, typed: str, meant: str) -> float:
        """log P(typed | meant), of keys, by the likeliest way to make one from the other."""
        if typed == meant:
            return math.log1p(-self.typo_rate)
        # An error is as likely at one place as at another.
        place = math.log(self.typo_rate) - math.log(len(meant) + 1)
        return self._likeliest(*_different(typed, meant), place)

    def best_log_likelihood(self, typed: str) -> float:
        """No word of about this length has a likelihood above this, but the one typed."""
        return math.log(self.typo_rate) - math.log(len(typed)) + max(self._shares.values())

    def _likeliest(self, typed: str, meant: str, place: float) -> float:
        """Damerau-Levenshtein with edits of several keys; the best sum instead of the least."""
        best: list[list[float]] = []  # [keys of meant][keys of typed]
        for i in range(len(meant) + 1):
            best.append([])
            for j in range(len(typed) + 1):
                ways = [0.0] if i == j == 0 else []
                if i and j and meant[i - 1] == typed[j - 1]:
                    ways.append(best[i - 1][j - 1])
                for n_meant, n_typed, share in self._edits(meant[:i], typed[:j]):
                    ways.append(best[i - n_meant][j - n_typed] + share + place)
                best[i].append(max(ways))
        return best[-1][-1]

    def _edits(self, meant: str, typed: str) -> Iterator[tuple[int, int, float]]:
        """Errors that both texts may end with: keys meant, keys typed, log of the share."""
        share = self._shares
        if meant:
            yield 1, 0, share["left_out"]
        if typed:
            yield 0, 1, share["put_in"]
        if meant and typed:
            near = typed[-1] in neighbours(meant[-1]) if meant[-1] in KEYS else False
            yield 1, 1, share["near" if near else "other"]
        if len(meant) > 1 and typed[-2:] == meant[-1] + meant[-2]:
            yield 2, 2, share["swapped"]
        for right, wrong in _RULES.get((meant[-1:], typed[-1:]), ()):
            if meant.endswith(right) and typed.endswith(wrong):
                yield len(right), len(wrong), share["alike"]

    @cached_property
    def _shares(self) -> dict[str, float]:
        """log of the share of one error among all: that of its kind, among those of the kind."""
        among = {"alike": 2, "near": 5, "left_out": 1, "put_in": 8, "swapped": 1}
        return {
            kind: math.log(getattr(self, kind) / among.get(kind, len(KEYS))) for kind in self.kinds
        }


def respellings(keys: str) -> set[str]:
    """The keys of words that sound like this one, a single difference each."""
    found = set()
    for rules in _RULES.values():
        for right, wrong in rules:
            at = keys.find(wrong)
            while at >= 0:
                found.add(keys[:at] + right + keys[at + len(wrong) :])
                at = keys.find(wrong, at + 1)
    return found


def _different(typed: str, meant: str, around: int = 2) -> tuple[str, str]:
    """Both without what they begin and end with alike, but for the keys that an edit may need."""
    shorter = min(len(typed), len(meant))
    start = next((i for i in range(shorter) if typed[i] != meant[i]), shorter)
    rest = shorter - start
    end = next((i for i in range(rest) if typed[-1 - i] != meant[-1 - i]), rest)
    start, end = max(start - around, 0), max(end - around, 0)
    return typed[start : len(typed) - end], meant[start : len(meant) - end]


def _rules() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """(meant, typed) by their last keys."""
    table: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for a, b in ALIKE:
        for right, wrong in ((a, b), (b, a)):
            table.setdefault((right[-1], wrong[-1]), []).append((right, wrong))
    return table


_RULES = _rules()
