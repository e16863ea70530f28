"""The last sound of a word as Korean reads it, on which its particle depends.

A Hangul word shows it; a number is read in Sino-Korean (3 is 삼, 200 is 이백), capitals by the
names of their letters (LG is 엘지), other Latin words by loan-word spelling as far as the letters
tell. What cannot be told is None: R is 아르 or 알, IDLE a word or four letters.
"""

import re
import unicodedata
from itertools import accumulate
from typing import Literal

from jium.text.hangul import decompose, is_syllable

Final = Literal["vowel", "consonant", "ㄹ"]


def final_sound(word: str) -> Final | None:
    """How the last word of a text ends when read aloud; None where that cannot be told.

    Quotes and marks at its end are not read, and what stands in brackets after it neither: the
    particle of 한국(Korea) is that of 한국.
    """
    word = _spoken(unicodedata.normalize("NFC", word))
    if not word:
        return None
    last = word[-1]
    if is_syllable(last):
        return _hangul(last)
    if "ㄱ" <= last <= "ㅣ":
        return _letter(word)
    name = _NAME.search(word)
    if name and (known := WORDS.get(name[0].lower())):
        return known
    if found := _NUMBER.search(word):
        return _AFTER_LETTERS.get(found[2]) if found[1] else _number(found[2])
    if found := _LATIN.search(word):
        return UNITS.get(found[2]) or _latin(found[2]) if found[1] else _latin(found[2])
    return SIGNS.get(last)


# ---------------------------------------------------------------- what is read at all


def _spoken(text: str) -> str:
    """The text without quotes, marks and bracketed remarks at its end."""
    before = None
    while text != before:
        before = text
        text = text.rstrip(_SILENT)
        closing = text[-1:]
        if closing in _BRACKETS:
            text = _outside(text, _BRACKETS[closing])
    return text


def _outside(text: str, opening: str) -> str:
    """What stands before the bracket that closes here, or else what stands inside it."""
    depths = accumulate((char == text[-1]) - (char == opening) for char in reversed(text))
    place = next((len(text) - n for n, depth in enumerate(depths, 1) if not depth), 0)
    before = text[:place].rstrip()
    spoken = re.search(r"[\w%℃]['\"’”」』》〉]*$", before)
    return before if spoken else text[place:-1].removeprefix(opening)


_SILENT = " \t\n'\"`’”「」『』《》〈〉<>*_~.,!?:;…·™®"
_BRACKETS = {")": "(", "]": "[", "}": "{", "）": "（", "】": "【"}


# ---------------------------------------------------------------- Hangul and signs


def _hangul(syllable: str) -> Final:
    final = decompose(syllable)[2]
    return "vowel" if not final else "ㄹ" if final == "\u11af" else "consonant"


def _letter(word: str) -> Final | None:
    """A letter by its name: ㄱ is 기역, ㄹ 리을, ㅏ 아. A run such as ㅋㅋ is read in many ways."""
    if len(word) > 1 and "ㄱ" <= word[-2] <= "ㅣ":
        return None
    if word[-1] >= "ㅏ":
        return "vowel"
    return "ㄹ" if word[-1] == "ㄹ" else "consonant"


SIGNS: dict[str, Final] = dict.fromkeys("%℃°$€£¥+&@㎞㎝㎜㎖㎡ℓ", "vowel")
SIGNS |= {"#": "consonant", "㎏": "consonant", "㎎": "consonant"}


# ---------------------------------------------------------------- numbers

_NUMBER = re.compile(r"([A-Za-z]-?)?((?:\d[\d,]*)?\d(?:\.\d+)?)$")
_DIGITS: list[Final] = [
    "consonant",  # 영, 공
    "ㄹ",  # 일
    "vowel",  # 이
    "consonant",  # 삼
    "vowel",  # 사
    "vowel",  # 오
    "consonant",  # 육
    "ㄹ",  # 칠
    "ㄹ",  # 팔
    "vowel",  # 구
]
_AFTER_LETTERS: dict[str, Final] = {  # GPT-4: where the English and the Korean reading agree
    "1": "consonant",  # 원; 일
    "2": "vowel",  # 투, 이
    "4": "vowel",  # 포, 사
    "5": "vowel",  # 파이브, 오
    "7": "consonant",  # 세븐; 칠
    "10": "consonant",  # 텐, 십
}


def _number(digits: str) -> Final | None:
    """Digit by digit after a point or a leading zero, else by the last place that is not empty."""
    whole = digits.replace(",", "")
    if "." in whole or whole[0] == "0" or whole[-1] != "0":
        return _DIGITS[int(whole[-1])]
    zeros = len(whole) - len(whole.rstrip("0"))
    if zeros < 12:
        return "consonant"  # 십 백 천 만 억
    return "vowel" if zeros < 16 else None  # 조


# ---------------------------------------------------------------- Latin letters

_NAME = re.compile("[A-Za-z0-9]+$")
_LATIN = re.compile(r"(\d ?)?((?:[A-Za-z]['’.&-]?)*[A-Za-z])$")
UNITS: dict[str, Final] = dict.fromkeys(["kg", "g", "mg", "t"], "consonant")
UNITS |= dict.fromkeys(["m", "km", "cm", "mm", "l", "L", "ml", "mL", "kL"], "vowel")

WORDS: dict[str, Final] = {  # against what their letters say
    **dict.fromkeys(["apec", "opec", "toeic", "kosdaq", "nasdaq", "postech"], "consonant"),
    **dict.fromkeys(
        ["app", "book", "facebook", "notebook", "bot", "chatbot", "robot"], "consonant"
    ),
    **dict.fromkeys(["laptop", "desktop", "shop", "jpeg", "type", "good"], "consonant"),
    **dict.fromkeys(["me", "wifi", "nike", "mp3", "kaist", "unesco"], "vowel"),
}


def _latin(word: str) -> Final | None:
    """Capitals by their letters, other words by their spelling; both ways where both are usual."""
    spelled = next((final for ending, final in _SPELLINGS if ending.search(word.lower())), None)
    if not word.isupper() and len(word) > 1:
        return spelled
    letters = _LETTERS.get(word[-1].upper(), "vowel")
    readable = len(word) > 3 and re.search("[AEIOU]", word)  # NASA, IDLE
    return letters if letters == spelled or not readable else None


_LETTERS: dict[str, Final | None] = {"L": "ㄹ", "M": "consonant", "N": "consonant", "R": None}
_SPELLINGS: list[tuple[re.Pattern[str], Final]] = [  # the first that fits
    (re.compile("le?$"), "ㄹ"),  # 이메일, 애플
    (re.compile("(?:[mn]e?|ng|ck|[aio]c|et)$"), "consonant"),  # 홈, 폰, 록, 뮤직, 인터넷
    (re.compile("[aeo]r$|(?<!p)e$|[aiouwydsfvxzhj]$"), "vowel"),  # 서버, 서비스, 코드
]
