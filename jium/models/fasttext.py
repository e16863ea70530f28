"""A bag of tokens and their n-grams, averaged: the fastText classifier's encoder.

Joulin et al. (2017), https://arxiv.org/abs/1607.01759. n-grams of neighbouring tokens are hashed
into a fixed number of rows; with a tokenizer of characters they are character n-grams.
"""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.models.bert import mean_of
from jium.nn.dropout import Dropout
from jium.nn.layout import Layout
from jium.nn.stack import Weights
from jium.ranges import at_least

PRIMES = (1, 1_000_003, 998_244_353, 67_867_967, 49_979_687)  # odd factors of the hash, by place


@config
class FastTextConfig:
    """[model] of a bag of n-grams."""

    dim: int = 64
    n_grams: int = 2  # up to so many neighbouring tokens; 1: single tokens only
    buckets: int = 200_000  # rows that hashed n-grams share
    dropout: float = 0.2
    vocab_size: int | None = None  # None: the tokenizer's
    max_len: int = 512

    sizes: ClassVar[dict[str, dict[str, Any]]] = {"small": dict(dim=32), "base": dict(dim=100)}

    def __post_init__(self) -> None:
        at_least(1, dim=self.dim, buckets=self.buckets, max_len=self.max_len)
        if not 1 <= self.n_grams <= len(PRIMES):
            raise ConfigError(
                "must be between 1 and {most}; got {value}.",
                key="n_grams",
                most=len(PRIMES),
                value=self.n_grams,
            )


class FastText(nn.Module):
    """A vector for each token and for each n-gram that ends there; a text is their mean."""

    def __init__(self, config: FastTextConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.config = config
        rows = config.vocab_size + (config.buckets if config.n_grams > 1 else 0)
        self.embedding = nn.Embedding(rows, config.dim)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.dropout = Dropout(config.dropout)

    def forward(
        self,
        tokens: Tensor,
        layout: Layout,
        segments: Tensor | None = None,
        weights: Weights | None = None,
    ) -> Tensor:
        """Packed ids, (tokens,), to the sum of the vectors that end at each, (tokens, dim)."""
        x = self.embedding(tokens)
        for n in range(2, self.config.n_grams + 1):
            ids, whole = self.n_grams(tokens, layout, n)
            x = x + self.embedding(ids) * whole[:, None]
        return self.dropout(x)

    def n_grams(self, tokens: Tensor, layout: Layout, n: int) -> tuple[Tensor, Tensor]:
        """The row of the n-gram that ends at each token, and whether there is a whole one: the
        first n - 1 tokens of a text have none.
        """
        assert self.config.vocab_size is not None
        mixed = torch.zeros_like(tokens)
        for place in range(n):
            mixed = mixed * 31 + torch.roll(tokens + 1, place) * PRIMES[place]
        whole = layout.positions >= n - 1
        return self.config.vocab_size + mixed % self.config.buckets, whole

    def pool(self, hidden: Tensor, layout: Layout) -> Tensor:
        """The mean of each text: (batch, dim)."""
        return mean_of(hidden, layout)
