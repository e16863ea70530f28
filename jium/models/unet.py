"""The U-Net that cleans pictures: down by halves and up again, with bridges between equal sizes.

DDPM (Ho et al., 2020, https://arxiv.org/abs/2006.11239) with the attention over words of latent
diffusion (Rombach et al., 2022, https://arxiv.org/abs/2112.10752); the parts are in nn/.

Notable: pictures lie in memory with the channels last, so that at the levels with attention they
are rows of tokens for the block of nn/, without a copy.
"""

from dataclasses import field
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.models.conditioning import Context
from jium.nn.attention import Scope
from jium.nn.block import Block, TransformerConfig
from jium.nn.conv import (
    Downsample,
    PixelAttention,
    ResBlock,
    Upsample,
    as_picture,
    as_tokens,
    check_sides,
    group_norm,
)
from jium.nn.timestep import TimeEmbedding
from jium.ranges import at_least, share_below_one

SIZES = ["channels", "out_channels", "dim", "head_dim", "groups"]
COUNTS = ["n_blocks", "n_layers", "ffn_multiplier"]


@config
class UnetConfig:
    """[model.denoiser] of kind "unet"."""

    channels: int = 3  # of what comes in
    out_channels: int | None = None  # None: as many as come in
    dim: int = 64  # channels at the first level
    multipliers: list[int] = field(default_factory=lambda: [1, 2, 3])  # of dim, one a level
    n_blocks: int = 2  # residual blocks a level
    attention_levels: list[int] = field(default_factory=lambda: [1, 2])  # from 0, the full size
    n_layers: int = 1  # Transformer blocks in an attention over words
    ffn_multiplier: int = 4  # of the channels, in such a block
    head_dim: int = 32
    middle_attention: bool = True  # in the narrowest part
    context_dim: int | None = None  # of the states of a Context; None: nothing guides it
    modulation: Literal["add", "scale_shift"] = "scale_shift"  # how time steers a block
    groups: int = 32  # of a group norm, at most
    norm_eps: float = 1e-5
    dropout: float = 0.0

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(dim=16, multipliers=[1, 2], n_blocks=1, attention_levels=[1], head_dim=16),
        "small": dict(dim=64, multipliers=[1, 2, 3], attention_levels=[1, 2]),
        "base": dict(dim=128, multipliers=[1, 2, 2, 3], attention_levels=[1, 2, 3], head_dim=64),
    }

    def __post_init__(self) -> None:
        at_least(1, **{name: getattr(self, name) for name in SIZES + COUNTS})
        self._check_levels()
        share_below_one(dropout=self.dropout)
        if self.dim % 2:
            raise ConfigError("must be even; got {value}.", key="dim", value=self.dim)
        for level in {*self.attention_levels, *self._middle()}:
            if self.widths[level] % self.head_dim:
                raise ConfigError(
                    "must divide the {width} channels of level {level}; got {value}.",
                    key="head_dim",
                    width=self.widths[level],
                    level=level,
                    value=self.head_dim,
                )

    def _check_levels(self) -> None:
        if not self.multipliers or min(self.multipliers) < 1:
            raise ConfigError(
                "must hold a number of at least 1 for each level; got {value}.",
                key="multipliers",
                value=self.multipliers,
            )
        if any(not 0 <= level < len(self.multipliers) for level in self.attention_levels):
            raise ConfigError(
                "must name levels from 0 to {last}; got {value}.",
                key="attention_levels",
                last=len(self.multipliers) - 1,
                value=self.attention_levels,
            )

    def _middle(self) -> list[int]:
        return [len(self.multipliers) - 1] if self.middle_attention else []

    @property
    def widths(self) -> list[int]:
        """Channels of each level."""
        return [self.dim * multiplier for multiplier in self.multipliers]

    @property
    def multiple(self) -> int:
        """What the height and width of a picture must be multiples of."""
        return 2 ** (len(self.multipliers) - 1)

    @property
    def time_dim(self) -> int:
        """Of the vector that steers the residual blocks."""
        return 4 * self.dim


class ContextAttention(nn.Module):
    """Pixels look at one another and then at the words, in Transformer blocks of nn/."""

    def __init__(self, config: UnetConfig, width: int) -> None:
        super().__init__()
        blocks = TransformerConfig(
            dim=width,
            n_heads=width // config.head_dim,
            ffn_dim=config.ffn_multiplier * width,
            activation="geglu_erf",
            norm_first=True,
            qkv_bias=False,
            dropout=config.dropout,
            positions="none",
        )
        self.norm = group_norm(width, config.groups, eps=1e-6)
        self.in_proj = nn.Linear(width, width)
        self.blocks = nn.ModuleList(
            Block(blocks, cross=True, context_dim=config.context_dim)
            for _ in range(config.n_layers)
        )
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor, context: Context) -> Tensor:
        """x: (batch, width, height, width of the picture), which it stays."""
        words = Scope(mask=None if context.full else context.mask[:, None, None, :])
        h = self.in_proj(as_tokens(self.norm(x)))  # (batch, pixels, width)
        for block in self.blocks:
            h = block(h, Scope(), context.states, words)
        return x + as_picture(self.out_proj(h), x)


