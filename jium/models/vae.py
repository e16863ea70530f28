"""A variational autoencoder of pictures (Kingma and Welling, 2014,
https://arxiv.org/abs/1312.6114).

Notable: one body for two uses. With `flat` a picture becomes one vector, so that the middle of two
pictures is a picture and what does not fit is seen; without it, a small map of latents that keeps
what stands where, on which a diffusion model can paint (Rombach et al., 2022, section 3.1).
"""

import math
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError, DataError
from jium.nn.conv import (
    Downsample,
    PixelAttention,
    ResBlock,
    Upsample,
    channels_last,
    check_sides,
    group_norm,
)
from jium.ranges import at_least, share_below_one

NARROWEST, WIDEST = -20.0, 10.0  # of log_var: beyond, exp() is no use to float32
SIGMA = 0.2  # of the pictures at first, in [-1, 1]


@config
class VaeConfig:
    """[model] of a variational autoencoder."""

    image_size: int | None = None  # pixels across and down; None: the data's
    channels: int = 3
    dim: int = 32  # channels at full size
    multipliers: tuple[int, ...] = (1, 2, 4)  # of dim: a level each, every one half as large
    n_blocks: int = 1  # residual blocks of a level
    attention: bool = False  # over the places of the smallest level
    latent_channels: int = 4
    flat: bool = False  # one vector of latent_channels for a picture, and no map
    dropout: float = 0.0

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(dim=8, multipliers=[1, 2], n_blocks=1),
        "small": dict(dim=32, multipliers=[1, 2, 4], n_blocks=1),
        "base": dict(dim=64, multipliers=[1, 2, 4], n_blocks=2, attention=True),
    }

    def __post_init__(self) -> None:
        at_least(
            1,
            image_size=self.image_size,
            channels=self.channels,
            dim=self.dim,
            n_blocks=self.n_blocks,
            latent_channels=self.latent_channels,
        )
        share_below_one(dropout=self.dropout)
        if not self.multipliers or min(self.multipliers) < 1:
            raise ConfigError(
                "must be one number or more, each at least 1; got {value}.",
                key="multipliers",
                value=list(self.multipliers),
            )
        if self.image_size is not None and self.image_size % self.factor:
            raise ConfigError(
                "{size} pixels cannot be halved {times} times. Try {near}, or fewer "
                "model.multipliers.",
                key="image_size",
                size=self.image_size,
                times=len(self.multipliers) - 1,
                near=max(1, round(self.image_size / self.factor)) * self.factor,
            )

    @property
    def factor(self) -> int:
        """How many pixels of a picture stand behind one place of the smallest level."""
        return 2 ** (len(self.multipliers) - 1)

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the latents of a picture."""
        assert self.image_size is not None, "the data give it before the model is made"
        side = 1 if self.flat else self.image_size // self.factor
        return self.latent_channels, side, side


class Encoder(nn.Module):
    """Pictures to maps of `channels` at the smallest level, or to one place where `flat`."""

    def __init__(self, config: VaeConfig, channels: int) -> None:
        super().__init__()
        widths = [config.dim * m for m in config.multipliers]
        self.inwards = nn.Conv2d(config.channels, widths[0], 3, padding=1)
        self.levels = nn.ModuleList()
        before = widths[0]
        for i, width in enumerate(widths):
            blocks: list[nn.Module] = [] if i == 0 else [Downsample(before)]
            for _ in range(config.n_blocks):
                blocks.append(ResBlock(before, width, dropout=config.dropout))
                before = width
            self.levels.append(nn.Sequential(*blocks))
        self.middle = middle(config, before)
        self.outwards = Ends(before, channels, smallest(config) if config.flat else None)

    def forward(self, images: Tensor) -> Tensor:
        x = self.inwards(images)
        for level in self.levels:
            x = level(x)
        return self.outwards(self.middle(x))


class Decoder(nn.Module):
    """The way back: latents to pictures."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths = [config.dim * m for m in reversed(config.multipliers)]
        side = smallest(config) if config.flat else None
        self.inwards: nn.Module = nn.Conv2d(config.latent_channels, widths[0], 3, padding=1)
        if side is not None:
            self.inwards = nn.ConvTranspose2d(config.latent_channels, widths[0], side)
        self.middle = middle(config, widths[0])
        self.levels = nn.ModuleList()
        before = widths[0]
        for i, width in enumerate(widths):
            blocks: list[nn.Module] = [] if i == 0 else [Upsample(before)]
            for _ in range(config.n_blocks):
                blocks.append(ResBlock(before, width, dropout=config.dropout))
                before = width
            self.levels.append(nn.Sequential(*blocks))
        self.outwards = Ends(before, config.channels)

    def forward(self, latents: Tensor) -> Tensor:
        x = self.middle(self.inwards(latents))
        for level in self.levels:
            x = level(x)
        return self.outwards(x)


