"""Convolutions over words, Kim (2014), https://arxiv.org/abs/1408.5882: filters of several widths
slide over a text, and the strongest answer of each is kept.
"""

from dataclasses import field
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.nn.dropout import Dropout
from jium.nn.layout import Layout
from jium.nn.stack import Weights
from jium.ranges import at_least


@config
class CnnConfig:
    """[model] of convolutions over words."""

    embedding_dim: int = 128
    widths: list[int] = field(default_factory=lambda: [3, 4, 5])  # tokens that a filter sees
    n_filters: int = 100  # of each width
    dropout: float = 0.3
    vocab_size: int | None = None  # None: the tokenizer's
    max_len: int = 512

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "small": dict(embedding_dim=64, n_filters=64),
        "base": dict(embedding_dim=128, n_filters=100),
    }

    def __post_init__(self) -> None:
        at_least(
            1, embedding_dim=self.embedding_dim, n_filters=self.n_filters, max_len=self.max_len
        )
        if not self.widths or min(self.widths) < 1:
            raise ConfigError(
                "must name at least one width, each 1 or more; got {value}.",
                key="widths",
                value=self.widths,
            )

    @property
    def dim(self) -> int:
        """Of a text: one number a filter."""
        return self.n_filters * len(self.widths)


class Cnn(nn.Module):
    """Token embeddings and filters over them."""

    def __init__(self, config: CnnConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_dim)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.filters = nn.ModuleList(
            nn.Conv1d(config.embedding_dim, config.n_filters, width) for width in config.widths
        )
        self.dropout = Dropout(config.dropout)

    def forward(
        self,
        tokens: Tensor,
        layout: Layout,
        segments: Tensor | None = None,
        weights: Weights | None = None,
    ) -> Tensor:
        """Packed ids, (tokens,), to what each filter says where it begins, (tokens, dim): zeros
        stand after the end of a text.
        """
        x = layout.pad(self.dropout(self.embedding(tokens))).transpose(1, 2)
        found = [
            F.relu(conv(F.pad(x, (0, width - 1))))  # (batch, n_filters, time)
            for conv, width in zip(self.filters, self.config.widths, strict=True)
        ]
        return layout.unpad(torch.cat(found, 1).transpose(1, 2))

    def pool(self, hidden: Tensor, layout: Layout) -> Tensor:
        """The strongest answer of each filter: (batch, dim)."""
        return self.dropout(layout.pad(hidden).amax(1))  # at least 0, as the padding is
