"""Hangul syllables and their letters (jamo), by arithmetic (Unicode Standard, section 3.12).

A modern syllable is a lead consonant, a vowel and, in most, a final consonant: 19 x 21 x 28 (one of
the 28 is "none"), laid out in that order from U+AC00.
"""

import re

FIRST, LAST = 0xAC00, 0xD7A3
_LEAD, _VOWEL, _FINAL = 0x1100, 0x1161, 0x11A7  # the code of "no final consonant" is U+11A7 itself
_VOWELS, _FINALS = 21, 28

# U+0010 is the control character "data link escape": what follows is meant literally.
ESCAPE = "\x10"


def is_syllable(character: str) -> bool:
    """Whether this is one composed modern syllable, 가 to 힣."""
    return len(character) == 1 and FIRST <= ord(character) <= LAST


def decompose(syllable: str) -> tuple[str, str, str]:
    """한 to its conjoining lead, vowel and final; the final is "" where there is none."""
    index = ord(syllable) - FIRST
    lead, rest = divmod(index, _VOWELS * _FINALS)
    vowel, final = divmod(rest, _FINALS)
    return chr(_LEAD + lead), chr(_VOWEL + vowel), chr(_FINAL + final) if final else ""


def compose(lead: str, vowel: str, final: str = "") -> str:
    """The syllable of conjoining jamo; undoes `decompose`."""
    index = (ord(lead) - _LEAD) * _VOWELS + ord(vowel) - _VOWEL
    return chr(FIRST + index * _FINALS + (ord(final) - _FINAL if final else 0))


def has_final(word: str) -> bool:
    """Whether the last syllable ends in a consonant: then 은, 이, 을, not 는, 가, 를."""
    return bool(word) and is_syllable(word[-1]) and (ord(word[-1]) - FIRST) % _FINALS != 0


def to_jamo(text: str) -> str:
    """Every syllable spelled as conjoining jamo; `from_jamo` undoes it exactly.

    Jamo that stood in the text already are marked by ESCAPE, so that they are not composed on the
    way back.
    """
    return text.translate(_SPELLED)


def from_jamo(text: str) -> str:
    """Compose what `to_jamo` spelled. A jamo that belongs to no whole syllable stays as it is."""
    return _SPELLED_SYLLABLE.sub(_composed, text)


def jamo_origins(text: str) -> list[int]:
    """For each character of `to_jamo(text)`, the place in `text` it came from."""
    return [place for place, char in enumerate(text) for _ in _SPELLED.get(ord(char), char)]


def _composed(match: re.Match[str]) -> str:
    literal, lead, vowel, final = match.groups()
    return literal if lead is None else compose(lead, vowel, final or "")


_SPELLED = {code: "".join(decompose(chr(code))) for code in range(FIRST, LAST + 1)}
_SPELLED |= {code: ESCAPE + chr(code) for code in (*range(0x1100, 0x1200), ord(ESCAPE))}
_SPELLED_SYLLABLE = re.compile(
    f"{ESCAPE}(.)|([\u1100-\u1112])([\u1161-\u1175])([\u11a8-\u11c2])?", re.DOTALL
)
