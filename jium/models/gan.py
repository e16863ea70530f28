"""A generator that draws a picture at once, and the discriminator that it learns from.

Goodfellow et al. (2014), https://arxiv.org/abs/1406.2661. The generator begins from a small picture
and doubles it, each block steered by the latent as in StyleGAN (Karras et al., 2019); the
discriminator halves it block by block, without norms (they would mix what is real and what is made)
but with every layer's largest singular value held at 1, if wanted (Miyato et al., 2018,
https://arxiv.org/abs/1802.05957). What is known of a picture, its caption or its class, steers the
generator with the latent, and meets the picture at the end of the discriminator as a product
(Miyato and Koyama, 2018, https://arxiv.org/abs/1802.05637).

Notable: each side reads captions with an encoder of its own, for what helps one hinders the other.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import Values, build, config, to_values
from jium.errors import ConfigError
from jium.models.conditioning import (
    ClassConditioner,
    Context,
    TextConditioner,
    TextConditionerConfig,
)
from jium.nn.conv import ResBlock, Upsample, group_norm
from jium.nn.layout import Layout
from jium.ranges import at_least

SLOPE = 0.2  # of the leaky rectifiers in the discriminator


@config
class GanConfig:
    """[model] of a GAN, with [model.text] where it reads captions.

    What belongs to the data (vocab_size, classes, picture_size) training fills in.
    """

    dim: int = 64  # channels at full size (of patches)
    multipliers: tuple[int, ...] = (1, 2, 4)  # of dim, at full size, half of it, and so on
    patch: int = 1  # squares of so many pixels a side are made and seen as channels: quicker
    latent_dim: int = 128
    style_dim: int = 128  # of the vector that steers the generator's blocks
    spectral_norm: bool = True  # in the discriminator; false for WGAN-GP
    text: Values | None = None  # the encoder of captions; None: they are not read
    labels: list[str] = field(default_factory=list)  # kinds of label that guide, without captions
    channels: int = 3
    vocab_size: int = 1  # of captions
    classes: dict[str, int] = field(default_factory=dict)  # of each kind in `labels`
    picture_size: int = 32  # pixels a side

    def __post_init__(self) -> None:
        at_least(
            1,
            dim=self.dim,
            patch=self.patch,
            latent_dim=self.latent_dim,
            style_dim=self.style_dim,
            channels=self.channels,
        )
        if not self.multipliers or min(self.multipliers) < 1:
            raise ConfigError(
                "must be numbers of at least 1, one a size; got {value}.",
                key="multipliers",
                value=list(self.multipliers),
            )
        if self.picture_size % self.multiple:
            raise ConfigError(
                "the model takes multiples of {multiple} pixels; got {value}. Try {near}.",
                key="picture_size",
                multiple=self.multiple,
                value=self.picture_size,
                near=max(1, round(self.picture_size / self.multiple)) * self.multiple,
            )
        if self.text is not None and self.labels:
            raise ConfigError("is for pictures without captions; leave out [text].", key="labels")
        if self.text is not None:
            settled = to_values(build(TextConditionerConfig, self.text, "text"))
            object.__setattr__(self, "text", settled)  # defaults written out, for the run's recipe

    @property
    def multiple(self) -> int:
        """What the sides of a picture must be multiples of, in pixels."""
        return 2 ** len(self.multipliers) * self.patch

    @property
    def base(self) -> int:
        """Pixels a side where the generator begins and the discriminator ends."""
        return self.picture_size // self.multiple


@dataclass(frozen=True)
class Condition:
    """What is known of each picture: a caption or labels. dropped: bool (batch,), True where the
    model is not told.
    """

    tokens: Tensor | None
    layout: Layout | None
    labels: dict[str, Tensor]
    dropped: Tensor

    def __len__(self) -> int:
        return len(self.dropped)

    def __getitem__(self, rows: Tensor) -> "Condition":
        """What is known of some of them."""
        labels, dropped = {k: v[rows] for k, v in self.labels.items()}, self.dropped[rows]
        if self.tokens is None or self.layout is None:
            return Condition(None, None, labels, dropped)
        texts = self.tokens.split(self.layout.lengths)
        chosen = [texts[row] for row in rows.tolist()]
        layout = Layout([len(text) for text in chosen], self.tokens.device)
        return Condition(torch.cat(chosen), layout, labels, dropped)

    def forgetting(self, share: float) -> "Condition":
        """The same, a random share of it dropped."""
        where = torch.rand(len(self), device=self.dropped.device) < share
        return replace(self, dropped=self.dropped | where)


def conditioner(config: GanConfig) -> TextConditioner | ClassConditioner | None:
    """What reads captions or labels; None where nothing guides."""
    if config.text is not None:
        text = build(TextConditionerConfig, config.text, "text")
        return TextConditioner(text, config.vocab_size)
    return ClassConditioner(config.style_dim, config.classes) if config.classes else None


def known(reader: TextConditioner | ClassConditioner, condition: Condition) -> Tensor:
    """What `reader` makes of each condition in one vector, (batch, dim)."""
    context: Context
    if isinstance(reader, TextConditioner):
        assert condition.tokens is not None and condition.layout is not None
        context = reader(condition.tokens, condition.layout)
    else:
        context = reader(condition.labels)
    return reader.drop(context, condition.dropped).pooled


class Gan(nn.Module):
    """A generator and a discriminator of pictures; see `jium.objectives.gan` for their game."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.config = config
        self.generator = Generator(config)
        self.discriminator = Discriminator(config)

    @property
    def conditioner(self) -> TextConditioner | ClassConditioner | None:
        """What the generator reads captions or labels with."""
        return self.generator.conditioner

    def latents(self, n: int, device: torch.device | str = "cpu") -> Tensor:
        """Standard normal, (n, latent_dim)."""
        return torch.randn(n, self.config.latent_dim, device=device)

    def real(self, batch: Any) -> Tensor:
        """What of a batch is to be imitated: (batch, channels, height, width) in [-1, 1]."""
        return batch.images

    def condition(self, batch: Any) -> Condition | None:
        """What is known of the pictures of a batch, as far as the model asks."""
        if self.conditioner is None:
            return None
        nothing = torch.zeros(len(batch.images), dtype=torch.bool, device=batch.images.device)
        labels = {kind: batch.labels[kind] for kind in self.config.classes}
        return Condition(batch.tokens, batch.layout, labels, nothing)


