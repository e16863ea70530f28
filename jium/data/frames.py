"""The special tokens around what an encoder reads: one text, or two."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from jium.errors import ConfigError
from jium.text.tokenizer import Tokenizer

Ids = Sequence[int] | NDArray


@dataclass(frozen=True)
class Frame:
    """The special tokens before and after a text, and between two."""

    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    between: tuple[int, ...] = ()

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self:
        """[CLS] text [SEP], and [CLS] text [SEP] text [SEP], as BERT has it."""
        return cls((tokenizer.cls_id,), (tokenizer.sep_id,), (tokenizer.sep_id,))

    def __call__(self, ids: Ids, max_len: int) -> NDArray[np.int64]:
        """The ids with their frame, the end of a text cut off where the model takes no more."""
        room = max_len - len(self.before) - len(self.after)
        return np.array([*self.before, *ids[:room], *self.after], np.int64)

    def pair(
        self, first: Ids, second: Ids, max_len: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Two texts in one, and the segment of each token: 0 up to the end of the first, then 1.

        The longer one loses its last tokens until both fit. Raises ConfigError where the model
        takes no pair at all.
        """
        first, second = longest_first(first, second, max_len - self.extra)
        ids = [*self.before, *first, *self.between, *second, *self.after]
        n_first = len(self.before) + len(first) + len(self.between)
        segments = np.zeros(len(ids), np.int64)
        segments[n_first:] = 1
        return np.array(ids, np.int64), segments

    @property
    def extra(self) -> int:
        """How many special tokens stand around a pair."""
        return len(self.before) + len(self.between) + len(self.after)


def longest_first(first: Ids, second: Ids, room: int) -> tuple[Ids, Ids]:
    """Both, cut to `room` tokens together: the longer one is cut until it is as short as the other,
    then both alike, the second one first.
    """
    if room < 2:
        raise ConfigError("leaves no room for two texts. Raise it.", key="model.max_len")
    if len(first) + len(second) <= room:
        return first, second
    half = room // 2
    if len(first) <= room - half:
        return first, second[: room - len(first)]
    if len(second) <= half:
        return first[: room - len(second)], second
    return first[: room - half], second[:half]
