"""What a tagger reads: texts as tokens, and the units that get a tag each.

A unit is a character, a word, or a token. The model sees tokens; `places` says which token speaks
for a unit: that of a character, the first one of a word. A text longer than the model takes is read
in overlapping windows, each unit in all of them, and counted in the one where it stands farthest
from an end.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from jium.data.batches import packed
from jium.data.epochs import START, Batch, Position
from jium.data.frames import Frame
from jium.data.passages import Passage, read_passages
from jium.errors import ConfigError
from jium.nn.layout import Layout
from jium.text.bio import Span, to_tags
from jium.text.tokenizer import Tokenizer

Unit = Literal["characters", "words", "tokens"]
IGNORED = -100  # the target of a unit that another window counts
FARTHEST = 15  # places within a token that are told apart
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Units:
    """The units of a text, in order. starts, ends: (units,) their characters; tokens: (units,) the
    token that speaks for each.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    tokens: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def span(self, found: Span) -> Span:
        """A span of unit numbers, in characters."""
        return Span(int(self.starts[found.start]), int(self.ends[found.end - 1]), found.label)


@dataclass(frozen=True)
class Window:
    """A part of a text that the model reads at once.

    ids: (time,) in their frame. places: (units,) in it. letters, within: (units,) the number of
    each character, and its place in its token; empty unless units are characters. first: the number
    of its first unit in the text. kept: (units,) bool, True where this window counts.
    """

    ids: NDArray[np.int64]
    places: NDArray[np.int64]
    letters: NDArray[np.int64]
    within: NDArray[np.int64]
    first: int
    kept: NDArray[np.bool_]


@dataclass(frozen=True)
class TagBatch(Batch):
    """Windows packed in one row, and their units in another.

    tokens: (tokens,) ids. places: (units,) the token of each unit. letters, within: (units,), or
    None. targets: (units,) numbers of tags, or None.
    """

    tokens: Tensor
    layout: Layout
    places: Tensor
    units: Layout
    letters: Tensor | None = None
    within: Tensor | None = None
    targets: Tensor | None = None
    after: Position = START

    @property
    def n_tokens(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class TagReader:
    """Makes windows of texts.

    characters: those that have a number of their own, in the order of their code points; all others
    are number 0. overlap: tokens that two windows share.
    """

    tokenizer: Tokenizer
    frame: Frame
    max_len: int
    unit: Unit
    characters: str = ""
    overlap: int = 64

    def read(self, texts: Sequence[str]) -> list[tuple[Units, list[Window]]]:
        """The units and windows of texts in NFC; a text without a token has none."""
        return [self._of(passage) for passage in read_passages(self.tokenizer, texts)]

    def _of(self, passage: Passage) -> tuple[Units, list[Window]]:
        units = find_units(passage, self.unit)
        if not len(passage) or not len(units):
            return Units(*(np.empty(0, np.int64) for _ in range(3))), []
        letters = within = np.empty(0, np.int64)
        if self.unit == "characters":
            letters = letter_numbers(passage.text, self.characters)
            within = (units.starts - passage.starts[units.tokens]).clip(0, FARTHEST)
        room = self.max_len - len(self.frame.before) - len(self.frame.after)
        if room < 1:
            raise ConfigError("leaves no room for a text. Raise it.", key="model.max_len")
        windows = []
        for start, end, low, high in cuts(len(passage), room, self.overlap):
            a, b = (int(np.searchsorted(units.tokens, place, "left")) for place in (start, end))
            tokens = units.tokens[a:b]
            windows.append(
                Window(
                    self.frame(passage.ids[start:end].tolist(), self.max_len),
                    tokens - start + len(self.frame.before),
                    letters[a:b],
                    within[a:b],
                    a,
                    (tokens >= low) & (tokens < high),
                )
            )
        return units, [window for window in windows if window.kept.any()]


class TagRows:
    """Windows in memory, with the numbers of their tags."""

    def __init__(
        self, windows: Sequence[Window], targets: Sequence[NDArray[np.int64]] | None = None
    ) -> None:
        self.windows = windows
        self.targets = targets
        self.lengths = np.array([len(window.ids) for window in windows], np.int64)

    def __len__(self) -> int:
        return len(self.windows)

    def batch(self, items: NDArray, after: Position = START) -> TagBatch:
        """These windows, packed."""
        chosen = [self.windows[i] for i in items]
        lengths = self.lengths[items]
        begins = np.cumsum(lengths) - lengths
        by_character = len(chosen[0].letters) > 0
        return TagBatch(
            packed([window.ids for window in chosen]),
            Layout(lengths.tolist()),
            packed([w.places + begin for w, begin in zip(chosen, begins, strict=True)]),
            Layout([len(window.places) for window in chosen]),
            packed([window.letters for window in chosen]) if by_character else None,
            packed([window.within for window in chosen]) if by_character else None,
            None if self.targets is None else packed([self.targets[i] for i in items]),
            after,
        )


def labelled_rows(
    reader: TagReader, texts: Sequence[str], spans: Sequence[Sequence[Span]], labels: Sequence[str]
) -> TagRows:
    """Texts with entities as windows to learn from."""
    windows, targets = [], []
    for (units, found), there in zip(reader.read(texts), spans, strict=True):
        tags = to_tags(there, units.starts, units.ends, labels)
        for window in found:
            own = tags[window.first : window.first + len(window.places)]
            windows.append(window)
            targets.append(np.where(window.kept, own, IGNORED))
    return TagRows(windows, targets)


def find_units(passage: Passage, unit: Unit) -> Units:
    """What gets a tag in a text."""
    if unit == "tokens":
        spans = [passage.characters(i, i) for i in range(len(passage))]
        places = np.array([(*span, i) for i, span in enumerate(spans) if span[0] < span[1]])
        starts, ends, tokens = places.reshape(-1, 3).astype(np.int64).T
        return Units(starts, ends, tokens)
    if unit == "characters":
        starts = np.arange(len(passage.text))
        last = np.searchsorted(passage.starts, starts, "right") - 1  # that begins there or before
        return Units(starts, starts + 1, last.clip(min=0))
    words = [word.span() for word in _WORD.finditer(passage.text)]
    starts, ends = np.array(words, np.int64).reshape(-1, 2).T
    first = np.searchsorted(passage.ends, starts, "right")  # that ends behind its beginning
    return Units(starts, ends, first.clip(max=max(len(passage) - 1, 0)))


def letter_numbers(text: str, characters: str) -> NDArray[np.int64]:
    """The number of each character of a text, from 1; 0 for those that have none."""
    known, there = (_code_points(x) for x in (characters, text))
    if not len(known):
        return np.zeros(len(there), np.int64)
    place = np.searchsorted(known, there).clip(max=len(known) - 1)
    return np.where(known[place] == there, place + 1, 0)


def cuts(n: int, room: int, overlap: int) -> list[tuple[int, int, int, int]]:
    """Windows over `n` tokens: where each begins and ends, and from where to where it counts."""
    if n <= room:
        return [(0, n, 0, n)]
    step = room - min(overlap, room // 2)
    starts = [*range(0, n - room, step), n - room]
    ends = [start + room for start in starts]
    middles = [(end + start) // 2 for end, start in zip(ends, starts[1:], strict=False)]
    return list(zip(starts, ends, [0, *middles], [*middles, n], strict=True))


def _code_points(text: str) -> NDArray[np.int64]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
