"""The time of a diffusion process as a vector: sines of it, then a small network.

Times are floats in [0, 1], 0 = clean, 1 = noise; they are read as thousandths, the 1,000 steps of
Ho et al. (2020), so that neighbouring times of a sampler are told apart.
"""

import math

import torch
from torch import Tensor, nn

THOUSANDTHS = 1000.0


def time_sinusoids(time: Tensor, dim: int, max_period: float = 10_000.0) -> Tensor:
    """(batch,) times in [0, 1] to (batch, dim): cosines in the first half, sines in the second.

    Wavelengths grow geometrically from 2 pi to 2 pi `max_period` thousandths, as the positions of
    Vaswani et al. (2017), https://arxiv.org/abs/1706.03762. dim: even.
    """
    half = dim // 2
    exponents = torch.arange(half, dtype=torch.float32, device=time.device) / half
    frequencies = torch.exp(-math.log(max_period) * exponents)  # radians a thousandth
    angles = THOUSANDTHS * time.float()[:, None] * frequencies
    return torch.cat((angles.cos(), angles.sin()), dim=-1)


class TimeEmbedding(nn.Module):
    """Sines of the time through two linear layers, section 3.3 of Ho et al. (2020),
    https://arxiv.org/abs/2006.11239.

    sine_dim: how many sines and cosines there are; dim: of what comes out.
    """

    def __init__(self, sine_dim: int, dim: int) -> None:
        super().__init__()
        self.sine_dim = sine_dim
        self.up_proj = nn.Linear(sine_dim, dim)
        self.down_proj = nn.Linear(dim, dim)

    def forward(self, time: Tensor) -> Tensor:
        """(batch,) to (batch, dim)."""
        sines = time_sinusoids(time, self.sine_dim).to(self.up_proj.weight.dtype)
        return self.down_proj(nn.functional.silu(self.up_proj(sines)))
