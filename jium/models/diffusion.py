"""Diffusion: a picture is noise that is taken away step by step.

Ho et al. (2020), https://arxiv.org/abs/2006.11239, in continuous time as Kingma et al. (2021) have
it: noisy = alpha(time) * clean + sigma(time) * noise, from time 0, clean, to 1, noise. The denoiser
(a U-Net, or a Transformer over patches) sees the noisy picture, the time and perhaps a caption.
What it predicts (the noise, the clean picture, v or the flow) converts into the clean picture, and
samplers ask for nothing else.

Notable: `patch` folds squares of pixels into channels before the denoiser. A U-Net at 32 pixels
spends most of its work on its first level; with patch = 2 it has four times fewer places.
With `latent` all of it happens on the latents of a VAE (Rombach et al., 2022), whose weights the
run then holds, too.
"""

from dataclasses import field, replace
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import Values, build, build_kind, config, find_kind, to_values
from jium.errors import ConfigError, DataError
from jium.models.conditioning import (
    ClassConditioner,
    Context,
    TextConditioner,
    TextConditionerConfig,
)
from jium.models.noise import NoiseConfig, Predicts, check_predicts, make_schedule, to_clean
from jium.models.vae import Vae
from jium.models.vqvae import VqVae
from jium.nn.layout import Layout
from jium.ranges import at_least

DENOISERS = {
    "unet": "jium.models.unet:UnetConfig",
    "dit": "jium.models.dit:DitConfig",
}
NETS = {
    "unet": "jium.models.unet:Unet",
    "dit": "jium.models.dit:Dit",
}
AUTOENCODERS = {
    "vae": "jium.models.vae:VaeConfig",
    "vqvae": "jium.models.vqvae:VqVaeConfig",
}


@config
class DiffusionConfig:
    """[model] of diffusion, with [model.denoiser], [model.text] and [model.noise].

    What belongs to the data (vocab_size, classes, picture_size) training fills in.
    """

    denoiser: Values = field(default_factory=lambda: {"kind": "unet"})  # "unet" or "dit"
    text: Values | None = None  # the encoder of captions; None: they are not read
    labels: list[str] = field(default_factory=list)  # kinds of label that guide, without captions
    noise: Values = field(default_factory=lambda: {"kind": "cosine"})  # the schedule
    predicts: Predicts = "v"
    patch: int = 1  # squares of so many pixels a side become channels
    latent: str | None = None  # a run of a VAE, on whose latents all this happens
    vae: Values | None = None  # its kind and settings, known once that run was read
    vocab_size: int = 1  # of captions
    classes: dict[str, int] = field(default_factory=dict)  # of each kind in `labels`
    picture_size: int = 32  # pixels a side

    def __post_init__(self) -> None:
        at_least(1, patch=self.patch)
        if self.text is not None and self.labels:
            raise ConfigError("is for pictures without captions; leave out [text].", key="labels")
        kind = self.denoiser.get("kind", "unet")
        denoiser = build_kind(DENOISERS, self.denoiser, "denoiser", "unet")
        noise = build(NoiseConfig, self.noise, "noise")
        settled = {"denoiser": {"kind": kind} | to_values(denoiser), "noise": to_values(noise)}
        if self.text is not None:
            settled["text"] = to_values(build(TextConditionerConfig, self.text, "text"))
        for name, values in settled.items():
            object.__setattr__(self, name, values)  # defaults written out, for the run's recipe
        check_predicts(noise, self.predicts)
        self._check_size()

    def _check_size(self) -> None:
        check_pixels("picture_size", self.picture_size, self.multiple)

    @property
    def multiple(self) -> int:
        """What the sides of a picture must be multiples of, in pixels."""
        return multiple_of(self, self.vae)

    @property
    def channels(self) -> int:
        """Of what is noised: colours, or the channels of a latent."""
        return 3 if self.vae is None else autoencoder_config(self.vae).latent_channels


def multiple_of(config: DiffusionConfig, vae: Values | None) -> int:
    """What the sides of a picture must be multiples of, where latents are those of `vae`."""
    own = build_kind(DENOISERS, config.denoiser, "denoiser").multiple * config.patch
    return own * (1 if vae is None else autoencoder_config(vae).factor)


def check_pixels(key: str, value: int, multiple: int) -> None:
    """Raise ConfigError for pixels that a model does not take."""
    if value % multiple:
        raise ConfigError(
            "the model takes multiples of {multiple} pixels; got {value}. Try {near}.",
            key=key,
            multiple=multiple,
            value=value,
            near=max(1, round(value / multiple)) * multiple,
        )


