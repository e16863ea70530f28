"""What was read of earlier prompts, so that a prompt that begins alike need not be read again."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

from torch import Tensor


class Prefixes:
    """Keys and values of texts, of up to `max_tokens` tokens together; what was not used for
    longest goes first.
    """

    def __init__(self, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self.tokens = 0
        self._kept: OrderedDict[tuple[int, ...], Tensor] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def longest(self, ids: Sequence[int]) -> tuple[int, Tensor | None]:
        """The most tokens that `ids` and a text kept begin with, and what was kept of that text.

        The last of `ids` is not counted: what follows it must be read.
        """
        best, of, begun = 0, tuple[int, ...](), tuple(ids[:-1])
        for text in self._kept:
            if (length := _common(begun, text)) > best:
                best, of = length, text
        if not best:
            return 0, None
        self._kept.move_to_end(of)
        return best, self._kept[of][:, :, :, :best]

    def keep(self, ids: Sequence[int], take: Callable[[int], Tensor | None]) -> None:
        """Keep what was read of `ids`; `take` gives it for so many of the first."""
        text = tuple(ids[: self.max_tokens])
        if not text:
            return
        for other in list(self._kept):
            length = _common(text, other)
            if length == len(text):  # kept already, as the beginning of another
                return self._kept.move_to_end(other)
            if length == len(other):
                self._forget(other)
        if (kept := take(len(text))) is not None:
            self._kept[text] = kept
            self.tokens += len(text)
        while self.tokens > self.max_tokens:
            self._forget(next(iter(self._kept)))

    def _forget(self, text: tuple[int, ...]) -> None:
        del self._kept[text]
        self.tokens -= len(text)


def _common(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many tokens two texts begin with alike."""
    most = min(len(one), len(other))
    if one[:most] == other[:most]:
        return most
    return next(place for place in range(most) if one[place] != other[place])
