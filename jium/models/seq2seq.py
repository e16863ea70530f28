"""The encoder-decoder Transformer of Vaswani et al. (2017), https://arxiv.org/abs/1706.03762.

Notable: tokens run packed (no work on padding); source, target and output share one embedding
unless told otherwise; positions, norms and feed-forward are those of the core, so pre-norm, rotary
or SwiGLU are a word in the recipe.
"""

import math
from typing import Any, ClassVar

from torch import Tensor, nn

from jium.config import config
from jium.models.encoder_decoder import EncoderDecoder, Seq2SeqWeights
from jium.nn.block import TransformerConfig
from jium.nn.cache import Cache
from jium.nn.layout import Layout
from jium.nn.stack import Stack
from jium.ranges import at_least


@config
class Seq2SeqConfig(TransformerConfig):
    """[model] of a translator or summariser. `size` names a row of `sizes`."""

    n_encoder_layers: int = 6
    n_decoder_layers: int = 6
    vocab_size: int | None = None  # None: the tokenizer's
    tie_embeddings: bool = True  # one matrix for source, target and output; else two: the source's
    scale_embedding: bool = True  # token embeddings are multiplied by sqrt(dim)
    output_bias: bool = False  # a bias on logits, which training leaves as it is

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(dim=64, n_heads=4, ffn_dim=128, n_encoder_layers=2, n_decoder_layers=2),
        "mini": dict(dim=128, n_heads=4, ffn_dim=256, n_encoder_layers=3, n_decoder_layers=3),
        "small": dict(dim=256, n_heads=4, ffn_dim=1024, n_encoder_layers=3, n_decoder_layers=3),
        "medium": dict(dim=384, n_heads=6, ffn_dim=1536, n_encoder_layers=4, n_decoder_layers=4),
        "classic": dict(dim=512, n_heads=8, ffn_dim=2048, n_encoder_layers=6, n_decoder_layers=6),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(
            1,
            n_encoder_layers=self.n_encoder_layers,
            n_decoder_layers=self.n_decoder_layers,
            vocab_size=self.vocab_size,
        )


class Seq2Seq(EncoderDecoder):
    """An encoder that reads the source and a decoder that writes the target, token by token."""

    def __init__(self, config: Seq2SeqConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.config = config
        self.scale = math.sqrt(config.dim) if config.scale_embedding else 1.0
        self.source_embedding = nn.Embedding(config.vocab_size, config.dim)
        self.target_embedding = self.source_embedding
        if not config.tie_embeddings:
            self.target_embedding = nn.Embedding(config.vocab_size, config.dim)
        self.encoder = Stack(config, config.n_encoder_layers)
        self.decoder = Stack(config, config.n_decoder_layers, causal=True, cross=True)
        self.output = nn.Linear(config.dim, config.vocab_size, bias=config.output_bias)
        self._initialise()
        self.output.weight = self.target_embedding.weight

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for embedding in (self.source_embedding, self.target_embedding):
            nn.init.normal_(embedding.weight, std=0.02)  # starts at a loss of ln(vocab)

    def encode(
        self, source: Tensor, layout: Layout, weights: Seq2SeqWeights | None = None
    ) -> Tensor:
        """Packed source ids to packed hidden states, (source_tokens, dim)."""
        x = self.source_embedding(source) * self.scale
        return self.encoder(x, layout, weights=weights and weights.encoder)

    def decode(
        self,
        target: Tensor,
        layout: Layout,
        memory: Tensor,
        memory_layout: Layout,
        cache: Cache | None = None,
        weights: Seq2SeqWeights | None = None,
    ) -> Tensor:
        """Packed target ids, over what `encode` gave, to packed hidden states, (target_tokens,
        dim).
        """
        x = self.target_embedding(target) * self.scale
        return self.decoder(
            x, layout, memory, memory_layout, cache, weights=weights and weights.decoder
        )

    def new_cache(self, max_len: int) -> Cache:
        """An empty cache for decoding up to `max_len` tokens."""
        return Cache(self.config.n_decoder_layers, max_len)
