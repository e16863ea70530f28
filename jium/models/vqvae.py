"""An autoencoder whose latents are words of a codebook: VQ-VAE (van den Oord et al., 2017,
https://arxiv.org/abs/1711.00937).

Notable: codes are moving means of what chose them (appendix A.1), not learned by gradient, and a
code that nobody chooses any more begins anew where the encoder is (Dhariwal et al., 2020,
https://arxiv.org/abs/2005.00341, section 3.1), or most of a codebook dies in the first steps.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.models.vae import Decoder, Encoder, VaeConfig, check_size
from jium.nn.conv import channels_last
from jium.ranges import at_least


@config
class VqVaeConfig(VaeConfig):
    """[model] of a VQ-VAE."""

    latent_channels: int = 16  # of a code
    n_codes: int = 256
    decay: float = 0.99  # of the moving means that codes are
    alive: float = 0.1  # a code chosen by fewer, as a moving mean over batches, begins anew

    sizes: ClassVar[dict[str, dict[str, Any]]] = VaeConfig.sizes

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(2, n_codes=self.n_codes)
        if not 0 < self.decay < 1:
            raise ConfigError("must be in (0, 1); got {value}.", key="decay", value=self.decay)
        at_least(0, alive=self.alive)


@dataclass
class Quantised:
    """latents: codes in place of what was given, which still gets the gradient; codes: their
    numbers, (batch, height, width); distance: of what was given from its codes, as a mean square,
    (batch,).
    """

    latents: Tensor
    codes: Tensor
    distance: Tensor


class Codebook(nn.Module):
    """Codes, each the moving mean of the vectors that are nearest to it."""

    codes: Tensor
    counts: Tensor
    sums: Tensor
    begun: Tensor

    def __init__(self, n_codes: int, dim: int, decay: float, alive: float) -> None:
        super().__init__()
        self.decay, self.alive = decay, alive
        self.register_buffer("codes", torch.randn(n_codes, dim))
        self.register_buffer("counts", torch.ones(n_codes))  # chosen, a moving mean over batches
        self.register_buffer("sums", torch.zeros(n_codes, dim))  # of those vectors, likewise
        self.register_buffer("begun", torch.zeros((), dtype=torch.bool))

    def nearest(self, vectors: Tensor) -> Tensor:
        """The number of the nearest code of each vector: (n, dim) to (n,)."""
        squares = self.codes.square().sum(1) - 2 * vectors @ self.codes.T  # + |vector|^2, alike
        return squares.argmin(1)

    @torch.no_grad()
    def learn(self, vectors: Tensor) -> None:
        """Move the codes towards the vectors of a batch, (n, dim)."""
        if not self.begun:
            self.codes.copy_(some_of(vectors, len(self.codes)))
            self.sums.copy_(self.codes)
            self.begun.fill_(True)
        chosen = F.one_hot(self.nearest(vectors), len(self.codes)).to(vectors.dtype)
        self.counts.lerp_(chosen.sum(0), 1 - self.decay)
        self.sums.lerp_(chosen.T @ vectors, 1 - self.decay)
        dead = self.counts < self.alive
        # Drawn whether or not it is needed: the random state does not hang on a rounding.
        fresh = some_of(vectors, len(self.codes))
        self.counts.masked_fill_(dead, 1.0)
        self.sums.copy_(torch.where(dead[:, None], fresh, self.sums))
        self.codes.copy_(self.sums / self.counts[:, None].clamp(min=1e-6))


class VqVae(nn.Module):
    """Pictures to codes, and codes to pictures.

    latent_scale: brings codes to unit variance, as they were found to be in training.
    usual: (101,) percentiles of what the valid pictures score as `strangeness`.
    """

    latent_scale: Tensor
    usual: Tensor

    def __init__(self, config: VqVaeConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config, config.latent_channels)
        self.codebook = Codebook(config.n_codes, config.latent_channels, config.decay, config.alive)
        self.decoder = Decoder(config)
        self.register_buffer("latent_scale", torch.ones(()))
        self.register_buffer("usual", torch.full((101,), torch.nan))
        for way in (self.encoder, self.decoder):
            channels_last(way)

    def encode(self, images: Tensor) -> Tensor:
        """Pictures in [-1, 1] to what the nearest codes are then taken of: (batch, latent channels,
        height / factor, width / factor). Raises DataError where the sizes do not divide.
        """
        check_size(self.config, images)
        return self.encoder(images)

    def quantise(self, latents: Tensor) -> Quantised:
        """The nearest code of every place. Forwards the codes, backwards the gradient of what was
        given, as if nothing had happened (straight-through); in training the codes learn.
        """
        rows = latents.permute(0, 2, 3, 1)  # (batch, height, width, dim)
        flat = rows.reshape(-1, rows.size(-1)).float()
        with torch.autocast(latents.device.type, enabled=False):  # near codes need all digits
            if self.training:
                self.codebook.learn(flat.detach())
            codes = self.codebook.nearest(flat.detach()).view(rows.shape[:3])
        near = self.look_up(codes)
        distance = (latents.float() - near).square().flatten(1).mean(1)
        return Quantised(latents + (near - latents).detach(), codes, distance)

    def look_up(self, codes: Tensor) -> Tensor:
        """Numbers of codes, (batch, height, width), to latents, (batch, dim, height, width)."""
        return F.embedding(codes, self.codebook.codes).permute(0, 3, 1, 2).contiguous()

    def decode(self, latents: Tensor) -> Tensor:
        """Latents to pictures, which may lie a little outside [-1, 1]."""
        return self.decoder(latents)

    def strangeness(self, images: Tensor) -> Tensor:
        """How badly codes stand for each picture, (batch,): the mean square of what is wrong."""
        guess = self.decode(self.quantise(self.encode(images)).latents)
        return (guess - images).float().square().flatten(1).mean(1)

    def to_latents(self, images: Tensor) -> Tensor:
        """The codes of pictures, scaled to unit variance: what other models work on."""
        return self.quantise(self.encode(images)).latents * self.latent_scale

    def from_latents(self, latents: Tensor) -> Tensor:
        """Pictures of latents of unit variance, each place first brought to its nearest code."""
        return self.decode(self.quantise(latents / self.latent_scale).latents)

    def draw_latents(self, n: int, generator: torch.Generator) -> Tensor:
        """Codes drawn for each place alone, as often as each is used. They know nothing of one
        another: what such latents show is texture. A model trained on the latents paints pictures.
        """
        _, height, width = self.config.latent_shape
        shares = self.codebook.counts.cpu()
        drawn = torch.multinomial(shares, n * height * width, True, generator=generator)
        codes = drawn.view(n, height, width).to(self.codebook.codes.device)
        return self.look_up(codes) * self.latent_scale


def some_of(vectors: Tensor, n: int) -> Tensor:
    """`n` rows, drawn with repetition, a little apart so that no two codes are one."""
    rows = vectors[torch.randint(len(vectors), (n,), device=vectors.device)]
    return rows + 0.01 * vectors.std() * torch.randn_like(rows)


def perplexity(codes: Tensor, n_codes: int) -> float:
    """How many codes are in use, as many as if all were used alike: exp of the entropy of their
    shares; n_codes at most.
    """
    shares = torch.bincount(codes.flatten(), minlength=n_codes).double() / codes.numel()
    return float(torch.special.entr(shares).sum().exp())
