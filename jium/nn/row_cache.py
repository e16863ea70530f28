"""Keys and values of texts of unequal length that come and go, each in a row of its own.

A decoder reads some neighbouring rows at a time: a few prompts, or one new token of every text.
Nothing is copied for it but what is new.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from jium.nn.layout import Layout


class RowCache:
    """Rows of unequal length, for a decoder without cross-attention.

    lengths: tokens that each row keeps. Memory grows as rows and lengths do, to twice what is
    needed at most, and never shrinks; it is not copied otherwise. like: a tensor of the model, for
    device and number type.
    """

    def __init__(
        self, n_layers: int, n_kv_heads: int, head_dim: int, max_len: int, like: Tensor
    ) -> None:
        self.max_len = max_len
        self.lengths: list[int] = []
        # (layers, keys and values, rows, kv_heads, time, head_dim)
        self.data = like.new_zeros(n_layers, 2, 0, n_kv_heads, 0, head_dim)

    def grow_to(self, rows: int, length: int) -> None:
        """Set memory aside for so many rows of so many tokens."""
        assert length <= self.max_len, "the caller bounds the length of generation"
        n_layers, _, had_rows, n_heads, had_length, head_dim = self.data.shape
        if rows <= had_rows and length <= had_length:
            return
        if had_rows:  # for what is likely to come, too
            rows = max(had_rows, rows if rows <= had_rows else max(rows, 2 * had_rows))
            length = had_length if length <= had_length else max(length, 2 * had_length)
        length = min(length, self.max_len)
        grown = self.data.new_zeros(n_layers, 2, rows, n_heads, length, head_dim)
        # Zeros, not whatever memory holds: what a mask rules out still takes part, times nought.
        grown[:, :, :had_rows, :, :had_length] = self.data
        self.data = grown

    def reading(self, first: int, layout: Layout) -> "Reading":
        """What a model needs to read the next tokens, laid out by `layout`, of the rows from
        `first` on. Their lengths grow at once.
        """
        starts = self.lengths[first : first + layout.batch]
        ends = [start + more for start, more in zip(starts, layout.lengths, strict=True)]
        self.grow_to(len(self.lengths), max(ends))
        self.lengths[first : first + layout.batch] = ends
        return Reading(self, first, starts, max(ends), layout)

    def move(self, source: int, target: int) -> None:
        """Let row `target` hold what row `source` does."""
        if source != target:
            length = self.lengths[target] = self.lengths[source]
            self.data[:, :, target, :, :length] = self.data[:, :, source, :, :length]

    def drop_last(self) -> None:
        """Forget the last row."""
        self.lengths.pop()

    def kept(self, row: int, length: int) -> Tensor:
        """A copy of the first keys and values of a row, (layers, 2, kv_heads, length, head_dim)."""
        return self.data[:, :, row, :, :length].clone()

    def begin(self, kept: Tensor | None = None) -> None:
        """A new row after the last, empty or begun with such a copy."""
        self.lengths.append(0 if kept is None else kept.size(3))
        if kept is not None:
            self.grow_to(len(self.lengths), self.lengths[-1])
            self.data[:, :, len(self.lengths) - 1, :, : self.lengths[-1]] = kept


class Reading:
    """Some neighbouring rows of a `RowCache` while a model reads their next tokens.

    length: tokens that every row kept before; (rows, 1) where they differ. longest: of the longest
    row, the new ones among them.
    """

    def __init__(
        self, cache: RowCache, first: int, starts: Sequence[int], longest: int, layout: Layout
    ) -> None:
        self.longest = longest
        begin = torch.tensor(starts, device=layout.device)[:, None]
        self.length: int | Tensor = starts[0] if min(starts) == max(starts) else begin
        places: Places = None
        if isinstance(self.length, Tensor):
            rows = torch.arange(first, first + layout.batch, device=layout.device)[:, None]
            steps = torch.arange(layout.time, device=layout.device)
            places = layout.unpad(rows.expand(-1, layout.time)), layout.unpad(begin + steps)
        part = slice(first, first + layout.batch)
        self.own = [RowSlot(one[:, part, :, :longest], one, places, layout) for one in cache.data]
        self.cross = [None] * len(self.own)


Places = tuple[Tensor, Tensor] | None  # the row and the time step of each new token


class RowSlot:
    """The keys and values of one attention layer.

    part: those of the rows that are read, (2, rows, kv_heads, time, head_dim), the last time steps
    still to come; places: where in `whole` the new tokens of `layout` belong; None where they are
    the last of every row.
    """

    def __init__(self, part: Tensor, whole: Tensor, places: Places, layout: Layout) -> None:
        self.part, self.whole, self.places, self.layout = part, whole, places, layout

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add new time steps; returns all that the rows keep, the memory itself. Inputs are (rows,
        kv_heads, new, head_dim), outputs (rows, kv_heads, longest, head_dim).
        """
        for i, new in enumerate((keys, values)):
            if self.places is None:
                self.part[i, :, :, -new.size(2) :] = new
            else:
                rows, steps = self.places
                self.whole[i][rows, :, steps] = self.layout.unpad(new.transpose(1, 2))
        return self.part[0], self.part[1]
