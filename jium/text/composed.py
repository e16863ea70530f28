"""A text in NFC, and where each of its characters stood in the text as it was given."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Composed:
    """A text in NFC. begins: (characters + 1,) where each of its characters begins in the text as
    given, then the length of that; characters that one sequence became begin at one place.
    """

    text: str
    begins: NDArray[np.int64]

    @classmethod
    def of(cls, text: str) -> Self:
        """Compose a text."""
        if unicodedata.is_normalized("NFC", text):
            return cls(text, np.arange(len(text) + 1))
        parts, begins = [], []
        for start, piece in _pieces(text):
            parts.append(unicodedata.normalize("NFC", piece))
            begins += [start] * len(parts[-1])
        return cls("".join(parts), np.array([*begins, len(text)], np.int64))

    def inside(self, start: int, end: int) -> tuple[int, int]:
        """A span of the text as given, widened to whole characters of the composed one."""
        place = self.begins[np.searchsorted(self.begins, start, "right") - 1]
        first, last = (np.searchsorted(self.begins, x, "left") for x in (place, end))
        return int(first), int(last)

    def given(self, start: int, end: int) -> tuple[int, int]:
        """A span of the composed text, which is not empty, in the text as given."""
        last = np.searchsorted(self.begins, self.begins[end - 1], "right")
        return int(self.begins[start]), int(self.begins[last])


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text cut where nothing composes across, each piece with the place where it begins."""
    start = 0
    for end in range(1, len(text)):
        if _stands_alone(text[start:end], text[end]):
            yield start, text[start:end]
            start = end
    if text:
        yield start, text[start:]


def _stands_alone(before: str, character: str) -> bool:
    """Whether a character begins anew: it neither joins what stands before it nor moves in it."""
    if unicodedata.combining(character):
        return False
    apart = unicodedata.normalize("NFC", before) + unicodedata.normalize("NFC", character)
    return unicodedata.normalize("NFC", before + character) == apart
