"""The Korean two-set keyboard (두벌식, KS X 5002): which keys write a text, which lie near.

A key is written as the letter on it, so 값 is ㄱㅏㅂㅅ and 과 is ㄱㅗㅏ; ㄲ is one key, with shift.
Most slips of the hand, and most errors of the ear (앉아, 안자), are one key here.
"""

import re
from functools import cache, lru_cache

from jium.text.hangul import compose, decompose, is_syllable

ROWS = ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ")
ROW_STARTS = (0.0, 0.25, 0.75)  # keys that a row begins to the right of the first
SHIFTED = dict(zip("ㅃㅉㄸㄲㅆㅒㅖ", "ㅂㅈㄷㄱㅅㅐㅔ", strict=True))

LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_TWO = (
    "ㅘㅗㅏ ㅙㅗㅐ ㅚㅗㅣ ㅝㅜㅓ ㅞㅜㅔ ㅟㅜㅣ ㅢㅡㅣ "
    "ㄳㄱㅅ ㄵㄴㅈ ㄶㄴㅎ ㄺㄹㄱ ㄻㄹㅁ ㄼㄹㅂ ㄽㄹㅅ ㄾㄹㅌ ㄿㄹㅍ ㅀㄹㅎ ㅄㅂㅅ"
)
TWO_KEYS = {letters[0]: letters[1:] for letters in _TWO.split()}
KEYS = "".join(ROWS) + "".join(SHIFTED)
VOWEL_KEYS = "".join(key for key in KEYS if key in VOWELS)


def to_keys(text: str) -> str:
    """The keys that write a text; what is not Hangul stays. `from_keys` undoes it for syllables."""
    return "".join(map(_keys_of, text))


@lru_cache(2**16)
def from_keys(keys: str) -> str:
    """What appears when these keys are struck; letters that make no syllable stand alone."""
    return _SYLLABLE.sub(_composed, keys)


@cache
def neighbours(key: str) -> str:
    """The keys that a finger may strike instead: those that touch it, and the same with shift."""
    near = [other for other in KEYS if other != key and distance(key, other) < 1.3]
    return "".join(other for other in near if other not in SHIFTED or SHIFTED[other] == key)


def distance(key: str, other: str) -> float:
    """From the middle of one key to that of another, in widths of a key; shift does not count."""
    (x, y), (other_x, other_y) = _place(key), _place(other)
    return ((x - other_x) ** 2 + (y - other_y) ** 2) ** 0.5


@cache
def _place(key: str) -> tuple[float, float]:
    key = SHIFTED.get(key, key)
    row = next(number for number, letters in enumerate(ROWS) if key in letters)
    return ROWS[row].index(key) + ROW_STARTS[row], float(row)


@cache
def _keys_of(character: str) -> str:
    if not is_syllable(character):
        return TWO_KEYS.get(character, character)
    letters = [
        table[ord(jamo) - first]
        for jamo, table, first in zip(
            decompose(character), (LEADS, VOWELS, FINALS), (0x1100, 0x1161, 0x11A8), strict=True
        )
        if jamo
    ]
    return "".join(TWO_KEYS.get(letter, letter) for letter in letters)


def _composed(match: re.Match[str]) -> str:
    lead, vowel, final = match.groups(default="")
    return compose(
        chr(0x1100 + LEADS.index(lead)),
        chr(0x1161 + VOWELS.index(_ONE.get(vowel, vowel))),
        chr(0x11A8 + FINALS.index(_ONE.get(final, final))) if final else "",
    )


_ONE = {two: one for one, two in TWO_KEYS.items()}
_PAIRS = {
    kind: "|".join(two for one, two in TWO_KEYS.items() if one in kind) for kind in (VOWELS, FINALS)
}
_LAST = f"(?:{_PAIRS[FINALS]}|[{''.join(k for k in FINALS if k not in TWO_KEYS)}])"
_SYLLABLE = re.compile(  # a consonant before a vowel begins the next syllable
    f"([{LEADS}])({_PAIRS[VOWELS]}|[{VOWEL_KEYS}])({_LAST}(?![{VOWEL_KEYS}]))?"
)
