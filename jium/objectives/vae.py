"""Learn to describe pictures in few numbers: the evidence lower bound.

    -ELBO = -log p(x | z) + beta KL(q(z | x) || p(z)),    z = mean + exp(log_var / 2) noise

(Kingma and Welling, 2014, https://arxiv.org/abs/1312.6114, equations 3 and 10). The encoder gives
a Gaussian for each latent, its mean and the logarithm of its variance, not probabilities.
"""

import math
from collections.abc import Iterator
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from jium.config import config
from jium.models.vae import Vae, kl
from jium.objectives.loss import Loss
from jium.ranges import at_least

Likelihood = Literal["gaussian", "l2", "l1"]


@config
class VaeLoss:
    """-ELBO of each picture in nats, divided by the number of its values.

    likelihood: "gaussian" with one learned variance, so that beta = 1 is the bound itself (the
    sigma-VAE of Rybkin et al., 2021, https://arxiv.org/abs/2006.13202); "l2" and "l1" are squared
    and absolute differences without a variance, so that beta says how exact is exact.
    """

    likelihood: Likelihood = "gaussian"
    beta: float = 1.0  # weight of the KL (Higgins et al., 2017); 0 is a plain autoencoder
    free_bits: float = 0.0  # nats of KL that each latent channel of a picture has for nothing (in
    # Kingma et al., 2016, equation 15, of a batch's mean; then a batch in halves would differ)
    pyramid: float = 0.0  # weight of edges at every size, beside single values

    def __post_init__(self) -> None:
        at_least(0, beta=self.beta, free_bits=self.free_bits, pyramid=self.pyramid)

    def __call__(self, model: Vae, batch: Any) -> Iterator[Loss]:
        images = batch.images  # (batch, channels, height, width), in [-1, 1]
        mean, log_var = model.encode(images)
        guess = model.decode(draw(mean, log_var)).float()
        n_values = images[0].numel()
        wrong = reconstruction(guess, images, self.likelihood, model.log_sigma)  # (batch,)
        divergence = kl(mean.float(), log_var.float())  # (batch, latent channels)
        counted = divergence.clamp(min=self.free_bits).sum(1) / n_values
        total = (wrong + self.beta * counted).sum()
        metrics = {
            "reconstruction": float(wrong.detach().sum()),
            "kl": float(divergence.detach().sum()),
        }
        if self.pyramid:
            total = total + self.pyramid * pyramid_distance(guess, images).sum()
        yield Loss(total, len(images), metrics=metrics)


def draw(mean: Tensor, log_var: Tensor) -> Tensor:
    """Latents from N(mean, exp(log_var)), with a gradient to both."""
    return mean + torch.exp(log_var / 2) * torch.randn_like(mean)


def reconstruction(
    guess: Tensor, images: Tensor, likelihood: Likelihood, log_sigma: Tensor
) -> Tensor:
    """How wrong a picture is, as the mean over its values: (batch,).

    "gaussian": -log N(images; guess, sigma^2), in nats; "l2", "l1": without a variance.
    """
    if likelihood == "l1":
        return (guess - images).abs().flatten(1).mean(1)
    squares = (guess - images).square().flatten(1).mean(1)
    if likelihood == "l2":
        return squares
    log_sigma = log_sigma.float()
    return squares / (2 * (2 * log_sigma).exp()) + log_sigma + math.log(2 * math.pi) / 2


def pyramid_distance(guess: Tensor, images: Tensor) -> Tensor:
    """Differences of the Laplacian pyramids of two pictures, (batch,): edges count at every size,
    which a mean over single values hardly sees.

    Lap1 of Bojanowski et al. (2018), https://arxiv.org/abs/1707.05776, section 3.2: the mean of
    each size counts alike, as 2^2j times the sum does. Means of two by two are the blur; no trained
    network is needed.
    """
    rest, total = guess - images, guess.new_zeros(len(guess))
    while min(rest.shape[-2:]) > 1:
        smaller = F.avg_pool2d(rest, 2, ceil_mode=True, count_include_pad=False)
        larger = F.interpolate(smaller, size=rest.shape[-2:], mode="nearest")
        total = total + (rest - larger).abs().flatten(1).mean(1)
        rest = smaller
    return total + rest.abs().flatten(1).mean(1)
