"""The Transformer that cleans pictures: patches as tokens, steered by time in every norm.

DiT (Peebles and Xie, 2023, https://arxiv.org/abs/2212.09748), with words by cross-attention, as
PixArt has them (Chen et al., 2024, https://arxiv.org/abs/2310.00426), or as tokens beside the
patches, as U-ViT has them (Bao et al., 2023, https://arxiv.org/abs/2209.12152).
"""

from functools import lru_cache
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.models.conditioning import Context
from jium.nn.attention import Attention, Scope
from jium.nn.conv import check_sides
from jium.nn.dropout import Dropout
from jium.nn.feed_forward import FeedForward
from jium.nn.positions import Sinusoidal
from jium.nn.timestep import TimeEmbedding
from jium.ranges import at_least, share_below_one

COUNTS = ["channels", "out_channels", "patch_size", "dim", "n_heads", "n_layers"]
COUNTS += ["ffn_dim", "sine_dim"]


@config
class DitConfig:
    """[model.denoiser] of kind "dit"."""

    channels: int = 3  # of what comes in
    out_channels: int | None = None  # None: as many as come in
    patch_size: int = 2  # pixels a side of a patch
    dim: int = 384
    n_heads: int = 6
    n_layers: int = 12
    ffn_dim: int | None = None  # None: 4 dim
    context_dim: int | None = None  # of the states of a Context; None: nothing guides it
    words: Literal["cross", "joint"] = "cross"  # how patches see them
    qk_norm: bool = False  # RMSNorm over each head of queries and keys
    sine_dim: int = 256  # sines and cosines of the time
    dropout: float = 0.0

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(dim=64, n_heads=2, n_layers=2, patch_size=4),
        "small": dict(dim=256, n_heads=4, n_layers=8),
        "base": dict(dim=384, n_heads=6, n_layers=12),
    }

    def __post_init__(self) -> None:
        at_least(1, **{name: getattr(self, name) for name in COUNTS})
        if self.sine_dim % 2:
            raise ConfigError("must be even; got {value}.", key="sine_dim", value=self.sine_dim)
        share_below_one(dropout=self.dropout)
        if self.dim % self.n_heads:
            raise ConfigError(
                "must divide dim; got n_heads={n_heads} with dim={dim}.",
                key="n_heads",
                n_heads=self.n_heads,
                dim=self.dim,
            )
        if self.dim % 4:
            raise ConfigError(
                "must be a multiple of 4, sines and cosines of row and column; got {value}.",
                key="dim",
                value=self.dim,
            )

    @property
    def multiple(self) -> int:
        """What the height and width of a picture must be multiples of."""
        return self.patch_size


class DitBlock(nn.Module):
    """Self-attention, words, feed-forward; shift, scale and gate of the first and last come from
    the time ("adaLN-Zero", section 3.2 of Peebles and Xie): at first a block changes nothing.
    """

    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        dim = config.dim
        eps = 1e-6 if config.qk_norm else None
        self.modulation = nn.Linear(dim, 6 * dim)
        self.attn_norm = plain_norm(dim)
        self.attn = Attention(dim, config.n_heads, norm_eps=eps)
        self.cross_attn = None
        if config.context_dim is not None and config.words == "cross":
            self.cross_norm = nn.LayerNorm(dim, eps=1e-6)
            self.cross_attn = Attention(
                dim, config.n_heads, context_dim=config.context_dim, norm_eps=eps
            )
        self.ffn_norm = plain_norm(dim)
        self.ffn = FeedForward(dim, config.ffn_dim or 4 * dim, "gelu_new")
        self.dropout = Dropout(config.dropout)

    def forward(
        self, x: Tensor, cond: Tensor, scope: Scope, words: Tensor | None, words_scope: Scope
    ) -> Tensor:
        """x: (batch, patches, dim), cond: (batch, dim), words: (batch, length, context_dim)."""
        steer = self.modulation(F.silu(cond))[:, None].chunk(6, dim=-1)  # (batch, 1, dim) each
        shift, scale, gate, ffn_shift, ffn_scale, ffn_gate = steer
        h = self.attn_norm(x) * (1 + scale) + shift
        x = x + gate * self.dropout(self.attn(h, scope))
        if self.cross_attn is not None:
            x = x + self.dropout(self.cross_attn(self.cross_norm(x), words_scope, words))
        h = self.ffn_norm(x) * (1 + ffn_scale) + ffn_shift
        return x + ffn_gate * self.dropout(self.ffn(h))


