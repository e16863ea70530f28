"""Learn to take noise away from pictures."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import torch
from torch import Tensor, nn

from jium.config import config
from jium.models.noise import Schedule, target
from jium.objectives.loss import Loss
from jium.ranges import above_zero, at_least, share


@config
class Denoising:
    """The squared error of what the denoiser predicts, at a random time for each picture: L_simple,
    equation 14 of Ho et al. (2020), for any of the predictions of models/noise.py.

    Every prediction is a clean picture in disguise, and its error is that of the picture times a
    weight: the signal-to-noise ratio for eps, that plus one for v, 1 / sigma^2 for the flow.
    `weighting` chooses this weight instead. min_snr: min(snr, gamma), Hang et al. (2023),
    https://arxiv.org/abs/2303.09556; truncated_snr: the same but at least 1, as Salimans and Ho
    (2022) have it, so that what a picture shows is learned from the noisiest ones, too; snr: that
    of eps; clean: that of x0; none: as predicted.
    times: uniform, or logit_normal, more in the middle (Esser et al., 2024, section 3.1). The times
    of a batch are spread evenly, which lowers the variance (Kingma et al., 2021, appendix I.1).
    drop: share of captions taken away, so that guidance has something to compare with.
    captions_first: steps in which words of captions are learned before the first picture, by what
    the captions of one picture share (training/captions_first.py).

    Of a schedule that is learned errors count by its `pace`, too, so that every logarithm of the
    signal-to-noise ratio counts alike (weighting snr: the bound itself, equation 18 of Kingma et
    al., 2021) and no schedule has less to lose than another; it learns to lower the variance.
    """

    weighting: Literal["none", "min_snr", "truncated_snr", "snr", "clean"] = "min_snr"
    gamma: float = 5.0
    times: Literal["uniform", "logit_normal"] = "uniform"
    times_mean: float = 0.0  # of the logit of the time; above 0: noisier
    times_std: float = 1.0
    drop: float = 0.1
    captions_first: int = 0

    def __post_init__(self) -> None:
        above_zero(gamma=self.gamma, times_std=self.times_std)
        share(drop=self.drop)
        at_least(0, captions_first=self.captions_first)

    def __call__(self, model: nn.Module, batch: Any) -> Iterator[Loss]:
        painter: Any = model
        # (batch, channels, height, width); of an encoder under autocast latents come half as exact
        clean = (batch.images if batch.encoded else painter.encode(batch.images)).float()
        time = self.draw_times(len(clean), clean.device)  # (batch,)
        noise = torch.randn(clean.shape, device=clean.device)  # alike however clean lies in memory
        context = painter.context(batch)
        if context is not None and self.drop:
            taken = torch.rand(len(clean), device=clean.device) < self.drop
            context = painter.conditioner.drop(context, taken)
        errors = self.errors(painter, clean, noise, time, context)  # (batch,)
        yield Loss(errors.sum(), count=len(clean))

    def errors(
        self, model: Any, clean: Tensor, noise: Tensor, time: Tensor, context: Any
    ) -> Tensor:
        """The weighted mean squared error of each picture, (batch,)."""
        schedule, predicts = model.noise, model.config.predicts
        alpha, sigma = schedule.levels(time, clean)
        told, weights = schedule.clock(time), self.weights(schedule, predicts, time)
        pace = schedule.pace(time)
        if pace is not None:
            weights = weights * pace
        predicted = model(alpha * clean + sigma * noise, told, context).float()
        wanted = target(predicts, clean, noise, alpha, sigma)
        errors = weights * (predicted - wanted).square().flatten(1).mean(1)
        if weights.requires_grad:  # a schedule that learns
            for said in (alpha, sigma, told, weights):
                said.register_hook(in_proportion(errors.detach()))
        return errors

    def weights(self, schedule: Schedule, predicts: str, time: Tensor) -> Tensor:
        """What the error of such a prediction is multiplied by, (batch,)."""
        if self.weighting == "none":
            return torch.ones_like(time)
        alpha, sigma = schedule.alpha(time).double(), schedule.sigma(time).double()
        snr = alpha.square() / sigma.square().clamp(min=1e-12)
        own = {  # of the clean picture, in the error of the prediction
            "eps": snr,
            "x0": torch.ones_like(snr),
            "v": (alpha.square() + sigma.square()).square() / sigma.square().clamp(min=1e-12),
            "flow": (alpha + sigma).square() / sigma.square().clamp(min=1e-12),
        }[predicts]
        wanted = {
            "min_snr": snr.clamp(max=self.gamma),
            "truncated_snr": snr.clamp(1, max(self.gamma, 1)),
            "snr": snr,
            "clean": torch.ones_like(snr),
        }[self.weighting]
        if self.weighting == "snr" and predicts == "eps":
            return torch.ones_like(time)  # also where there is no signal
        return (wanted / own.clamp(min=1e-12)).to(time.dtype)

    def draw_times(self, n: int, device: torch.device | str = "cpu") -> Tensor:
        """n times in (0, 1), one in each nth part of the distribution, in random order."""
        places = (torch.randperm(n, device=device) + torch.rand(n, device=device)) / n
        places = places.clamp(1e-5, 1 - 1e-5)
        if self.times == "uniform":
            return places
        normal = torch.special.ndtri(places.double())
        return torch.sigmoid(self.times_mean + self.times_std * normal).to(places.dtype)


def in_proportion(errors: Tensor) -> Callable[[Tensor], Tensor]:
    """What makes of a gradient of the sum of `errors`, (batch,), by numbers of each picture that of
    the sum of their squares over their mean, which is all that can fall where the mean cannot
    (appendix I.2 of Kingma et al., 2021).
    """
    shares = 2 * errors / errors.mean().clamp(min=1e-12)
    return lambda gradient: gradient * shares.view(-1, *[1] * (gradient.dim() - 1)).to(gradient)
