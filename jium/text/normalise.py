"""Cleaning text: the same raw Korean or English comes out the same way every time.

HTML and broken encodings are repaired by libraries (selectolax, ftfy); the rest are rules of a line
each. The rules run until nothing changes, so cleaning twice is cleaning once: `&amp;lt;br&amp;gt;`
goes as `<br>` does. Text is kept in NFC: NFD would split Hangul, NFKC would turn ㅋ (U+314B) into
the conjoining U+110F.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from functools import cache, partial
from typing import Any

from jium.config import config
from jium.errors import require
from jium.ranges import at_least
from jium.text.html import strip_html

Span = tuple[int, int]
Step = Callable[[str], str]
WINDOW = 256  # characters that are compared at once to find what became of them


@config
class Cleaning:
    """What cleaning does."""

    html: bool = True  # tags go, entities become characters
    mojibake: bool = True  # ì•ˆ becomes 안, by ftfy
    invisible: bool = True  # control and zero-width characters go (a joiner inside an emoji stays)
    max_run: int = 2  # ㅋㅋㅋㅋ becomes ㅋㅋ; 0 keeps all
    max_sign_run: int = 3  # !!!!!! becomes !!!; 0 keeps all. Digits and letters are never touched
    spaces: bool = True  # one space between words, at most one empty line, none at the ends
    lowercase: bool = False  # case folding: also ß to ss

    def __post_init__(self) -> None:
        at_least(0, max_run=self.max_run, max_sign_run=self.max_sign_run)


def cleaning_of(data: Any) -> Cleaning | None:
    """The cleaning in a [data] section, alone; None where it says clean = false."""
    if not data.clean:
        return None
    return Cleaning(**{name: getattr(data, name) for name in Cleaning.__dataclass_fields__})


def clean(text: str, cleaning: Cleaning | None = None) -> str:
    """The text, cleaned; always NFC, and always encodable as UTF-8."""
    steps = _steps(cleaning or Cleaning())
    before = None
    while text != before:
        before = text
        for step in steps:
            text = step(text)
    return text


def clean_with_spans(text: str, cleaning: Cleaning | None = None) -> tuple[str, list[Span]]:
    """The cleaned text, and for each of its characters the span of `text` that it came from.

    Slower than `clean` by far; meant for showing, not for corpora.
    """
    steps = _steps(cleaning or Cleaning())
    spans = [(place, place + 1) for place in range(len(text))]
    before = None
    while text != before:
        before = text
        for step in steps:
            changed = step(text)
            if changed != text:
                spans = list(_carried(spans, text, changed))
            text = changed
    return text, spans


def _steps(cleaning: Cleaning) -> list[Step]:
    """The rules in their order: composing after what is invisible went from between jamo."""
    jamo_run = partial(_shorten, run=_jamo_run(cleaning.max_run))
    sign_run = partial(_shorten, run=_sign_run(cleaning.max_sign_run))
    chosen: list[tuple[object, Step]] = [
        (True, _encodable),
        (cleaning.mojibake, _repair),
        (cleaning.invisible, _visible),
        (cleaning.html, strip_html),
        (True, compose_jamo),
        (cleaning.lowercase, lambda text: unicodedata.normalize("NFC", text.casefold())),
        (cleaning.max_run, jamo_run),
        (cleaning.max_sign_run, sign_run),
        (cleaning.spaces, _single_spaces),
    ]
    return [step for wanted, step in chosen if wanted]


# ---------------------------------------------------------------- the rules


def compose_jamo(text: str) -> str:
    """NFC, and conjoining jamo left without a syllable become letters that stand alone: ᆨ to ㄱ."""
    return unicodedata.normalize("NFC", text).translate(_standing_letters())


def _encodable(text: str) -> str:
    """Without lone surrogates, which no file can hold."""
    return _SURROGATES.sub("", text)


def _repair(text: str) -> str:
    """Text decoded by the wrong table, decoded again by the right one."""
    return require("ftfy", "data").fix_text(text, _ftfy_settings())


def _visible(text: str) -> str:
    text = _LINE_ENDS.sub("\n", text)
    return _INVISIBLE.sub("", text.translate(_BLANKS))


def _shorten(text: str, run: re.Pattern[str]) -> str:
    return run.sub(r"\1", text)


def _single_spaces(text: str) -> str:
    text = _SPACES.sub(" ", text)
    text = _AROUND_LINE_END.sub("\n", text)
    return _EMPTY_LINES.sub("\n\n", text).strip()


_SURROGATES = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANKS = {0x3164: " ", 0xFFA0: " ", 0x115F: None, 0x1160: None}  # Hangul fillers
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
    "|\u200d(?![\u2190-\u2bff\U0001f000-\U0001faff])|(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d"
)
_SPACES = re.compile(r"[^\S\n]+")
_AROUND_LINE_END = re.compile(" ?\n ?")
_EMPTY_LINES = re.compile("\n{3,}")


def _jamo_run(limit: int) -> re.Pattern[str]:
    """Matches a longer run of one letter such as ㅋ or ㅠ; group 1 is what stays."""
    return re.compile(rf"(([\u3131-\u318e])\2{{{max(limit, 1) - 1}}})\2+")


def _sign_run(limit: int) -> re.Pattern[str]:
    """The same for signs and emoji."""
    return re.compile(rf"(([^\w\s])\2{{{max(limit, 1) - 1}}})\2+")


@cache
def _standing_letters() -> dict[int, str]:
    """Modern conjoining jamo to compatibility jamo, by way of their names, which agree."""
    found = {}
    for code in (*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3)):
        name = unicodedata.name(chr(code)).split()[-1]
        found[code] = unicodedata.lookup(f"HANGUL LETTER {name}")
    return found


@cache
def _ftfy_settings() -> Any:
    """Only broken encodings; quotes, widths and ligatures stay as written."""
    return require("ftfy", "data").TextFixerConfig(
        unescape_html=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        remove_control_chars=False,
        normalization=None,
    )


# ---------------------------------------------------------------- where characters came from


def _carried(spans: list[Span], before: str, after: str) -> Iterator[Span]:
    """For each character of `after` the span of the first text; `spans` has those of `before`."""
    for change, start, end, n_new in _changes(before, after):
        if change == "equal":
            yield from spans[start:end]
        elif n_new:
            source = spans[start:end] or spans[start : start + 1] or spans[-1:] or [(0, 0)]
            yield from [(source[0][0], source[-1][1])] * n_new


def _changes(before: str, after: str) -> Iterator[tuple[str, int, int, int]]:
    """(kind, start and end in `before`, length in `after`), found window by window.

    A comparison of whole texts takes time with the square of their length, or worse.
    """
    at = new_at = 0
    size = WINDOW
    while at < len(before) or new_at < len(after):
        window = SequenceMatcher(
            None, before[at : at + size], after[new_at : new_at + size], autojunk=False
        )
        changes = window.get_opcodes()
        if at + size < len(before) or new_at + size < len(after):
            changes = changes[: _sure(changes, size)]
            if not changes:  # more went, or came, than the window holds
                size *= 4
                continue
        for change, start, end, new_start, new_end in changes:
            yield change, at + start, at + end, new_end - new_start
        at, new_at, size = at + changes[-1][2], new_at + changes[-1][4], WINDOW


def _sure(changes: list[Any], size: int) -> int:
    """How many changes to trust: those up to the last agreement that begins in the first half."""
    equal = [n for n, change in enumerate(changes, 1) if change[0] == "equal"]
    return max(
        (n for n in equal if changes[n - 1][1] < size // 2), default=equal[0] if equal else 0
    )
