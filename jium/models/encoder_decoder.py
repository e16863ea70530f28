"""What every translator is to those who train it, search with it and ask where it looked: an
encoder that reads the source, and a decoder that writes the target token by token.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor, nn

from jium.nn.layout import Layout
from jium.nn.stack import Weights


@dataclass
class Seq2SeqWeights:
    """Attention weights of the encoder, and of the decoder (its own and over the source). A family
    without one kind of attention leaves its list empty.
    """

    encoder: Weights = field(default_factory=Weights)
    decoder: Weights = field(default_factory=Weights)


class Kept(Protocol):
    """What a decoder keeps between its steps."""

    def select(self, rows: Tensor) -> None:
        """Reorder or drop the texts that are written."""

    def select_sources(self, rows: Tensor) -> None:
        """Keep what belongs to these sources only (several texts share one)."""


class EncoderDecoder(nn.Module):
    """An encoder and a decoder over packed tokens. config: has vocab_size and max_len at least;
    output: turns what `decode` gives into logits.
    """

    config: Any
    output: nn.Linear

    def forward(
        self, source: Tensor, source_layout: Layout, target: Tensor, target_layout: Layout
    ) -> Tensor:
        """What the decoder knows at each target token, (target_tokens, width); `output` turns it
        into logits.

        source, target: packed token ids, (tokens,); the target begins with START.
        """
        memory = self.encode(source, source_layout)
        return self.decode(target, target_layout, memory, source_layout)

    def encode(
        self, source: Tensor, layout: Layout, weights: Seq2SeqWeights | None = None
    ) -> Tensor:
        """Packed source ids to packed hidden states, (source_tokens, dim)."""
        raise NotImplementedError

    def decode(
        self,
        target: Tensor,
        layout: Layout,
        memory: Tensor,
        memory_layout: Layout,
        cache: Any | None = None,
        weights: Seq2SeqWeights | None = None,
    ) -> Tensor:
        """Packed target ids, over what `encode` gave, to packed hidden states, (target_tokens,
        width); with a cache, of those that follow what it keeps. One source may serve several
        texts: row i belongs to source i // (rows per source).
        """
        raise NotImplementedError

    def new_cache(self, max_len: int) -> Kept:
        """An empty cache for decoding up to `max_len` tokens."""
        raise NotImplementedError
