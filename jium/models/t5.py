"""T5 (Raffel et al., 2020, https://arxiv.org/abs/1910.10683): every task as text to text.

Notable: positions are a learned bias for each bucket of distances, added to the scores of every
layer; scores are not scaled; norms are RMSNorm before each sub-layer; nothing has a bias. Version
1.1 gates its feed-forward layers (GEGLU) and has an output matrix of its own.
"""

import math
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig, Seq2SeqWeights
from jium.nn.block import TransformerConfig
from jium.nn.cache import Cache
from jium.nn.layout import Layout
from jium.nn.positions import Positions, Scheme


@config
class T5Config(Seq2SeqConfig):
    """[model] of a T5; the defaults are those of version 1.0, small."""

    head_dim: int | None = 64
    norm: Literal["layer", "rms"] = "rms"
    norm_first: bool = True
    norm_eps: float = 1e-6
    bias: bool = False
    attention_scale: float | None = 1.0
    positions: Scheme = "none"  # the buckets are the positions
    scale_embedding: bool = False
    n_buckets: int = 32  # of distances
    max_distance: int = 128  # tokens; what is farther is in the last bucket
    tie_output: bool = True  # the output matrix is that of the embeddings
    scale_output: bool = True  # what the decoder gives is divided by sqrt(dim)

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(Seq2SeqConfig.sizes["tiny"], head_dim=16),
        "small": dict(dim=512, n_heads=8, ffn_dim=2048, n_encoder_layers=6, n_decoder_layers=6),
        "base": dict(dim=768, n_heads=12, ffn_dim=3072, n_encoder_layers=12, n_decoder_layers=12),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_buckets < 4 or self.n_buckets % 2:
            raise ConfigError(
                "must be even, and 4 or more; got {value}.", key="n_buckets", value=self.n_buckets
            )
        if self.max_distance <= self.n_buckets // 2:
            raise ConfigError(
                "must be above n_buckets / 2; got {value}.",
                key="max_distance",
                value=self.max_distance,
            )


class RelativeBuckets(Positions):
    """A learned bias for the distance of key and query; near ones have a bucket each, far ones
    share buckets of logarithmic width.

    causal: no key follows its query, so that no bucket is kept for those.
    """

    def __init__(self, n_heads: int, n_buckets: int, max_distance: int, causal: bool) -> None:
        super().__init__()
        self.n_buckets, self.max_distance, self.causal = n_buckets, max_distance, causal
        self.table = nn.Embedding(n_buckets, n_heads)

    def bias(self, queries: Tensor, keys: Tensor) -> Tensor:
        buckets = self._buckets(keys[None, :] - queries[:, None])  # (queries, keys)
        return self.table(buckets).permute(2, 0, 1)

    def _buckets(self, distance: Tensor) -> Tensor:
        """Distances, below 0 where the key comes first, to bucket numbers."""
        if self.causal:
            return _widening(-distance.clamp(max=0), self.n_buckets, self.max_distance)
        half = self.n_buckets // 2
        return half * (distance > 0) + _widening(distance.abs(), half, self.max_distance)


def _widening(distance: Tensor, n_buckets: int, max_distance: int) -> Tensor:
    """Buckets of distances from 0: half of them exact, half of widths that grow."""
    exact = n_buckets // 2
    share = torch.log(distance.clamp(min=1).float() / exact) / math.log(max_distance / exact)
    far = (exact + (share * (n_buckets - exact)).long()).clamp(max=n_buckets - 1)
    return torch.where(distance < exact, distance, far)


class T5(Seq2Seq):
    """An encoder and a decoder, as `Seq2Seq`, with positions in buckets."""

    config: T5Config

    def __init__(self, config: T5Config) -> None:
        super().__init__(config)
        sizes = config.n_heads, config.n_buckets, config.max_distance
        self.encoder.positions = RelativeBuckets(*sizes, causal=False)
        self.decoder.positions = RelativeBuckets(*sizes, causal=True)
        if not config.tie_output:
            self.output = nn.Linear(config.dim, config.vocab_size or 0, bias=False)
        self._start(config)

    def _start(self, config: TransformerConfig) -> None:
        """Spreads that keep unscaled scores small: the square root of 1 / (inputs), of queries also
        of 1 / (size of a head); of embeddings, which nothing scales, 1.
        """
        for embedding in (self.source_embedding, self.target_embedding):
            nn.init.normal_(embedding.weight)
        head_dim = config.head_dim or config.dim // config.n_heads
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear) and module is not self.output:
                std = module.in_features**-0.5
                nn.init.normal_(
                    module.weight, std=std * (head_dim**-0.5 if "q_proj" in name else 1)
                )
            if isinstance(module, RelativeBuckets):
                nn.init.normal_(module.table.weight, std=config.dim**-0.5)

    def decode(
        self,
        target: Tensor,
        layout: Layout,
        memory: Tensor,
        memory_layout: Layout,
        cache: Cache | None = None,
        weights: Seq2SeqWeights | None = None,
    ) -> Tensor:
        """As `Seq2Seq.decode`, scaled where the output is that of the embeddings."""
        hidden = super().decode(target, layout, memory, memory_layout, cache, weights)
        return hidden * self.config.dim**-0.5 if self.config.scale_output else hidden
