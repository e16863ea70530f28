"""Recurrent layers over packed rows: texts of unequal length, each from a state of its own.

PyTorch runs such texts from a PackedSequence, one way backwards through which takes, on the CPU, a
copy of the whole batch for every step of time: 4 to 10 times as long as a batch of equal lengths.
While learning there, texts of like length are padded and run together instead; their last states,
through which no gradient goes, are found in a second run without one.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from jium.nn.layout import Layout

GROWTH = 1.3  # the longest of texts run together, beside the shortest
SLACK = 4  # tokens more


class Runner:
    """Runs layers over the texts of a layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.order = None if layout.full else _by_time(layout)
        self.groups: list[tuple[Tensor, Tensor, Tensor]] = []
        self.back: Tensor | None = None
        if self.order is not None and torch.is_grad_enabled() and layout.device.type == "cpu":
            self.groups = list(_groups(layout))
            self.back = torch.cat([tokens[real] for _, tokens, real in self.groups]).argsort()

    def __call__(self, layer: nn.Module, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """A layer, `nn.LSTM` or `nn.GRU` with batch_first: packed (tokens, dim), and states before,
        (parts, batch, hidden_dim), to hidden states (tokens, hidden_dim), and states after.

        parts: hidden and cell of an LSTM, hidden of a GRU.
        """
        if self.order is None:
            states, after = layer(self.layout.pad(x), _split(state, x))
            return states.flatten(0, 1), _joined(after)
        if self.back is None:
            return self._packed(layer, x, state)
        parts = []
        for rows, tokens, real in self.groups:
            states, _ = layer(x[tokens], _split(state[:, rows], x))
            parts.append(states[real])
        with torch.no_grad():
            _, after = self._packed(layer, x, state)
        return torch.cat(parts)[self.back], after

    def _packed(self, layer: nn.Module, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        assert self.order is not None
        index, *how = self.order
        states, after = layer(PackedSequence(x[index], *how), _split(state, x))
        return torch.empty_like(states.data).index_copy(0, index, states.data), _joined(after)


def _by_time(layout: Layout) -> PackedSequence:
    """Where tokens stand in the packed row, in the order in which cells read them: the first of
    each text, then the second.
    """
    places = torch.arange(layout.tokens, device=layout.device)
    lengths = torch.tensor(layout.lengths)
    return pack_padded_sequence(layout.pad(places), lengths, batch_first=True, enforce_sorted=False)


def _groups(layout: Layout) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Texts of like length: their rows, the place of each of their tokens in the packed row,
    (rows, time), any place for padding; and what is real of it, bool.
    """
    lengths = torch.tensor(layout.lengths)
    starts = lengths.cumsum(0) - lengths
    order = lengths.argsort(stable=True)
    ordered = lengths[order].tolist()
    begin = 0
    for end in range(1, len(ordered) + 1):
        if end == len(ordered) or ordered[end] > GROWTH * ordered[begin] + SLACK:
            rows = order[begin:end]
            time = torch.arange(ordered[end - 1])
            real = time < lengths[rows][:, None]
            yield rows, torch.where(real, starts[rows][:, None] + time, 0), real
            begin = end


def _split(state: Tensor, x: Tensor) -> Any:
    """A state as the layers take it: (1, batch, hidden_dim), two of them for an LSTM."""
    parts = tuple(part[None].to(x.dtype) for part in state)
    return parts if len(parts) > 1 else parts[0]


def _joined(state: Any) -> Tensor:
    return torch.cat(state if isinstance(state, tuple) else (state,))
