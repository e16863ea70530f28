"""A long passage as overlapping windows, each with the question before it: what a reader reads.

[CLS] question [SEP] part of the passage [SEP], as section 4.2 of Devlin et al. (2019) has it.
Tokens know the characters that they stand for, so an answer is a place in the passage either way.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jium.config import config
from jium.data.clean import as_text
from jium.data.frames import Frame, Ids
from jium.errors import ConfigError, DataError
from jium.ranges import at_least
from jium.text.tokenizer import Tokenizer

NOWHERE = (0, 0)  # the first token of a window, [CLS], stands for "not in this one"
Span = tuple[int, int]


@config
class Windows:
    """How a passage is cut where it is longer than the model takes."""

    stride: int = 128  # tokens from the beginning of one window to that of the next, at most
    max_question: int = 64  # tokens of a question that are read: the first

    def __post_init__(self) -> None:
        at_least(1, stride=self.stride, max_question=self.max_question)


@dataclass(frozen=True)
class Passage:
    """A text as tokens. starts, ends: (tokens,), the characters that each stands for; parts of one
    character share its place.
    """

    text: str
    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def tokens(self, start: int, end: int) -> Span | None:
        """The first and the last token that hold any of the characters from `start` to before
        `end`; None where no token does.
        """
        first = int(np.searchsorted(self.ends, start, side="right"))
        last = int(np.searchsorted(self.starts, end, side="left")) - 1
        return (first, last) if first <= last else None

    def characters(self, first: int, last: int) -> Span:
        """Where the text of these tokens begins and ends, white space around it left out.

        A cut falls between characters as a person sees them, not within an emoji of several parts
        or before a mark that is written onto a letter.
        """
        start, end = int(self.starts[first]), int(self.ends[last])
        while 0 < start < len(self.text) and _joined(self.text, start):
            start -= 1
        while 0 < end < len(self.text) and _joined(self.text, end):
            end += 1
        found = self.text[start:end]
        start += len(found) - len(found.lstrip())
        return start, start + len(found.strip())


@dataclass(frozen=True)
class Window:
    """What the model reads at once: a question and the passage tokens from `first` on.

    ids, segments: (time,). offset: the place of the first of these tokens in the window; n: how
    many there are.
    """

    ids: NDArray[np.int64]
    segments: NDArray[np.int64]
    offset: int
    first: int
    n: int

    def place(self, answer: Span | None) -> Span:
        """Where the tokens of an answer stand in the window; NOWHERE unless all of them do."""
        if answer is None or answer[0] < self.first or answer[1] >= self.first + self.n:
            return NOWHERE
        shift = self.offset - self.first
        return answer[0] + shift, answer[1] + shift


def read_passages(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Passage]:
    """Texts as tokens that know their characters, many at once.

    Raises DataError for a text that no file can hold.
    """
    for number, text in enumerate(texts, 1):
        if as_text(text) is None:
            raise DataError(
                "passage {number} holds half a character. Read its file as UTF-8.", number=number
            )
    surface = tokenizer._surface  # of the Korean kinds, which prepare a text before it is cut
    prepared = surface.prepare(list(texts)) if texts else []
    encoded = tokenizer.backend.encode_batch(
        prepared, is_pretokenized=surface.cuts_first, add_special_tokens=False
    )
    parts = zip(texts, prepared, encoded, strict=True)
    return [_passage(text, e.ids, surface.spans(text, p, e)) for text, p, e in parts]


def _passage(text: str, ids: list[int], spans: list[Span]) -> Passage:
    places = np.array(spans, np.int64).reshape(-1, 2)
    return Passage(text, np.array(ids, np.int64), places[:, 0].copy(), places[:, 1].copy())


def cut(question: Ids, passage: Passage, frame: Frame, how: Windows, max_len: int) -> list[Window]:
    """The windows over a passage; together they hold every token of it, and an answer that is no
    longer than half a window stands whole in one of them.

    Raises ConfigError where the model takes too few tokens for a question and a passage.
    """
    room = max_len - frame.extra
    if room < 2:
        raise ConfigError("leaves no room for two texts. Raise it.", key="model.max_len")
    question = question[: min(how.max_question, room // 2)]
    size = room - len(question)
    step = min(how.stride, max(1, size // 2))
    n_windows = 1 + max(0, -(-(len(passage) - size) // step))
    offset = len(frame.before) + len(question) + len(frame.between)
    windows = []
    for first in range(0, n_windows * step, step):
        part = passage.ids[first : first + size]
        ids, segments = frame.pair(question, part, max_len)
        windows.append(Window(ids, segments, offset, first, len(part)))
    return windows


def _joined(text: str, place: int) -> bool:
    """Whether a person sees the characters before and after a place as one; the text is in NFC."""
    before, after = text[place - 1], text[place]
    if after in _FLAGS:  # two letters make a flag
        letters = len(text[:place]) - len(text[:place].rstrip(_FLAGS))
        return letters % 2 == 1
    return after in _JOINED or before == "\u200d" or unicodedata.category(after)[0] == "M"


_FLAGS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_JOINED = {"\u200d", "\ufe0e", "\ufe0f", *map(chr, range(0x1F3FB, 0x1F400))}  # and skin tones