class Dit(nn.Module):
    """Noisy pictures and their times to what the training asks for: noise, picture, v or flow."""

    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        self.config = config
        dim, pixels = config.dim, config.patch_size**2
        self.joint = config.context_dim is not None and config.words == "joint"
        self.time = TimeEmbedding(config.sine_dim, dim)
        self.patch_proj = nn.Linear(pixels * config.channels, dim)
        if config.context_dim is not None:
            self.pooled_proj = nn.Linear(config.context_dim, dim)
        if self.joint:
            assert config.context_dim is not None
            self.words_proj = nn.Linear(config.context_dim, dim)
        self.blocks = nn.ModuleList(DitBlock(config) for _ in range(config.n_layers))
        self.norm_out = plain_norm(dim)
        self.modulation = nn.Linear(dim, 2 * dim)
        self.out_proj = nn.Linear(dim, pixels * (config.out_channels or config.channels))
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.time.up_proj.weight, std=0.02)
        nn.init.normal_(self.time.down_proj.weight, std=0.02)
        ends = [self.modulation, self.out_proj]
        for block in self.blocks:
            assert isinstance(block, DitBlock)
            ends += [block.modulation]
            ends += [] if block.cross_attn is None else [block.cross_attn.o_proj]
        for end in ends:
            nn.init.zeros_(end.weight)

    def forward(self, x: Tensor, time: Tensor, context: Context | None = None) -> Tensor:
        """x: (batch, channels, height, width), time: (batch,) in [0, 1], context: what the pictures
        show, where the model has `context_dim`. Returns (batch, out_channels, height, width).

        Raises DataError where height or width is not a multiple of `config.multiple`.
        """
        p = self.config.patch_size
        check_sides(x, p)
        rows, columns = x.size(2) // p, x.size(3) // p
        h = self.patch_proj(rearrange(x, "b c (h p) (w q) -> b (h w) (p q c)", p=p, q=p))
        h = h + grid_positions(rows, columns, self.config.dim, x.device).to(h.dtype)
        h = self._blocks(h, self._steer(time, context), context)  # (batch, patches, dim)
        return rearrange(h, "b (h w) (p q c) -> b c (h p) (w q)", h=rows, p=p, q=p)

    def _steer(self, time: Tensor, context: Context | None) -> Tensor:
        cond = self.time(time)
        if self.config.context_dim is None:
            return cond
        assert context is not None, "a model with context_dim wants a context, if only the null one"
        return cond + self.pooled_proj(context.pooled)

    def _blocks(self, h: Tensor, cond: Tensor, context: Context | None) -> Tensor:
        n_patches = h.size(1)
        words, scope, words_scope = None, Scope(), Scope()
        if context is not None and self.joint:
            h = torch.cat((h, self.words_proj(context.states)), dim=1)
            seen = F.pad(context.mask, (n_patches, 0), value=True)  # (batch, patches + length)
            scope = Scope(mask=None if context.full else seen[:, None, None, :])
        elif context is not None:
            words = context.states
            words_scope = Scope(mask=None if context.full else context.mask[:, None, None, :])
        for block in self.blocks:
            h = block(h, cond, scope, words, words_scope)
        shift, scale = self.modulation(F.silu(cond))[:, None].chunk(2, dim=-1)
        return self.out_proj(self.norm_out(h[:, :n_patches]) * (1 + scale) + shift)


def plain_norm(dim: int) -> nn.LayerNorm:
    """A LayerNorm that learns nothing: scale and shift come from the time."""
    return nn.LayerNorm(dim, eps=1e-6, elementwise_affine=False)


@lru_cache(maxsize=16)
def grid_positions(rows: int, columns: int, dim: int, device: torch.device) -> Tensor:
    """(rows * columns, dim): sines and cosines of the column in the first half, of the row in the
    second, so that a model takes pictures of any size; dim: a multiple of 4.
    """
    with torch.inference_mode(False):  # it is kept, and may serve training afterwards
        table = Sinusoidal(dim // 2, max(rows, columns), halves=True).table.to(device)
        across, down = table[:columns].repeat(rows, 1), table[:rows].repeat_interleave(columns, 0)
        return torch.cat((across, down), dim=1)
