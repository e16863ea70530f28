"""The position-wise half of a Transformer block."""

import torch.nn.functional as F
from torch import Tensor, nn


class FeedForward(nn.Module):
    """Two linear layers with a non-linearity between, on each token alone.

    activation: "relu" (Vaswani et al., 2017), "gelu" (Hendrycks and Gimpel, 2016) or "swiglu"
    (Shazeer, 2020), which has a third, gating layer.
    """

    def __init__(self, dim: int, ffn_dim: int, activation: str = "relu", bias: bool = True) -> None:
        super().__init__()
        self.activation = activation
        if activation == "swiglu":
            self.gate_proj = nn.Linear(dim, ffn_dim, bias=bias)
        self.up_proj = nn.Linear(dim, ffn_dim, bias=bias)
        self.down_proj = nn.Linear(ffn_dim, dim, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        match self.activation:
            case "swiglu":
                hidden = F.silu(self.gate_proj(x)) * self.up_proj(x)
            case "gelu":
                hidden = F.gelu(self.up_proj(x))
            case _:
                hidden = F.relu(self.up_proj(x))
        return self.down_proj(hidden)  # (..., dim)
