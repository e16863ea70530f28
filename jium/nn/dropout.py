"""Dropout (Srivastava et al., 2014) with cheap random numbers on the CPU.

PyTorch draws one Bernoulli variable at a time there, a tenth of a training step. One draw of 64
bits decides for four elements here, 16 bits each, from the same generator, so seeds and resuming
work as ever.
"""

from typing import Any

import torch
from torch import Tensor, nn

LANES = 4  # elements to one 64-bit draw
RANGE = 2**16


class Dropout(nn.Module):
    """Zero a share `p` of the elements while training, and scale the rest by 1 / (1 - p)."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, self.p) if self.training else x

    def extra_repr(self) -> str:
        return f"p={self.p}"


def dropout(x: Tensor, p: float) -> Tensor:
    """x with a share `p` of its elements zeroed, to within 2**-17, and the rest scaled."""
    if p == 0:
        return x
    if x.device.type != "cpu":
        return nn.functional.dropout(x, p)
    return _Drop.apply(x, p)


def keep_mask(shape: torch.Size, p: float) -> Tensor:
    """bool, True with probability 1 - p, drawn from the CPU generator."""
    count = shape.numel()
    draws = torch.empty(-(-count // LANES), dtype=torch.int64).random_(-(2**63), None)
    threshold = round(p * RANGE) - RANGE // 2
    return (draws.view(torch.int16)[:count] >= threshold).view(shape)


class _Drop(torch.autograd.Function):
    """Keeps the mask as bytes, not the product."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, p: float) -> Tensor:
        mask = keep_mask(x.shape, p)
        ctx.save_for_backward(mask)
        ctx.scale = 1 / (1 - p)
        return (x * mask).mul_(ctx.scale)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (mask,) = ctx.saved_tensors
        return (gradient * mask).mul_(ctx.scale), None