class Generator(nn.Module):
    """Latents to pictures."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.conditioner = conditioner(config)
        width, style = config.latent_dim, config.style_dim
        self.known_proj = None
        if self.conditioner is not None:
            self.known_proj = nn.Linear(len(self.conditioner.null_pooled), width)
        total = width * (2 if self.conditioner else 1)
        self.mapping = nn.Sequential(nn.Linear(total, style), nn.SiLU(), nn.Linear(style, style))
        sizes = [config.dim * m for m in reversed(config.multipliers)]
        self.begin = nn.Linear(total, sizes[0] * config.base**2)
        self.shape = (sizes[0], config.base, config.base)
        self.ups = nn.ModuleList(Upsample(size) for size in sizes)
        self.blocks = nn.ModuleList(
            ResBlock(size, after, cond_dim=style)
            for size, after in zip(sizes, [*sizes[1:], config.dim], strict=True)
        )
        self.out_norm = group_norm(config.dim)
        self.patch = config.patch
        self.out = nn.Conv2d(config.dim, config.channels * self.patch**2, 3, padding=1)

    def forward(self, latent: Tensor, condition: Condition | None = None) -> Tensor:
        """(batch, latent_dim) to (batch, channels, height, width) in [-1, 1]."""
        pooled = None
        if self.conditioner is not None:
            assert condition is not None, "a model with conditions wants one for each latent"
            pooled = known(self.conditioner, condition)
        return self.draw(latent, pooled)

    def draw(self, latent: Tensor, pooled: Tensor | None = None) -> Tensor:
        """The same, of conditions that are read already, (batch, dim)."""
        if self.known_proj is not None:
            assert pooled is not None
            latent = torch.cat((latent, self.known_proj(pooled)), 1)
        style = self.mapping(latent)  # (batch, style_dim)
        x = self.begin(latent).unflatten(1, self.shape)
        x = x.contiguous(memory_format=torch.channels_last)  # (batch, channels, base, base)
        for up, block in zip(self.ups, self.blocks, strict=True):
            x = block(up(x), style)  # twice as high and wide
        x = self.out(F.silu(self.out_norm(x)))
        return torch.tanh(F.pixel_shuffle(x, self.patch) if self.patch > 1 else x)


class Discriminator(nn.Module):
    """Pictures to scores: above 0 for what looks real."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.conditioner = conditioner(config)
        sizes = [config.dim * m for m in config.multipliers]
        self.patch = config.patch
        self.begin = nn.Conv2d(config.channels * self.patch**2, sizes[0], 3, padding=1)
        afters = [*sizes[1:], sizes[-1]]
        self.blocks = nn.ModuleList(Halving(a, b) for a, b in zip(sizes, afters, strict=True))
        self.features = nn.Linear(sizes[-1] * config.base**2, sizes[-1])
        self.score = nn.Linear(sizes[-1], 1)
        if config.spectral_norm:
            bound(self)
        self.known_proj = None
        if self.conditioner is not None:
            self.known_proj = nn.Linear(len(self.conditioner.null_pooled), sizes[-1])
            if config.spectral_norm:
                nn.utils.parametrizations.spectral_norm(self.known_proj)

    def forward(self, images: Tensor, condition: Condition | None = None) -> Tensor:
        """(batch, channels, height, width) to (batch,). Of conditions there may be fewer than
        pictures: then they hold for one part of the batch after another.
        """
        x = F.pixel_unshuffle(images, self.patch) if self.patch > 1 else images
        x = self.begin(x.contiguous(memory_format=torch.channels_last))
        for block in self.blocks:
            x = block(x)
        x = F.leaky_relu(self.features(F.leaky_relu(x, SLOPE).flatten(1)), SLOPE)
        scores = self.score(x).squeeze(1)
        if self.conditioner is None or self.known_proj is None:
            return scores
        assert condition is not None, "a model with conditions wants one for each picture"
        wanted = self.known_proj(known(self.conditioner, condition))
        wanted = wanted.repeat(len(images) // len(condition), 1)  # (batch, features)
        return scores + (wanted * x).sum(1) / x.size(1) ** 0.5


class Halving(nn.Module):
    """Two convolutions and a mean of every four pixels, added to such a mean of what came in."""

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, out_channels, 3, padding=1)
        self.skip: nn.Module = nn.Identity()
        if channels != out_channels:
            self.skip = nn.Conv2d(channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, out_channels, height / 2, width / 2)."""
        h = self.conv1(F.leaky_relu(x, SLOPE))
        h = F.avg_pool2d(self.conv2(F.leaky_relu(h, SLOPE)), 2)
        return (h + self.skip(F.avg_pool2d(x, 2))) / 2**0.5


def bound(module: Any) -> None:
    """Hold the largest singular value of each layer at 1, but for those that read conditions."""
    for name, child in module.named_children():
        if name == "conditioner":
            continue
        if isinstance(child, nn.Conv2d | nn.Linear):
            nn.utils.parametrizations.spectral_norm(child)
        else:
            bound(child)
