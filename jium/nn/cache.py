"""Keys and values kept between decoding steps, in memory that is set aside once.

A slot belongs to one attention layer. Self-attention appends to its slot; cross-attention fills it
once, from the encoder, and reads it ever after.
"""

from torch import Tensor


class Slot:
    """The keys and values of one attention layer, each (batch, kv_heads, max_len, head_dim)."""

    def __init__(self, max_len: int) -> None:
        self.max_len = max_len
        self.length = 0
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add new time steps; returns all so far. Inputs are (batch, kv_heads, new, head_dim)."""
        if self.keys is None or self.values is None:
            shape = (*keys.shape[:2], self.max_len, keys.shape[3])
            self.keys, self.values = keys.new_empty(shape), values.new_empty(shape)
        end = self.length + keys.size(2)
        assert end <= self.max_len, "the caller bounds the length of generation"
        self.keys[:, :, self.length : end] = keys
        self.values[:, :, self.length : end] = values
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def hold(self, keys: Tensor, values: Tensor) -> None:
        """Keep keys and values that will not grow."""
        self.keys, self.values, self.length = keys, values, keys.size(2)

    def select(self, rows: Tensor) -> None:
        """Keep these batch rows, in this order."""
        if self.keys is None or self.values is None:
            return
        kept_keys = self.keys[:, :, : self.length].index_select(0, rows)
        kept_values = self.values[:, :, : self.length].index_select(0, rows)
        if len(rows) == self.keys.size(0):
            self.keys[:, :, : self.length] = kept_keys
            self.values[:, :, : self.length] = kept_values
            return
        shape = (len(rows), *self.keys.shape[1:])
        self.keys, self.values = self.keys.new_empty(shape), self.values.new_empty(shape)
        self.keys[:, :, : self.length] = kept_keys
        self.values[:, :, : self.length] = kept_values


class Cache:
    """One slot for the self-attention and one for the cross-attention of each layer."""

    def __init__(self, n_layers: int, max_len: int) -> None:
        self.own = [Slot(max_len) for _ in range(n_layers)]
        self.cross = [Slot(max_len) for _ in range(n_layers)]

    @property
    def length(self) -> int:
        """How many time steps are kept."""
        return self.own[0].length

    def select(self, rows: Tensor) -> None:
        """Reorder or drop sequences, after a beam search has chosen which live on."""
        for slot in self.own:
            slot.select(rows)

    def select_sources(self, rows: Tensor) -> None:
        """Keep the encoder's keys and values of these sources only (several beams share one)."""
        for slot in self.cross:
            slot.select(rows)
