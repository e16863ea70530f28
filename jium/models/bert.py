"""BERT, the Transformer encoder of Devlin et al. (2019), https://arxiv.org/abs/1810.04805.

Notable: token, segment and position embeddings are summed and normalised before the first block;
blocks are post-norm with GELU; tokens run packed. Rotary or ALiBi positions and pre-norm are a word
in the recipe, as in every model on this core.
"""

from dataclasses import replace
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.nn.block import TransformerConfig, make_norm
from jium.nn.layout import Layout
from jium.nn.positions import Positions, make_positions
from jium.nn.stack import Stack, Weights

INSIDE = ("rotary", "alibi")  # positions that act in attention; the others are added to embeddings


@config
class BertConfig(TransformerConfig):
    """[model] of an encoder; the defaults are BERT base. `size` names a row of `sizes`."""

    dim: int = 768
    n_heads: int = 12
    ffn_dim: int = 3072
    n_layers: int = 12
    activation: Literal["relu", "gelu", "swiglu"] = "gelu"
    norm_eps: float = 1e-12
    attention_dropout: float = 0.1
    positions: Literal["sinusoidal", "learned", "rotary", "alibi", "none"] = "learned"
    vocab_size: int | None = None  # None: the tokenizer's
    n_segments: int = 2  # kinds of text told apart, such as question and passage; 0: none
    pooler: bool = True  # a layer over the first token, for tasks that judge a text

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(dim=128, n_heads=2, ffn_dim=512, n_layers=2),
        "mini": dict(dim=256, n_heads=4, ffn_dim=1024, n_layers=4),
        "small": dict(dim=512, n_heads=8, ffn_dim=2048, n_layers=4),
        "medium": dict(dim=512, n_heads=8, ffn_dim=2048, n_layers=8),
        "base": dict(dim=768, n_heads=12, ffn_dim=3072, n_layers=12),
        "large": dict(dim=1024, n_heads=16, ffn_dim=4096, n_layers=24),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("n_layers", 1), ("vocab_size", 1), ("n_segments", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ConfigError(
                    "must be at least {least}; got {value}.", key=name, least=least, value=value
                )


class Embeddings(nn.Module):
    """What a token is, which segment it is in and where it stands: summed, then normalised."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.token = nn.Embedding(config.vocab_size, config.dim)
        self.segment = nn.Embedding(config.n_segments, config.dim) if config.n_segments else None
        self.positions = Positions()
        if config.positions not in INSIDE:
            head_dim = config.head_dim or config.dim // config.n_heads
            self.positions = make_positions(
                config.positions,
                config.dim,
                config.n_heads,
                head_dim,
                config.max_len,
                config.rope_theta,
            )
        self.norm = make_norm(config)

    def forward(self, tokens: Tensor, layout: Layout, segments: Tensor | None = None) -> Tensor:
        """Packed ids, and the segment of each (None: the first), to (tokens, dim)."""
        x = self.token(tokens)
        if self.segment is not None:
            x = x + (self.segment.weight[0] if segments is None else self.segment(segments))
        place = self.positions.embed(layout.positions)
        return self.norm(x if place is None else x + place)


class Bert(nn.Module):
    """An encoder in which every token sees every other."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        inside = config.positions in INSIDE
        self.embeddings = Embeddings(config)
        outside = config if inside else replace(config, positions="none")
        self.encoder = Stack(outside, config.n_layers)
        self.pooler = nn.Linear(config.dim, config.dim) if config.pooler else None
        self._initialise()

    def _initialise(self) -> None:
        """Weights from N(0, 0.02), biases 0, as the paper's code has it."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(
        self,
        tokens: Tensor,
        layout: Layout,
        segments: Tensor | None = None,
        weights: Weights | None = None,
    ) -> Tensor:
        """Packed token ids, (tokens,), to hidden states, (tokens, dim).

        segments: (tokens,), the segment of each token; None: all in the first.
        """
        return self.encoder(self.embeddings(tokens, layout, segments), layout, weights=weights)

    def pool(self, hidden: Tensor, layout: Layout) -> Tensor:
        """The first token of each text through the pooler: (batch, dim)."""
        assert self.pooler is not None, "this model was made without a pooler"
        return torch.tanh(self.pooler(hidden[first_places(layout)]))


def first_places(layout: Layout) -> Tensor:
    """(batch,), where in the packed row each text begins."""
    lengths = torch.tensor(layout.lengths, device=layout.device)
    return lengths.cumsum(0) - lengths