class Stage(nn.Module):
    """A residual block, and attention after it where its level has it."""

    def __init__(
        self, config: UnetConfig, channels: int, level: int, attends: bool | None = None
    ) -> None:
        super().__init__()
        width = config.widths[level]
        self.res = ResBlock(
            channels,
            width,
            config.time_dim,
            modulation=config.modulation,
            dropout=config.dropout,
            groups=config.groups,
            eps=config.norm_eps,
        )
        attends = level in config.attention_levels if attends is None else attends
        self.attn = make_attention(config, width) if attends else None

    def forward(self, x: Tensor, cond: Tensor, context: Context | None) -> Tensor:
        x = self.res(x, cond)
        if isinstance(self.attn, ContextAttention):
            assert context is not None
            return self.attn(x, context)
        return x if self.attn is None else self.attn(x)


def make_attention(config: UnetConfig, width: int) -> nn.Module:
    """Over words where the model has a context, else over pixels alone."""
    if config.context_dim is not None:
        return ContextAttention(config, width)
    return PixelAttention(width, config.head_dim, groups=config.groups, eps=config.norm_eps)


class Down(nn.Module):
    """A level on the way down: its stages, then half the size, but for the last level."""

    def __init__(self, config: UnetConfig, level: int) -> None:
        super().__init__()
        width, n = config.widths[level], config.n_blocks
        widths_in = [config.widths[max(level - 1, 0)], *[width] * (n - 1)]
        self.stages = nn.ModuleList(Stage(config, w, level) for w in widths_in)
        last = level == len(config.widths) - 1
        self.shrink = None if last else Downsample(width)

    def forward(
        self, x: Tensor, cond: Tensor, context: Context | None, bridges: list[Tensor]
    ) -> Tensor:
        """Every picture that comes out on the way is put on `bridges`."""
        for stage in self.stages:
            x = stage(x, cond, context)
            bridges.append(x)
        if self.shrink is not None:
            x = self.shrink(x)
            bridges.append(x)
        return x


class Up(nn.Module):
    """A level on the way up: one stage more, each with what a bridge brings, then twice the size,
    but for the first level.
    """

    def __init__(self, config: UnetConfig, level: int) -> None:
        super().__init__()
        widths, width, n = config.widths, config.widths[level], config.n_blocks
        from_below = [widths[min(level + 1, len(widths) - 1)], *[width] * n]
        from_bridge = [*[width] * n, widths[max(level - 1, 0)]]
        self.stages = nn.ModuleList(
            Stage(config, below + bridge, level)
            for below, bridge in zip(from_below, from_bridge, strict=True)
        )
        self.grow = Upsample(width) if level else None

    def forward(
        self, x: Tensor, cond: Tensor, context: Context | None, bridges: list[Tensor]
    ) -> Tensor:
        for stage in self.stages:
            x = stage(torch.cat((x, bridges.pop()), dim=1), cond, context)
        return x if self.grow is None else self.grow(x)


class Unet(nn.Module):
    """Noisy pictures and their times to what the training asks for: noise, picture, v or flow."""

    def __init__(self, config: UnetConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        levels = range(len(widths))
        self.time = TimeEmbedding(config.dim, config.time_dim)
        self.pooled_proj = None
        if config.context_dim is not None:
            self.pooled_proj = nn.Linear(config.context_dim, config.time_dim)
        self.conv_in = nn.Conv2d(config.channels, widths[0], 3, padding=1)
        self.down = nn.ModuleList(Down(config, level) for level in levels)
        self.middle = Stage(config, widths[-1], levels[-1], config.middle_attention)
        self.middle_out = Stage(config, widths[-1], levels[-1], attends=False)
        self.up = nn.ModuleList(Up(config, level) for level in reversed(levels))
        self.norm_out = group_norm(widths[0], config.groups, config.norm_eps)
        out_channels = config.out_channels or config.channels
        self.conv_out = nn.Conv2d(widths[0], out_channels, 3, padding=1)
        self._initialise()

    def _initialise(self) -> None:
        """Every branch begins as nothing, and the whole as zero (Dhariwal and Nichol's code)."""
        ends: list[nn.Conv2d | nn.Linear] = [self.conv_out]
        for module in self.modules():
            if isinstance(module, ResBlock):
                ends.append(module.conv2)
            elif isinstance(module, PixelAttention):
                ends.append(module.attn.o_proj)
            elif isinstance(module, ContextAttention):
                ends.append(module.out_proj)
        for end in ends:
            nn.init.zeros_(end.weight)
            if end.bias is not None:
                nn.init.zeros_(end.bias)

    def forward(self, x: Tensor, time: Tensor, context: Context | None = None) -> Tensor:
        """x: (batch, channels, height, width), time: (batch,) in [0, 1], context: what the pictures
        show, where the model has `context_dim`. Returns (batch, out_channels, height, width).

        Raises DataError where height or width is not a multiple of `config.multiple`.
        """
        check_sides(x, self.config.multiple)
        cond = self._steer(time, context)  # (batch, time_dim)
        x = self.conv_in(x.contiguous(memory_format=torch.channels_last))
        bridges = [x]
        for down in self.down:
            x = down(x, cond, context, bridges)
        x = self.middle_out(self.middle(x, cond, context), cond, context)
        for up in self.up:
            x = up(x, cond, context, bridges)
        return self.conv_out(F.silu(self.norm_out(x)))

    def _steer(self, time: Tensor, context: Context | None) -> Tensor:
        cond = self.time(time)
        if self.pooled_proj is None:
            return cond
        assert context is not None, "a model with context_dim wants a context, if only the null one"
        return cond + self.pooled_proj(context.pooled)
