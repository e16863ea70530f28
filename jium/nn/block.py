"""One Transformer block, and the settings that every model on this core shares."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.nn.attention import Attention, Scope
from jium.nn.cache import Slot
from jium.nn.dropout import Dropout
from jium.nn.feed_forward import Activation, FeedForward
from jium.nn.positions import RopeScaling, Scheme
from jium.nn.row_cache import RowSlot
from jium.ranges import at_least, share_below_one


@config
class TransformerConfig:
    """What a stack of blocks is made of; the defaults are those of Vaswani et al. (2017)."""

    dim: int = 512
    n_heads: int = 8
    n_kv_heads: int | None = None  # None: as many as n_heads
    head_dim: int | None = None  # None: dim / n_heads
    ffn_dim: int = 2048
    activation: Activation = "relu"
    norm: Literal["layer", "rms"] = "layer"
    norm_first: bool = False  # True: pre-norm, with one more norm after the last block
    norm_eps: float = 1e-5
    bias: bool = True
    qkv_bias: bool | None = None  # of queries, keys and values; None: as `bias`
    qk_norm: bool = False  # RMSNorm over each head of queries and keys
    attention_scale: float | None = None  # scores are multiplied by it; None: 1 / sqrt(head_dim)
    dropout: float = 0.1  # on what each sub-layer adds, and on embeddings
    attention_dropout: float = 0.0  # on attention weights; slow on CPU
    positions: Scheme = "sinusoidal"
    rope_theta: float = 10_000.0
    rope_scaling: RopeScaling | None = None  # of rotary positions, for longer texts
    max_len: int = 512  # in tokens

    def __post_init__(self) -> None:
        at_least(
            1,
            dim=self.dim,
            n_heads=self.n_heads,
            n_kv_heads=self.n_kv_heads,
            head_dim=self.head_dim,
            ffn_dim=self.ffn_dim,
            max_len=self.max_len,
        )
        if self.head_dim is None and self.dim % self.n_heads:
            raise ConfigError(
                "must divide dim; got n_heads={n_heads} with dim={dim}. Try {near}, or set "
                "head_dim.",
                key="n_heads",
                n_heads=self.n_heads,
                dim=self.dim,
                near=_nearest_divisor(self.dim, self.n_heads),
            )
        if self.n_kv_heads is not None and self.n_heads % self.n_kv_heads:
            raise ConfigError(
                "must divide n_heads; got n_kv_heads={n_kv_heads} with n_heads={n_heads}.",
                key="n_kv_heads",
                n_kv_heads=self.n_kv_heads,
                n_heads=self.n_heads,
            )
        if self.positions == "rotary" and (self.head_dim or self.dim // self.n_heads) % 2:
            raise ConfigError("must be even for rotary positions.", key="head_dim")
        share_below_one(dropout=self.dropout, attention_dropout=self.attention_dropout)


def _nearest_divisor(dim: int, wanted: int) -> int:
    divisors = [n for n in range(1, dim + 1) if dim % n == 0]
    return min(divisors, key=lambda n: (abs(n - wanted), -n))


def make_norm(config: TransformerConfig) -> nn.Module:
    """LayerNorm (Ba et al., 2016) or RMSNorm (Zhang and Sennrich, 2019), as the settings say."""
    if config.norm == "rms":
        return nn.RMSNorm(config.dim, eps=config.norm_eps)
    return nn.LayerNorm(config.dim, eps=config.norm_eps, bias=config.bias)


class Block(nn.Module):
    """Self-attention, then (in a decoder) cross-attention, then feed-forward; each added to what
    came in.

    context_dim: of what cross-attention looks at, where it is not as wide as the block.
    """

    def __init__(
        self, config: TransformerConfig, cross: bool = False, context_dim: int | None = None
    ) -> None:
        super().__init__()
        self.norm_first = config.norm_first
        self.attn = self._attention(config)
        self.attn_norm = make_norm(config)
        if cross:
            self.cross_attn = self._attention(config, context_dim)
            self.cross_attn_norm = make_norm(config)
        self.ffn = FeedForward(config.dim, config.ffn_dim, config.activation, config.bias)
        self.ffn_norm = make_norm(config)
        self.dropout = Dropout(config.dropout)

    def forward(
        self,
        x: Tensor,
        scope: Scope,
        context: Tensor | None = None,
        context_scope: Scope | None = None,
        slot: Slot | RowSlot | None = None,
        context_slot: Slot | None = None,
    ) -> Tensor:
        x = self._add(x, self.attn_norm, lambda h: self.attn(h, scope, slot=slot))
        if context is not None and context_scope is not None:
            x = self._add(
                x,
                self.cross_attn_norm,
                lambda h: self.cross_attn(h, context_scope, context, context_slot),
            )
        return self._add(x, self.ffn_norm, self.ffn)  # (tokens, dim)

    def _add(self, x: Tensor, norm: nn.Module, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        if self.norm_first:
            return x + self.dropout(sublayer(norm(x)))
        return norm(x + self.dropout(sublayer(x)))

    @staticmethod
    def _attention(config: TransformerConfig, context_dim: int | None = None) -> Attention:
        return Attention(
            config.dim,
            config.n_heads,
            config.n_kv_heads,
            config.head_dim,
            config.bias if config.qkv_bias is None else config.qkv_bias,
            config.attention_dropout,
            context_dim=context_dim,
            out_bias=config.bias,
            norm_eps=config.norm_eps if config.qk_norm else None,
            scale=config.attention_scale,
        )
