"""A sentence as one vector: an encoder, and a way to pool its tokens.

Sentence-BERT (Reimers and Gurevych, 2019, https://arxiv.org/abs/1908.10084): the same encoder reads
every sentence alone, and the cosine of two vectors says how near they are in meaning.
"""

from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.models.bert import Bert, BertConfig, first_places, summed
from jium.nn.layout import Layout
from jium.nn.positions import Learned
from jium.nn.stack import Weights


@config
class SentenceConfig(BertConfig):
    """[model] of a sentence encoder: a BERT of any size and how its tokens become one vector."""

    pooling: Literal["mean", "cls", "max"] = "mean"
    token_weights: bool = False  # mean: each entry of the vocabulary has a learned weight in it
    normalise: bool = True  # vectors of length 1
    pooler: bool = False
    n_segments: int = 0

    sizes: ClassVar[dict[str, dict[str, Any]]] = BertConfig.sizes


class SentenceEncoder(nn.Module):
    """A BERT and its pooling."""

    def __init__(self, config: SentenceConfig) -> None:
        super().__init__()
        self.config = config
        self.bert = Bert(config)
        if isinstance(place := self.bert.embeddings.positions, Learned):
            # Small beside the tokens: at first the cosine is that of the words two texts share,
            # wherever they stand. Spearman before training, korsts valid: 0.712, and not 0.66.
            nn.init.normal_(place.table.weight, std=0.005)
        self.weights = None
        if config.token_weights:
            assert config.vocab_size is not None
            self.weights = nn.Embedding(config.vocab_size, 1)
            nn.init.zeros_(self.weights.weight)  # logarithms: a step changes all by a like share

    def forward(self, tokens: Tensor, layout: Layout, weights: Weights | None = None) -> Tensor:
        """Packed token ids, (tokens,), to one vector a text, (batch, dim).

        weights: collects attention, where it is wanted.
        """
        hidden = self.bert(tokens, layout, weights=weights).float()  # a sum of many in bfloat16
        pooled = self.pool(hidden, tokens, layout)  # would be a coarse one
        return F.normalize(pooled, dim=-1) if self.config.normalise else pooled

    def pool(self, hidden: Tensor, tokens: Tensor, layout: Layout) -> Tensor:
        """Hidden states, (tokens, dim), to (batch, dim)."""
        if self.config.pooling == "cls":
            return hidden[first_places(layout)]
        if self.config.pooling == "max":
            return layout.pad(hidden).masked_fill(~layout.mask[..., None], -torch.inf).amax(1)
        share = hidden.new_ones(len(hidden), 1)
        if self.weights is not None:
            share = self.weights(tokens).exp()  # (tokens, 1)
        return summed(hidden * share, layout) / summed(share, layout).clamp(min=1e-9)