class Ends(nn.Module):
    """Normalise, bend, and bring to `channels`; side: take the whole map of so many places."""

    def __init__(self, dim: int, channels: int, side: int | None = None) -> None:
        super().__init__()
        self.norm = group_norm(dim)
        self.conv = nn.Conv2d(dim, channels, side or 3, padding=0 if side else 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.silu(self.norm(x)))


def middle(config: VaeConfig, dim: int) -> nn.Module:
    """What stands at the smallest level of either way."""
    parts: list[nn.Module] = [ResBlock(dim, dim, dropout=config.dropout)]
    if config.attention:
        parts.append(PixelAttention(dim, head_dim=config.dim))
    return nn.Sequential(*parts)


def smallest(config: VaeConfig) -> int:
    """Places across the smallest level."""
    assert config.image_size is not None, "the data give it before the model is made"
    return config.image_size // config.factor


class Vae(nn.Module):
    """Pictures to Gaussians over latents, and latents to pictures.

    log_sigma: how far pictures lie from what is decoded, learned where the objective asks for it.
    latent_scale: brings latents to unit variance, as they were found to be in training.
    usual: (101,) percentiles of what the valid pictures score as `strangeness`.
    """

    latent_scale: Tensor
    usual: Tensor
    log_sigma: nn.Parameter

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config, 2 * config.latent_channels)
        self.decoder = Decoder(config)
        self.log_sigma = nn.Parameter(torch.tensor(math.log(SIGMA)))
        self.register_buffer("latent_scale", torch.ones(()))
        self.register_buffer("usual", torch.full((101,), math.nan))
        for way in (self.encoder, self.decoder):
            channels_last(way)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures in [-1, 1], (batch, channels, height, width), to mean and log_var of their
        latents, (batch, latent channels, height / factor, width / factor) or, flat, one place.

        Raises DataError where the sizes do not divide.
        """
        check_size(self.config, images)
        mean, log_var = self.encoder(images).chunk(2, dim=1)
        return mean, log_var.clamp(NARROWEST, WIDEST)

    def decode(self, latents: Tensor) -> Tensor:
        """Latents as `encode` gives them to pictures, which may lie a little outside [-1, 1]."""
        return self.decoder(latents)

    def strangeness(self, images: Tensor) -> Tensor:
        """How badly the model can account for each picture, (batch,): -ELBO in nats a value, less
        the log(2 pi) / 2 that all pictures share, and with the middle of the latents for all of
        them, so that the same picture always scores alike.
        """
        mean, log_var = self.encode(images)
        wrong = (self.decode(mean) - images).float().square().flatten(1).mean(1)
        wrong = wrong / (2 * (2 * self.log_sigma).exp()) + self.log_sigma
        return wrong + kl(mean.float(), log_var.float()).sum(1) / images[0].numel()

    def to_latents(self, images: Tensor) -> Tensor:
        """The middle of where pictures lie, scaled to unit variance: what other models work on."""
        return self.encode(images)[0] * self.latent_scale

    def from_latents(self, latents: Tensor) -> Tensor:
        """Pictures of latents of unit variance."""
        return self.decode(latents / self.latent_scale)

    def draw_latents(self, n: int, generator: torch.Generator) -> Tensor:
        """Latents as the prior has them, scaled as `to_latents` gives them."""
        shape = (n, *self.config.latent_shape)
        return torch.randn(shape, generator=generator) * self.latent_scale.cpu()


def kl(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, exp(log_var)) || N(0, 1)) in nats, appendix B of Kingma and Welling (2014):
    (mean^2 + exp(log_var) - 1 - log_var) / 2, summed over the places of each channel.

    Both: (batch, channels, height, width). Returns (batch, channels).
    """
    return (mean.square() + log_var.exp() - 1 - log_var).flatten(2).sum(2) / 2


def check_size(config: VaeConfig, images: Tensor) -> None:
    """Raises DataError for pictures that the model cannot take."""
    if images.size(1) != config.channels:
        raise DataError(
            "a picture of {found} channels; the model was made for {channels}.",
            found=images.size(1),
            channels=config.channels,
        )
    wanted = config.image_size
    if config.flat and tuple(images.shape[-2:]) != (wanted, wanted):
        raise DataError(
            "a picture of {width} x {height}; the model takes {size} x {size} alone.",
            width=images.size(-1),
            height=images.size(-2),
            size=wanted,
        )
    check_sides(images, config.factor)
