"""BERT, the Transformer encoder of Devlin et al. (2019), https://arxiv.org/abs/1810.04805.

Notable: token, segment and position embeddings are summed and normalised before the first block;
blocks are post-norm with GELU; tokens run packed. Rotary or ALiBi positions and pre-norm are a word
in the recipe, as in every model on this core.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.nn.block import TransformerConfig, make_norm
from jium.nn.layout import Layout
from jium.nn.positions import Positions, make_positions
from jium.nn.stack import Stack, Weights

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "gelu": F.gelu,
    "relu": F.relu,
}
INSIDE = ("rotary", "alibi")  # positions that act in attention; the others are added to embeddings


@config
class BertConfig(TransformerConfig):
    """[model] of an encoder; the defaults are BERT base. `size` names a row of `sizes`."""

    dim: int = 768
    n_heads: int = 12
    ffn_dim: int = 3072
    n_layers: int = 12
    activation: Literal["relu", "gelu", "gelu_new", "swiglu"] = "gelu"
    norm_eps: float = 1e-12
    attention_dropout: float = 0.1
    positions: Literal["sinusoidal", "learned", "rotary", "alibi", "none"] = "learned"
    vocab_size: int | None = None  # None: the tokenizer's
    n_segments: int = 2  # kinds of text told apart, such as question and passage; 0: none
    pooler: bool = True  # a layer over what is pooled, for tasks that judge a text
    pool_from: Literal["first", "mean"] = "first"  # the first token, or the mean of all
    pooler_activation: Literal["tanh", "gelu", "relu"] = "tanh"
    embedding_dim: int | None = None  # of tokens, brought to `dim` by a layer (ELECTRA); None: dim
    position_offset: int = 0  # rows of the position table before the first (RoBERTa: 2)

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
        least_of = {"n_layers": 1, "vocab_size": 1, "n_segments": 0}
        for name, least in (least_of | {"embedding_dim": 1, "position_offset": 0}).items():
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
        dim = config.embedding_dim or config.dim
        self.token = nn.Embedding(config.vocab_size, dim)
        self.segment = nn.Embedding(config.n_segments, dim) if config.n_segments else None
        self.offset = config.position_offset
        self.positions = Positions()
        head_dim = config.head_dim or config.dim // config.n_heads
        if config.positions not in INSIDE:
            self.positions = make_positions(
                config.positions,
                dim,
                config.n_heads,
                head_dim,
                config.max_len + config.position_offset,
                config.rope_theta,
            )
        self.norm = make_norm(replace(config, dim=dim, head_dim=head_dim))
        self.project = nn.Linear(dim, config.dim) if dim != config.dim else nn.Identity()

    def forward(self, tokens: Tensor, layout: Layout, segments: Tensor | None = None) -> Tensor:
        """Packed ids, and the segment of each (None: the first), to (tokens, dim)."""
        x = self.token(tokens)
        if self.segment is not None:
            alike = segments is None or len(self.segment.weight) == 1  # RoBERTa tells none apart
            x = x + (self.segment.weight[0] if alike else self.segment(segments))
        place = self.positions.embed(layout.positions + self.offset)
        return self.project(self.norm(x if place is None else x + place))


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
        """The first token of each text, or their mean, through the pooler: (batch, dim)."""
        if self.config.pool_from == "mean":
            pooled = mean_of(hidden, layout)
        else:
            pooled = hidden[first_places(layout)]
        if self.pooler is None:
            return pooled
        return ACTIVATIONS[self.config.pooler_activation](self.pooler(pooled))


def first_places(layout: Layout) -> Tensor:
    """(batch,), where in the packed row each text begins."""
    lengths = torch.tensor(layout.lengths, device=layout.device)
    return lengths.cumsum(0) - lengths


def summed(x: Tensor, layout: Layout) -> Tensor:
    """(tokens, ...) added up by text: (batch, ...)."""
    owner = torch.arange(layout.batch, device=x.device).repeat_interleave(
        torch.tensor(layout.lengths, device=x.device)
    )
    return x.new_zeros(layout.batch, *x.shape[1:]).index_add(0, owner, x)


def mean_of(x: Tensor, layout: Layout) -> Tensor:
    """The mean of the tokens of each text: (tokens, dim) to (batch, dim), summed in float32."""
    lengths = torch.tensor(layout.lengths, device=x.device)
    return (summed(x.float(), layout) / lengths[:, None]).to(x.dtype)
