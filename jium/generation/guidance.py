"""Steering what is drawn: towards the words, away from others, within the range of pictures."""

from collections.abc import Callable

import torch
from torch import Tensor

from jium.config import config
from jium.errors import ConfigError
from jium.generation.diffusion import Denoise
from jium.ranges import at_least, finite, share

Both = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


@config
class Guidance:
    """How strongly words steer, and when.

    scale: 1 is the model with the words, 0 the one without; above 1 further than the words say.
    """

    scale: float = 3.0
    rescale: float = 0.0  # share of the contrast that guidance adds which is taken back
    start: float = 0.0  # only at times in [start, end] (Kynkäänniemi et al., 2024); 1 elsewhere
    end: float = 1.0
    rise: float = 0.0  # 1: from 1 at time 1 to scale at time 0, evenly; between 0 and 1: less so

    def __post_init__(self) -> None:
        at_least(0, scale=self.scale)
        finite(scale=self.scale)
        share(rescale=self.rescale, rise=self.rise)
        if not 0 <= self.start < self.end <= 1:
            raise ConfigError(
                "must be below end, both between 0 and 1; got {start} and {end}.",
                key="start",
                start=self.start,
                end=self.end,
            )

    def at(self, time: float) -> float:
        """The scale at a time."""
        if not self.start <= time <= self.end:
            return 1.0
        return self.scale + (1 - self.scale) * self.rise * time


def guided(
    conditional: Denoise, unconditional: Denoise, guidance: Guidance, both: Both | None = None
) -> Denoise:
    """Classifier-free guidance, equation 6 of Ho and Salimans (2022),
    https://arxiv.org/abs/2207.12598: from what the model sees without the words on through what it
    sees with them. A negative prompt is the words of `unconditional`.

    both: the answers of the two in one call, where that is faster. Where the scale is 1 or 0 only
    one of them is asked.
    """

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        scale = guidance.at(float(time.reshape(-1)[0]))
        if scale == 1:
            return conditional(x, time)
        if scale == 0:
            return unconditional(x, time)
        if both is None:
            with_words, without = conditional(x, time), unconditional(x, time)
        else:
            with_words, without = both(x, time)
        steered = without + scale * (with_words - without)
        return rescaled(steered, with_words, guidance.rescale)

    return denoise


def rescaled(steered: Tensor, with_words: Tensor, share: float) -> Tensor:
    """As much contrast as without guidance, equations 15 and 16 of Lin et al. (2023),
    https://arxiv.org/abs/2305.08891; share: 0 leaves it, 1 takes back all that guidance adds.

    Here of clean pictures, whatever the model predicts.
    """
    if not share:
        return steered
    axes = tuple(range(1, steered.dim()))
    had, has = with_words.std(axes, keepdim=True), steered.std(axes, keepdim=True)
    return steered * (1 - share + share * had / has.clamp(min=1e-8))


def clipped(denoise: Denoise, limit: float = 1.0) -> Denoise:
    """Clean pictures stay within [-limit, limit] (static thresholding)."""
    return lambda x, time: denoise(x, time).clamp(-limit, limit)


def thresholded(denoise: Denoise, share: float = 0.995, limit: float = 1.0) -> Denoise:
    """Dynamic thresholding, section 2.3 of Saharia et al. (2022),
    https://arxiv.org/abs/2205.11487: the value that a share of a picture's values does not exceed
    becomes `limit`, if it is above; so strong guidance does not saturate.
    """

    def narrowed(x: Tensor, time: Tensor) -> Tensor:
        clean = denoise(x, time)
        most = torch.quantile(clean.flatten(1).abs().float(), share, dim=1).clamp(min=limit)
        most = most.view(-1, *[1] * (clean.dim() - 1)).to(clean)
        return clean.clamp(-most, most) * (limit / most)

    return narrowed
