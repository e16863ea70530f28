"""Learn to describe pictures in words of a codebook.

    |x - decode(e)|^2 + commitment |encode(x) - sg(e)|^2,    e: the code nearest to encode(x)

(van den Oord et al., 2017, https://arxiv.org/abs/1711.00937, equation 3). The codes themselves
learn no gradient: they follow what is near them; see models/vqvae.py.
"""

from collections.abc import Iterator
from typing import Any, Literal

import torch.nn.functional as F

from jium.config import config
from jium.models.vqvae import VqVae
from jium.objectives.loss import Loss
from jium.objectives.vae import pyramid_distance
from jium.ranges import at_least


@config
class VqVaeLoss:
    """Reconstruction, and that the encoder keeps near the codes."""

    likelihood: Literal["l2", "l1"] = "l2"
    commitment: float = 0.25
    pyramid: float = 0.0  # weight of edges at every size, beside single values

    def __post_init__(self) -> None:
        at_least(0, commitment=self.commitment, pyramid=self.pyramid)

    def __call__(self, model: VqVae, batch: Any) -> Iterator[Loss]:
        images = batch.images  # (batch, channels, height, width), in [-1, 1]
        found = model.quantise(model.encode(images))
        guess = model.decode(found.latents).float()
        differ = F.l1_loss if self.likelihood == "l1" else F.mse_loss
        wrong = differ(guess, images, reduction="none").flatten(1).mean(1)  # (batch,)
        total = (wrong + self.commitment * found.distance).sum()
        if self.pyramid:
            total = total + self.pyramid * pyramid_distance(guess, images).sum()
        metrics = {"reconstruction": float(wrong.detach().sum())}
        yield Loss(total, len(images), metrics=metrics)