def autoencoder_config(values: Values) -> Any:
    """The settings of a VAE or VQ-VAE."""
    return build_kind(AUTOENCODERS, values, "vae", "vae")


class Diffusion(nn.Module):
    """A denoiser, what guides it, and its schedule of noise."""

    def __init__(self, config: DiffusionConfig) -> None:
        super().__init__()
        self.config = config
        self.noise = make_schedule(build(NoiseConfig, config.noise, "noise"))
        self.conditioner: TextConditioner | ClassConditioner | None = None
        settings = build_kind(DENOISERS, config.denoiser, "denoiser")
        context_dim = None
        if config.text is not None:
            text = build(TextConditionerConfig, config.text, "text")
            self.conditioner, context_dim = TextConditioner(text, config.vocab_size), text.dim
        elif config.classes:
            context_dim = 4 * settings.dim
            self.conditioner = ClassConditioner(context_dim, config.classes)
        channels = config.channels * config.patch**2
        settings = replace(
            settings, channels=channels, out_channels=channels, context_dim=context_dim
        )
        self.denoiser = find_kind(NETS, config.denoiser["kind"], "denoiser")(settings)
        self.vae: Vae | VqVae | None = None
        if config.vae is not None:
            own = autoencoder_config(config.vae)
            made = VqVae(own) if config.vae.get("kind") == "vqvae" else Vae(own)
            self.vae = made.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        """As of every module; but the autoencoder learns nothing here, so it drops nothing out."""
        super().train(mode)
        if self.vae is not None:
            self.vae.eval()
        return self

    # ------------------------------------------------------------ noise away

    def forward(self, x: Tensor, time: Tensor, context: Context | None = None) -> Tensor:
        """What the denoiser predicts (`config.predicts`) of noisy pictures or latents x, (batch,
        channels, height, width), at `time`, (batch,), as the schedule's `clock` tells it.
        """
        if context is None and self.conditioner is not None:
            context = self.conditioner.null(len(x))
        if self.config.patch > 1:
            folded = F.pixel_unshuffle(x, self.config.patch)
            return F.pixel_shuffle(self.denoiser(folded, time, context), self.config.patch)
        return self.denoiser(x, time, context)

    def denoise(self, x: Tensor, time: Tensor, context: Context | None = None) -> Tensor:
        """The clean picture or latent that is behind x, as far as the model can tell."""
        predicted = self(x, self.noise.clock(time), context).float()
        return to_clean(self.config.predicts, predicted, x, *self.noise.levels(time, x))

    # ------------------------------------------------------------ what guides it

    def read(self, tokens: Tensor, layout: Layout) -> Context:
        """Packed captions to a context. Raises ConfigError where the model knows no words."""
        if not isinstance(self.conditioner, TextConditioner):
            raise ConfigError("the model was trained without captions.", key="prompt")
        return self.conditioner(tokens, layout)

    def context(self, batch: Any) -> Context | None:
        """That of a batch of pictures, from its captions or labels; None where nothing guides."""
        if isinstance(self.conditioner, TextConditioner):
            return self.conditioner(batch.tokens, batch.layout)
        if self.conditioner is not None:
            return self.conditioner(batch.labels)
        return None

    # ------------------------------------------------------------ pictures and latents

    @torch.no_grad()
    def encode(self, images: Tensor) -> Tensor:
        """Pictures in [-1, 1] to what is noised: themselves, or latents of unit variance."""
        return images if self.vae is None else self.vae.to_latents(images)

    @torch.no_grad()
    def decode(self, clean: Tensor) -> Tensor:
        """The way back, to pictures in [-1, 1]."""
        return (clean if self.vae is None else self.vae.from_latents(clean)).clamp(-1, 1)

    def shape(self, height: int, width: int) -> tuple[int, int, int]:
        """Channels, height and width of what is noised, for a picture of so many pixels.

        Raises DataError where the size does not divide.
        """
        multiple = self.config.multiple
        if height % multiple or width % multiple or min(height, width) < 1:
            raise DataError(
                "a picture of {width} x {height} cannot be painted: this model takes multiples of "
                "{multiple} pixels.",
                width=width,
                height=height,
                multiple=multiple,
            )
        factor = 1 if self.vae is None else self.vae.config.factor
        return self.config.channels, height // factor, width // factor
