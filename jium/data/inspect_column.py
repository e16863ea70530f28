"""What stands in one column of a file, counted value by value in flat memory."""

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from jium.data.characters import odd_kinds
from jium.data.duplicates import Seen, fingerprint
from jium.data.korean_sample import Korean, Sample, look
from jium.data.scripts import count_letters

SAMPLE = 10_000  # lengths kept of a column, for its median and percentile
BINS = 24  # of the picture of its lengths
ALONE = 0.9  # share of the letters that makes a value Korean, or Latin, and not mixed


@dataclass
class Column:
    """What stands in one column. Lengths are in characters, of what is not empty.

    median, p95, histogram: exact up to SAMPLE values, of a random sample of as many beyond.
    histogram: (from this length, share of the values); the last has all longer ones too.
    types: values by type. scripts: share of the letters. odd: values by kind of oddity.
    languages: share of the values that are "ko", "latin", "mixed" (of both), "other" scripts, or
        "none" (without letters); which language Latin letters spell is not told.
    repeated: values that stood there before, letter for letter; repeated_loosely: but for case,
        spaces and punctuation. korean: how its Korean is written, or None where there is none.
    """

    name: str
    types: dict[str, int]
    empty: float
    shortest: int
    median: int
    p95: int
    longest: int
    histogram: list[tuple[int, float]]
    scripts: dict[str, float]
    languages: dict[str, float]
    odd: dict[str, int]
    repeated: int
    repeated_loosely: int
    korean: Korean | None

    @property
    def is_text(self) -> bool:
        """Whether most of its values are text with letters in it."""
        texts = self.types.get("text", 0)
        return texts * 2 > sum(self.types.values()) and self.languages.get("none", 0) < 0.5


@dataclass
class Tally:
    """What was counted in a column so far."""

    random: Random
    values: int = 0
    empty: int = 0
    shortest: int = 0
    longest: int = 0
    types: Counter[str] = field(default_factory=Counter)
    letters: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)
    lengths: list[int] = field(default_factory=list)
    repeated: int = 0
    repeated_loosely: int = 0

    def __post_init__(self) -> None:
        self.seen, self.seen_loosely = Seen(), Seen()
        self.korean = Sample(self.random)

    def add(self, value: Any) -> None:
        """Count one value."""
        text = value if isinstance(value, str) else "" if value is None else str(value)
        if not text.strip():
            self.empty += 1
            return
        self.values += 1
        self.types[_type(value)] += 1
        self._add_length(len(text))
        letters = count_letters(text[:SAMPLE])
        language = language_of(letters)
        self.letters.update(letters)
        self.languages[language] += 1
        self.odd.update(odd_kinds(text))
        self.repeated += not self.seen.add(fingerprint(text))
        self.repeated_loosely += not self.seen_loosely.add(fingerprint(loosely(text)))
        if language in ("ko", "mixed"):
            self.korean.add(text)

    def _add_length(self, length: int) -> None:
        self.shortest = min(self.shortest or length, length)
        self.longest = max(self.longest, length)
        if len(self.lengths) < SAMPLE:
            self.lengths.append(length)
        elif (place := self.random.randrange(self.values)) < SAMPLE:  # Vitter (1985), algorithm R
            self.lengths[place] = length

    def column(self, name: str, rows: int) -> Column:
        """The report, of a file with so many rows. A key that a row lacks is empty too."""
        lengths = sorted(self.lengths) or [0]
        return Column(
            name=name,
            types=dict(self.types.most_common()),
            empty=(rows - self.values) / rows if rows else 0.0,
            shortest=self.shortest,
            median=lengths[len(lengths) // 2],
            p95=lengths[int(len(lengths) * 0.95)],
            longest=self.longest,
            histogram=histogram(lengths),
            scripts=_shares(self.letters),
            languages=_shares(self.languages),
            odd=dict(self.odd.most_common()),
            repeated=self.repeated,
            repeated_loosely=self.repeated_loosely,
            korean=look(self.korean.texts),
        )


def language_of(letters: Counter[str]) -> str:
    """ "ko", "latin", "mixed" of both, "other", or "none", by the scripts of the letters."""
    total = letters.total()
    if not total:
        return "none"
    hangul, latin = letters["hangul"] / total, letters["latin"] / total
    if hangul + latin < 0.5:
        return "other"
    return "ko" if hangul >= ALONE else "latin" if latin >= ALONE else "mixed"


def loosely(text: str) -> str:
    """Its letters and digits in NFC and one case: what makes two texts the same to a reader."""
    composed = unicodedata.normalize("NFC", text).casefold()
    return "".join(filter(str.isalnum, composed)) or composed


def histogram(lengths: list[int]) -> list[tuple[int, float]]:
    """Sorted lengths in bins of one width, the last with the longest hundredth as well."""
    most = lengths[min(int(len(lengths) * 0.99), len(lengths) - 1)]
    width = most // BINS + 1
    counts = Counter(min(length, most) // width for length in lengths)
    return [(n * width, counts[n] / len(lengths)) for n in range(most // width + 1)]


def _shares(counts: Counter[str]) -> dict[str, float]:
    return {name: count / counts.total() for name, count in counts.most_common()}


def _type(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return type(value).__name__
