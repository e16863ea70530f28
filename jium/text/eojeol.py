"""The words of a text that have a spelling: Hangul, not ㅋㅋ, not part of an address or a code."""

import re
from collections.abc import Iterator

Span = tuple[int, int]

_UNTOUCHED = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+|[#@]\S+")
_HANGUL = re.compile(r"(?<![A-Za-z0-9가-힣ㄱ-ㅣ])[가-힣ㄱ-ㅣ]+(?![A-Za-z0-9가-힣ㄱ-ㅣ])")
# Laughter, tears and short forms: letters of one sort in a row, or one that shows a mood.
_CHATTER = re.compile(
    r"(?<![ㄱ-ㅣ])(?:[ㄱ-ㅎ]{2,}|[ㅠㅜㅡ]{2,})(?![ㄱ-ㅣ])"
    r"|(?<=[가-힣])[ㅋㅎㅠㅜㅡ](?![가-힣ㄱ-ㅣ])|(?<![가-힣ㄱ-ㅣ])[ㅋㅎㅠㅜㅡ]+"
)


def word_spans(text: str) -> Iterator[Span]:
    """Where the words stand, in order."""
    for free_start, free_end in _gaps(text, _UNTOUCHED, 0, len(text)):
        for found in _HANGUL.finditer(text, free_start, free_end):
            for start, end in _gaps(text, _CHATTER, *found.span()):
                if any("가" <= character <= "힣" for character in text[start:end]):
                    yield start, end


def eojeols(text: str) -> list[str]:
    """The words themselves."""
    return [text[start:end] for start, end in word_spans(text)]


def _gaps(text: str, pattern: re.Pattern[str], start: int, end: int) -> Iterator[Span]:
    """The spans between matches."""
    for found in pattern.finditer(text, start, end):
        if start < found.start():
            yield start, found.start()
        start = found.end()
    if start < end:
        yield start, end
