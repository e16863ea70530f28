"""Telling words that stand together from words drawn at random: Mikolov et al. (2013), equation 4.

https://arxiv.org/abs/1310.4546. Each pair seen together adds -log sigmoid(u·v), each negative
-log sigmoid(-u·v). The gradient has a closed form, sigmoid(u·v) less 1 for a pair and nothing for a
negative, and is computed with the loss: two more products of the same size, and no tape.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def negative_sampling(inputs: Tensor, outputs: Tensor, wanted: Tensor, negative: Tensor) -> Tensor:
    """The summed loss of blocks of words.

    inputs: (blocks, n, dim). outputs: (blocks, columns, dim), the last of them the negatives.
    wanted: (blocks, n, m), how much each pair with the first m columns counts. negative:
    (blocks, n, 1), how much each negative counts.
    """
    return _NegativeSampling.apply(inputs, outputs, wanted, negative)


class _NegativeSampling(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, outputs: Tensor, wanted: Tensor, negative: Tensor
    ) -> Tensor:
        scores = torch.bmm(inputs, outputs.mT)  # (blocks, n, columns)
        n_pairs = wanted.shape[2]
        weight = torch.cat([wanted, negative.expand(-1, -1, scores.shape[2] - n_pairs)], dim=2)
        # -log sigmoid(s) = softplus(s) - s, and -log sigmoid(-s) = softplus(s)
        total = torch.dot(F.softplus(scores).flatten(), weight.flatten())
        total -= torch.dot(scores[:, :, :n_pairs].flatten(), wanted.flatten())
        slope = scores.sigmoid_().mul_(weight)
        slope[:, :, :n_pairs] -= wanted
        ctx.save_for_backward(torch.bmm(slope, outputs), torch.bmm(slope.mT, inputs))
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        of_inputs, of_outputs = ctx.saved_tensors
        if gradient.item() != 1.0:
            of_inputs, of_outputs = of_inputs * gradient, of_outputs * gradient
        return of_inputs, of_outputs, None, None
