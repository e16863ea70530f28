"""A picture encoder and a decoder that writes what it sees, word by word.

Xu et al. (2015), https://arxiv.org/abs/1502.03044, let an RNN look at the cells of a convolutional
map while it writes; here a Vision Transformer reads, and the decoder of every other model here
looks at its patches by cross-attention. To a search it is a translator whose source is a picture.
"""

import math
from dataclasses import field
from typing import Any, ClassVar

from torch import Tensor, nn

from jium.config import config
from jium.models.encoder_decoder import EncoderDecoder, Seq2SeqWeights
from jium.models.vit import Vit, VitConfig
from jium.nn.block import TransformerConfig
from jium.nn.cache import Cache
from jium.nn.layout import Layout
from jium.nn.stack import Stack
from jium.ranges import at_least


@config
class CaptionerConfig(TransformerConfig):
    """[model] of a captioner: its own settings are those of the decoder, [model.image] is the
    encoder.
    """

    dim: int = 192
    n_heads: int = 3
    ffn_dim: int = 384
    n_layers: int = 2
    norm_first: bool = True
    dropout: float = 0.0
    max_len: int = 64
    vocab_size: int | None = None  # None: the tokenizer's
    image: VitConfig = field(default_factory=lambda: VitConfig(**VitConfig.sizes["mini"]))

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "mini": dict(dim=192, n_heads=3, ffn_dim=384, n_layers=2, image=VitConfig.sizes["mini"]),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(1, n_layers=self.n_layers, vocab_size=self.vocab_size)


class Captioner(EncoderDecoder):
    """Pictures to texts: `encode` takes pictures where a translator takes source ids."""

    def __init__(self, config: CaptionerConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.config = config
        self.image = Vit(config.image)
        self.project: nn.Module = nn.Identity()
        if config.image.dim != config.dim:
            self.project = nn.Linear(config.image.dim, config.dim)
        self.embedding = nn.Embedding(config.vocab_size, config.dim)
        self.decoder = Stack(config, config.n_layers, causal=True, cross=True)
        self.output = nn.Linear(config.dim, config.vocab_size, bias=False)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.output.weight = self.embedding.weight
        self.scale = math.sqrt(config.dim)

    def layout(self, images: Tensor) -> Layout:
        """How the states of so many pictures lie."""
        return self.image.layout(images)

    def encode(
        self, source: Tensor, layout: Layout, weights: Seq2SeqWeights | None = None
    ) -> Tensor:
        """Pictures, (batch, channels, height, width), to packed states of their patches, (batch *
        n_tokens, dim).
        """
        return self.project(self.image.encode(source))

    def decode(
        self,
        target: Tensor,
        layout: Layout,
        memory: Tensor,
        memory_layout: Layout,
        cache: Cache | None = None,
        weights: Seq2SeqWeights | None = None,
    ) -> Tensor:
        """Packed caption ids, over what `encode` gave, to packed hidden states, (tokens, dim)."""
        x = self.embedding(target) * self.scale
        kept = weights and weights.decoder
        return self.decoder(x, layout, memory, memory_layout, cache, weights=kept)

    def new_cache(self, max_len: int) -> Cache:
        """An empty cache for writing up to `max_len` tokens."""
        return Cache(self.config.n_layers, max_len)
