"""Rows of text that a model reads on, some at a time: what the engine needs of a model."""

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from jium.generation.decoding import Decoder, decoder_for
from jium.models.gpt import Gpt
from jium.nn.layout import Layout

ENDLESS = 1 << 20  # tokens of a text where the model sets no bound


class Rows(Protocol):
    """Texts in rows without gaps."""

    max_len: int  # tokens
    vocab_size: int

    def read(self, first: int, parts: list[list[int]]) -> Tensor:
        """Read on in the rows from `first` on, a part a row; the logits of what follows each part,
        (rows, vocab), float32.
        """

    def move(self, source: int, target: int) -> None:
        """Let row `target` hold what row `source` does."""

    def drop_last(self) -> None:
        """Forget the last row."""

    def kept(self, row: int, length: int) -> Tensor | None:
        """What the model keeps of the first tokens of a row; None where nothing can be taken."""

    def begin(self, kept: Tensor | None = None) -> None:
        """A new row after the last, empty or begun with what was kept of another."""

    def length(self, row: int) -> int:
        """Tokens that were read in a row."""


class GptRows:
    """Rows of a key-value cache."""

    def __init__(self, model: Gpt) -> None:
        self.model = model
        self.max_len, self.vocab_size = model.config.max_len, model.output.out_features
        self.cache = model.new_rows()
        self.device = model.output.weight.device
        self.move, self.drop_last = self.cache.move, self.cache.drop_last
        self.kept, self.begin = self.cache.kept, self.cache.begin

    def read(self, first: int, parts: list[list[int]]) -> Tensor:
        layout = Layout([len(part) for part in parts], self.device)
        tokens = torch.tensor([token for part in parts for token in part], device=self.device)
        hidden = self.model(tokens, layout, self.cache.reading(first, layout))
        if layout.time > 1:
            ends = torch.tensor(layout.lengths, device=self.device).cumsum(0) - 1
            hidden = hidden[ends]
        return self.model.output(hidden).float()

    def length(self, row: int) -> int:
        return self.cache.lengths[row]


class DecoderRows:
    """Rows of any model that has a `Decoder`, one for each row, one after another."""

    def __init__(self, model: nn.Module) -> None:
        config: Any = model.config
        self.model = model
        self.max_len, self.vocab_size = max_len_of(model), int(config.vocab_size)
        self.decoders: list[Decoder | None] = []
        self.lengths: list[int] = []

    def read(self, first: int, parts: list[list[int]]) -> Tensor:
        return torch.cat([self._read(row, part) for row, part in enumerate(parts, first)])

    def _read(self, row: int, part: list[int]) -> Tensor:
        self.lengths[row] += len(part)
        decoder = self.decoders[row]
        if decoder is None:
            decoder = self.decoders[row] = decoder_for(self.model, part)
            part = [0]  # the first step gives what follows the prompt
        for token in part:
            logits = decoder.step(torch.tensor([token], device=decoder.device))
        return logits

    def move(self, source: int, target: int) -> None:
        self.decoders[target], self.lengths[target] = self.decoders[source], self.lengths[source]

    def drop_last(self) -> None:
        self.decoders.pop()
        self.lengths.pop()

    def kept(self, row: int, length: int) -> Tensor | None:
        return None

    def begin(self, kept: Tensor | None = None) -> None:
        assert kept is None, "nothing is kept"
        self.decoders.append(None)
        self.lengths.append(0)

    def length(self, row: int) -> int:
        return self.lengths[row]


def rows_of(model: nn.Module) -> Rows:
    """Empty rows of a model."""
    return GptRows(model) if isinstance(model, Gpt) else DecoderRows(model)


def max_len_of(model: nn.Module) -> int:
    """Tokens that a text of a model may have."""
    return getattr(model.config, "max_len", None) or ENDLESS
