"""From the pieces of a tokenizer to words, because people read words.

A word is a run of letters and digits, or a run of signs; a special token is a word of its own.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+(?:[.,'’-]\w+)*|[^\w\s]+")  # 3.5 and don't stay whole
Span = tuple[int, int]


@dataclass(frozen=True)
class Side:
    """One text as the rows or columns of a picture: its pieces, and the words they make up.

    word_of: for each piece the number of its word; it never falls from one piece to the next.
    """

    pieces: list[str]
    words: list[str]
    word_of: list[int]

    def after(self, start: str) -> "Side":
        """What a decoder has before it as it writes this: `start`, then all pieces but the last."""
        word_of = [0, *(number + 1 for number in self.word_of[:-1])]
        words = [start, *self.words][: word_of[-1] + 1]
        return Side([start, *self.pieces[:-1]], words, word_of)


def make_side(
    text: str,
    pieces: Sequence[str],
    spans: Sequence[Span],
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> Side:
    """The side of a text, from its pieces and where they stand in it, with the special tokens
    before and after it.
    """
    written = list(_WORD.finditer(text))
    begins = [word.start() for word in written]
    found = np.array([_word_at(text, start, begins) for start, _ in spans], dtype=int)
    kept, numbers = np.unique(np.maximum.accumulate(found), return_inverse=True)
    words = [written[number].group() if written else "" for number in kept]
    n, m = len(before), len(before) + len(words)
    word_of = [*range(n), *(n + int(k) for k in numbers), *range(m, m + len(after))]
    return Side([*before, *pieces, *after], [*before, *words, *after], word_of)


def to_words(weights: NDArray, rows: Side, columns: Side) -> NDArray:
    """Attention between pieces, (..., queries, keys), as attention between words.

    Summed over the pieces of a key and averaged over those of a query, so that rows still sum to 1.
    """
    by_row = _membership(rows)
    by_row = by_row / by_row.sum(axis=0)
    return by_row.T @ weights @ _membership(columns)


def _membership(side: Side) -> NDArray:
    """(pieces, words), 1 where the piece is of the word."""
    return np.eye(len(side.words), dtype=np.float32)[side.word_of]


def _word_at(text: str, start: int, begins: list[int]) -> int:
    """The number of the word that a piece is of: that of its first sign that is no space, or else
    the next word.
    """
    rest = text[start:]
    place = start + len(rest) - len(rest.lstrip())
    return max(0, bisect_right(begins, place) - 1)
