"""Packed rows: the real tokens of a batch in one long row, and the way to a padded view and back.

Texts of mixed length waste most of a padded batch. Norms and linear layers do not look across
tokens, so they run on the packed row, (tokens, dim); attention alone asks for the padded view,
(batch, time, dim). Padding stands at the end of a text.
"""

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor


class Layout:
    """Where each token of a packed row stands in its batch, from the length of every text."""

    def __init__(self, lengths: Sequence[int], device: torch.device | str = "cpu") -> None:
        self.lengths = list(lengths)
        self.batch = len(self.lengths)
        self.time = max(self.lengths)
        self.full = all(length == self.time for length in self.lengths)  # nothing to pad
        self.device = torch.device(device)

    @property
    def tokens(self) -> int:
        """How many real tokens there are."""
        return sum(self.lengths)

    @cached_property
    def mask(self) -> Tensor:
        """(batch, time), True where a real token stands."""
        lengths = torch.tensor(self.lengths, device=self.device)
        return torch.arange(self.time, device=self.device) < lengths[:, None]

    @cached_property
    def index(self) -> Tensor:
        """(tokens,), the place of each real token in the flattened padded view."""
        return self.mask.flatten().nonzero().squeeze(1)

    @cached_property
    def positions(self) -> Tensor:
        """(tokens,), the place of each real token in its own text, from 0."""
        return self.index % self.time

    def pad(self, x: Tensor) -> Tensor:
        """(tokens, ...) to (batch, time, ...), zeros where nothing stands."""
        if self.full:
            return x.unflatten(0, (self.batch, self.time))
        padded = x.new_zeros(self.batch * self.time, *x.shape[1:])
        return padded.index_copy(0, self.index, x).unflatten(0, (self.batch, self.time))

    def unpad(self, x: Tensor) -> Tensor:
        """(batch, time, ...) to (tokens, ...)."""
        flat = x.flatten(0, 1)
        return flat if self.full else flat.index_select(0, self.index)

    def to(self, device: torch.device | str) -> "Layout":
        """The same layout for tensors on another device."""
        return self if torch.device(device) == self.device else Layout(self.lengths, device)


def layout_of(mask: Tensor) -> Layout:
    """The layout of a padded batch; mask: (batch, time), True where a real token stands, padding at
    the end.
    """
    return Layout(mask.sum(1).tolist(), mask.device)
