"""Convolution blocks for pictures, (batch, channels, height, width): what U-Nets, VAEs and GANs are
made of.

Notable: pictures lie in memory with the channels last, so that attention reads them as tokens
without a copy. Weights keep the plain layout: the other one gains nothing measurable on the CPU,
and a fused optimiser whose state comes back from a file in the plain layout would then mix up the
numbers of a kernel, silently.
"""

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.errors import DataError
from jium.nn.attention import Attention, Scope
from jium.nn.dropout import Dropout

CHANNELS_A_GROUP = 4  # at least: with one, the norm would wipe out what a channel is on the whole


def group_norm(channels: int, groups: int = 32, eps: float = 1e-5) -> nn.GroupNorm:
    """Group normalisation (Wu and He, 2018) with at most `groups` groups: as many as divide the
    channels and leave four in each.
    """
    most = max(1, min(groups, channels // CHANNELS_A_GROUP))
    groups = next(n for n in range(most, 0, -1) if channels % n == 0)
    return nn.GroupNorm(groups, channels, eps=eps)


class ResBlock(nn.Module):
    """Norm, SiLU and convolution, twice, added to what came in: He et al. (2016) as Ho et al.
    (2020) have it in DDPM.

    cond_dim: width of a vector (time, class, words) that steers the block; None: there is none.
    modulation: "add" adds it between the convolutions; "scale_shift" scales and shifts the second
    norm by it, section 3 of Dhariwal and Nichol (2021), https://arxiv.org/abs/2105.05233.
    """

    def __init__(
        self,
        channels: int,
        out_channels: int | None = None,
        cond_dim: int | None = None,
        *,
        modulation: Literal["add", "scale_shift"] = "scale_shift",
        dropout: float = 0.0,
        groups: int = 32,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        out_channels = out_channels or channels
        self.modulation = modulation
        self.norm1 = group_norm(channels, groups, eps)
        self.conv1 = nn.Conv2d(channels, out_channels, 3, padding=1)
        self.cond_proj = None
        if cond_dim is not None:
            self.cond_proj = nn.Linear(cond_dim, out_channels * (1 + (modulation != "add")))
        self.norm2 = group_norm(out_channels, groups, eps)
        self.dropout = Dropout(dropout)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.skip: nn.Module = nn.Identity()
        if out_channels != channels:
            self.skip = nn.Conv2d(channels, out_channels, 1)

    def forward(self, x: Tensor, cond: Tensor | None = None) -> Tensor:
        """x: (batch, channels, height, width), cond: (batch, cond_dim)."""
        h = self.conv1(F.silu(self.norm1(x)))  # (batch, out_channels, height, width)
        h = self._steer(h, cond)
        return self.skip(x) + self.conv2(self.dropout(F.silu(h)))

    def _steer(self, h: Tensor, cond: Tensor | None) -> Tensor:
        if self.cond_proj is None:
            return self.norm2(h)
        assert cond is not None, "a block with cond_dim wants the vector that steers it"
        steer = self.cond_proj(F.silu(cond))[:, :, None, None]
        if self.modulation == "add":
            return self.norm2(h + steer)
        scale, shift = steer.chunk(2, dim=1)
        return self.norm2(h) * (1 + scale) + shift


class Downsample(nn.Module):
    """Half the height and width, by a convolution of stride 2."""

    def __init__(self, channels: int, out_channels: int | None = None) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out_channels or channels, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Upsample(nn.Module):
    """Twice the height and width: each pixel four times, then a convolution (Odena et al., 2016,
    on why not a transposed one).
    """

    def __init__(self, channels: int, out_channels: int | None = None) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out_channels or channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class PixelAttention(nn.Module):
    """Every pixel looks at every other, after a group norm; added to what came in.

    head_dim: must divide the channels.
    """

    def __init__(
        self, channels: int, head_dim: int, *, groups: int = 32, eps: float = 1e-5
    ) -> None:
        super().__init__()
        self.norm = group_norm(channels, groups, eps)
        self.attn = Attention(channels, channels // head_dim, head_dim=head_dim)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to the same."""
        return x + as_picture(self.attn(as_tokens(self.norm(x)), Scope()), x)


def as_tokens(x: Tensor) -> Tensor:
    """(batch, channels, height, width) to (batch, height * width, channels), row by row; no copy
    where the channels lie last.
    """
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def as_picture(tokens: Tensor, like: Tensor) -> Tensor:
    """(batch, height * width, channels) back to the height and width of `like`."""
    return tokens.unflatten(1, like.shape[-2:]).permute(0, 3, 1, 2)


def check_sides(x: Tensor, multiple: int) -> None:
    """Raises DataError where the height or width of x is not a multiple of `multiple`."""
    height, width = x.shape[-2:]
    if height % multiple or width % multiple or not x.numel():
        raise DataError(
            "a picture of {width} x {height} does not fit: width and height must be multiples of "
            "{multiple}. Try {near_width} x {near_height}.",
            width=width,
            height=height,
            multiple=multiple,
            near_width=nearest_multiple(width, multiple),
            near_height=nearest_multiple(height, multiple),
        )


def nearest_multiple(side: int, multiple: int) -> int:
    """The multiple nearest to `side`, at least one of it; of two equally near ones the larger."""
    return max(1, (side + multiple // 2) // multiple) * multiple


def channels_last(module: nn.Module) -> nn.Module:
    """The same module, which from now on lays out the pictures that it is called with so; weights
    stay as they are.
    """
    module.register_forward_pre_hook(_lay_out)
    return module


def _lay_out(module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    return given[0].contiguous(memory_format=torch.channels_last), *given[1:]
