"""The starter corpus: Korean-English sentence pairs that come with jium, written for it.

The folder `starter` holds sentences by topic (`daily.tsv`, ...), many with slots, and the words
that fill them (`words.txt`); the language of slots is told in `phrasebook`.

"valid" and "test" hold sentences that "train" lacks in both languages, but made of its patterns and
its words: they tell whether a model has learnt to combine, and say little about other text.
"unseen" is harder: a few sentences written by hand that follow no pattern, of words of the corpus.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Literal, get_args

from jium.data.phrasebook import Pattern, read_tables, read_verbs
from jium.errors import DataError

Split = Literal["train", "valid", "test", "unseen"]

TOPICS = (
    *("daily", "school", "travel", "shop", "food", "weather", "family", "work", "health", "hobby"),
    *("city", "home", "feelings", "time", "phone", "talk"),
)
# so that a pattern with three wide slots does not drown one with a narrow one
MOST_PER_PATTERN = 100

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class StarterPair:
    """A Korean sentence, its English translation, and its topic."""

    source: str
    target: str
    tag: str


def read(split: Split) -> Iterator[StarterPair]:
    """The pairs of one split, always the same, in the same order."""
    if split not in get_args(Split):
        raise DataError(
            "The starter corpus has no split {split!r}. It has: {splits}.",
            split=split,
            splits=", ".join(get_args(Split)),
        )
    return iter(_splits()[split])


@cache
def _splits() -> dict[str, list[StarterPair]]:
    pairs, whole = _all_pairs()
    part = {pair.target: _part(pair.target) for pair in pairs} | dict.fromkeys(whole, "train")
    known = {word for pair in pairs if part[pair.target] == "train" for word in _words(pair)}
    for pair in pairs:
        if not known.issuperset(_words(pair)):  # a word held out whole could not be learnt
            part[pair.target] = "train"
    splits: dict[str, list[StarterPair]] = {name: [] for name in get_args(Split)}
    for pair in pairs:
        splits[part[pair.target]].append(pair)
    for line in _lines("unseen.tsv"):
        source, target = line.split("\t")
        splits["unseen"].append(StarterPair(source, target, "unseen"))
    return splits


def _part(target: str) -> str:
    """By the English sentence, so that 가요 and 갑니다, one sentence in English, stay together."""
    share = sha256(target.encode()).digest()[0] / 256
    return "train" if share < 0.94 else "valid" if share < 0.97 else "test"


def _words(pair: StarterPair) -> list[str]:
    return _WORD.findall(pair.source) + _WORD.findall(pair.target.lower())


def _all_pairs() -> tuple[list[StarterPair], set[str]]:
    """All pairs, and the English of those without slots, which nothing else could teach."""
    pairs: dict[str, StarterPair] = {}  # by Korean: several patterns may make the same sentence
    whole = set()
    for topic, pattern in patterns():
        for source, target in pattern.pairs(MOST_PER_PATTERN):
            pairs.setdefault(source, StarterPair(source, target, topic))
            if not pattern.choices:
                whole.add(target)
    return list(pairs.values()), whole


def patterns() -> Iterator[tuple[str, Pattern]]:
    """Every line of every topic, with the topic."""
    tables = read_tables(_lines("words.txt"), read_verbs(_lines("verbs.txt")))
    for topic in TOPICS:
        for line in _lines(f"{topic}.tsv"):
            yield topic, Pattern(line, tables)


def _lines(name: str) -> list[str]:
    text = files("jium").joinpath("data", "starter", name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
