"""Typing errors made on purpose, to measure what repairs them.

A model of hands and ears that shares no number with the channel of `jium.text.spelling`: a slip
lands around the right key with a normal distribution, and letters are written as Korean is
pronounced (Standard Pronunciation, articles 10 to 18), syllable by syllable.
"""

import random
import re
from collections.abc import Callable

from jium.config import config
from jium.ranges import share
from jium.text.eojeol import word_spans
from jium.text.keyboard import KEYS, SHIFTED, distance, from_keys, to_keys

SPREAD = 0.6  # widths of a key; the standard deviation of a slip


@config
class Noise:
    """How much of a text goes wrong, and how."""

    rate: float = 0.05  # share of words, one error each
    seed: int = 0

    def __post_init__(self) -> None:
        share(rate=self.rate)

    def __call__(self, texts: list[str]) -> list[str]:
        """The texts with errors in them, the same for the same seed. Words stay as many."""
        draw = random.Random(self.seed)
        return [self._spoil(text, draw) for text in texts]

    def _spoil(self, text: str, draw: random.Random) -> str:
        pieces, at = [], 0
        for start, end in word_spans(text):
            word = text[start:end]
            spoiled = misspell(word, draw) if draw.random() < self.rate else word
            pieces += [text[at:start], spoiled]
            at = end
        return "".join([*pieces, text[at:]])


def misspell(word: str, draw: random.Random) -> str:
    """The word with one error; itself where none of several tries changes it."""
    for _ in range(8):
        kind = draw.choices(KINDS, SHARES)[0]
        wrong = kind(word, draw)
        if wrong != word and any("가" <= character <= "힣" for character in wrong):
            return wrong
    return word


# ---------------------------------------------------------------- slips of the hand


def _slip(word: str, draw: random.Random) -> str:
    keys = to_keys(word)
    at = draw.randrange(len(keys))
    if keys[at] not in KEYS:
        return word
    x, y = abs(draw.gauss(0, SPREAD)), abs(draw.gauss(0, SPREAD))
    reach = max((x * x + y * y) ** 0.5, 1.0)
    near = [k for k in KEYS if k not in SHIFTED and 0 < distance(keys[at], k) <= reach + 0.12]
    return from_keys(keys[:at] + draw.choice(near or [keys[at]]) + keys[at + 1 :])


def _shift(word: str, draw: random.Random) -> str:
    """Shift held where it should not be, or the other way."""
    keys = to_keys(word)
    other = SHIFTED | {plain: shifted for shifted, plain in SHIFTED.items()}
    places = [i for i, key in enumerate(keys) if key in other]
    if not places:
        return word
    at = draw.choice(places)
    return from_keys(keys[:at] + other[keys[at]] + keys[at + 1 :])


def _forget(word: str, draw: random.Random) -> str:
    keys = to_keys(word)
    at = draw.randrange(len(keys))
    return from_keys(keys[:at] + keys[at + 1 :])


def _repeat(word: str, draw: random.Random) -> str:
    keys = to_keys(word)
    at = draw.randrange(len(keys))
    return from_keys(keys[: at + 1] + keys[at:])


def _swap(word: str, draw: random.Random) -> str:
    keys = to_keys(word)
    at = draw.randrange(max(len(keys) - 1, 1))
    return from_keys(keys[:at] + keys[at : at + 2][::-1] + keys[at + 2 :])


# ---------------------------------------------------------------- errors of the ear


def _as_heard(word: str, draw: random.Random) -> str:
    """One place written as it is pronounced, or as its like is written."""
    keys = to_keys(word)
    found = [
        keys[: match.start()] + by + keys[match.end() :]
        for pattern, by in HEARD
        for match in pattern.finditer(keys)
    ]
    return from_keys(draw.choice(found)) if found else word


_CONSONANTS = "ㄱㄲㄴㄷㄹㅁㅂㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_CLOSED = f"(?=[{_CONSONANTS}](?!ㅇ)[^{_CONSONANTS}]|$)"  # before a syllable, or at the end
HEARD = [
    (re.compile(pattern), by)
    for pattern, by in (
        *(("ㅐ", "ㅔ"), ("(?<!ㅜ)ㅔ", "ㅐ"), ("ㅗㅐ", "ㅗㅣ"), ("ㅗㅣ", "ㅗㅐ"), ("ㅜㅔ", "ㅗㅐ")),
        *(("ㅡㅣ", "ㅔ"), ("(?<=[ㅎㄱㅁ])ㅡㅣ", "ㅣ"), ("(?<=[ㄱㅍㅎ])ㅖ", "ㅔ")),
        *(
            ("(?<=[ㄱㄴㄷㄹㅁㅂㅅㅈ])ㅇ(?=[ㅏㅓㅗㅜㅡㅣ])", ""),
            ("ㅌㅇㅣ", "ㅊㅣ"),
            ("ㄷㅇㅣ", "ㅈㅣ"),
        ),
        *(
            (f"ㅆ{_CLOSED}", "ㅅ"),
            (f"ㅅ{_CLOSED}", "ㄷ"),
            (f"ㅍ{_CLOSED}", "ㅂ"),
            (f"ㄲ{_CLOSED}", "ㄱ"),
        ),
        *(("ㄴㅎ(?=[ㄱㄷㄴㅈㅇ])", "ㄴ"), ("ㄹㅎ(?=[ㅇㄴ])", "ㄹ"), ("(?<=[ㅏㅓㅗ])ㅎㅇ", "ㅇ")),
        *(("ㄱ(?=[ㄴㅁ])", "ㅇ"), ("ㅂ(?=ㄴ)", "ㅁ"), ("ㄴ(?=ㄹ)", "ㄹ")),
    )
]
KINDS: list[Callable[[str, random.Random], str]] = [
    _slip, _shift, _forget, _repeat, _swap, _as_heard
]  # fmt: skip
SHARES = (25, 8, 15, 7, 10, 35)
