"""The position-wise half of a Transformer block."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.nn.linear import Linear

Activation = Literal[
    "relu", "gelu", "gelu_new", "quick_gelu", "silu", "swiglu", "geglu", "geglu_erf"
]  # gelu_new: by tanh


def quick_gelu(x: Tensor) -> Tensor:
    """x sigmoid(1.702 x), the coarser of the two approximations of Hendrycks and Gimpel (2016)."""
    return x * torch.sigmoid(1.702 * x)


gelu_new: Callable[[Tensor], Tensor] = partial(F.gelu, approximate="tanh")  # the finer of the two
PLAIN: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_new": gelu_new,
    "quick_gelu": quick_gelu,
    "silu": F.silu,
}
GATES: dict[str, Callable[[Tensor], Tensor]] = {
    "swiglu": F.silu,
    "geglu": gelu_new,
    "geglu_erf": F.gelu,
}


class FeedForward(nn.Module):
    """Two linear layers with a non-linearity between, on each token alone.

    activation: "relu" (Vaswani et al., 2017), "gelu" (Hendrycks and Gimpel, 2016), its
    approximations "gelu_new" and "quick_gelu", "silu" (Elfwing et al., 2018); or "swiglu" and
    "geglu" (Shazeer, 2020, here with gelu_new; "geglu_erf" with gelu, as Stable Diffusion has it),
    which have a third, gating layer.
    """

    def __init__(self, dim: int, ffn_dim: int, activation: str = "relu", bias: bool = True) -> None:
        super().__init__()
        self.activation = activation
        self.gate = GATES.get(activation)
        if self.gate is not None:
            self.gate_proj = Linear(dim, ffn_dim, bias=bias)
        self.up_proj = Linear(dim, ffn_dim, bias=bias)
        self.down_proj = Linear(ffn_dim, dim, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        if self.gate is not None:
            hidden = self.gate(self.gate_proj(x)) * self.up_proj(x)
        else:
            hidden = PLAIN[self.activation](self.up_proj(x))
        return self.down_proj(hidden)  # (..., dim)
