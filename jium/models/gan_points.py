"""A GAN for points in a plane: two small feed-forward networks, to study the game itself."""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from jium.config import config


@config
class PointGanConfig:
    """Both networks: `n_layers` hidden layers of `dim`."""

    dim: int = 128
    n_layers: int = 3
    latent_dim: int = 2
    n_outputs: int = 2  # numbers of a point
    spectral_norm: bool = False  # Miyato et al. (2018): no layer of the discriminator stretches


class PointGan(nn.Module):
    """A generator of points and a discriminator of them, without conditions."""

    def __init__(self, config: PointGanConfig) -> None:
        super().__init__()
        self.config = config
        self.generator = Points(config, config.latent_dim, config.n_outputs)
        self.discriminator = Points(config, config.n_outputs, 1, config.spectral_norm)

    def latents(self, n: int, device: torch.device | str = "cpu") -> Tensor:
        """Standard normal, (n, latent_dim)."""
        return torch.randn(n, self.config.latent_dim, device=device)

    def real(self, batch: Any) -> Tensor:
        """What of a batch is to be imitated: (batch, n_outputs)."""
        return batch.points

    def condition(self, batch: Any) -> None:
        """Nothing is known of a point."""
        return None


class Points(nn.Module):
    """Linear layers with leaky rectifiers between them; of one output, a score."""

    def __init__(self, config: PointGanConfig, n_in: int, n_out: int, bound: bool = False) -> None:
        super().__init__()
        sizes = [n_in, *[config.dim] * config.n_layers, n_out]
        linears: list[nn.Module] = [nn.Linear(*pair) for pair in pairwise(sizes)]
        if bound:
            linears = [nn.utils.parametrizations.spectral_norm(linear) for linear in linears]
        self.layers = nn.ModuleList(linears)

    def forward(self, x: Tensor, condition: None = None) -> Tensor:
        """(batch, n_in) to (batch, n_out), or to (batch,) where n_out is 1."""
        for layer in self.layers[:-1]:
            x = nn.functional.leaky_relu(layer(x), 0.2)
        x = self.layers[-1](x)
        return x.squeeze(1) if x.size(1) == 1 else x
