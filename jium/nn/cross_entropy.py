"""The output layer and its cross-entropy as one step, a few rows at a time.

A table of logits, (tokens, vocab), is the largest tensor of a language model, and walking over it a
dozen times (cast, log-softmax, smoothing, and all that backwards) took a third of a training step
on two cores. Here a few rows at a time are turned, in the processor's cache, into their loss and
their gradient. The idea is that of Wijmans et al. (2024), https://arxiv.org/abs/2411.09009.
"""

from typing import Any

import torch
from torch import Tensor

from jium.nn.layout import rounded

TOKENS = 4096  # whose logits exist at a time
ROWS = 128  # of them in the processor's cache at a time


def linear_cross_entropy(
    hidden: Tensor, weight: Tensor, targets: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """Sum over tokens of the cross-entropy of `hidden @ weight.T` with the targets.

    hidden: (tokens, dim); weight: (vocab, dim); targets: (tokens,) ids. Products run in autocast's
    type where it is on, the softmax in float32. label_smoothing: probability spread evenly over the
    vocabulary.
    """
    if not torch.is_grad_enabled():
        hidden, weight = hidden.detach(), weight.detach()  # spares the gradients made on the way
    device = hidden.device.type
    dtype = hidden.dtype
    if torch.is_autocast_enabled(device):
        dtype = torch.get_autocast_dtype(device)
    with torch.autocast(device, enabled=False):
        return _LinearCrossEntropy.apply(hidden, weight, targets, label_smoothing, dtype)


class _LinearCrossEntropy(torch.autograd.Function):
    """Gradients are made on the way forward, while the logits are at hand; backward only scales
    them.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, smoothing: float, dtype: Any
    ) -> Tensor:
        wants = hidden.requires_grad or weight.requires_grad
        d_hidden = torch.empty_like(hidden) if wants else None
        d_weight = torch.zeros_like(weight) if wants else None
        small_weight = weight.to(dtype)
        total = hidden.new_zeros((), dtype=_wide(dtype))
        for start in range(0, len(targets), TOKENS):
            part = slice(start, start + TOKENS)
            small_hidden = _round(hidden[part].to(dtype))
            count = len(targets[part])
            whole = small_hidden @ small_weight.T  # (rounded tokens, vocab)
            whole[count:] = 0
            logits = whole[:count]
            size = ROWS if logits.device.type == "cpu" else TOKENS
            for rows, true in zip(logits.split(size), targets[part].split(size), strict=True):
                total += _loss_leaving_gradient(rows, true, smoothing, wants)
            if d_hidden is not None and d_weight is not None:
                d_hidden[part] = (whole @ small_weight)[:count]
                d_weight += whole.T @ small_hidden
        ctx.save_for_backward(d_hidden, d_weight)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        d_hidden, d_weight = ctx.saved_tensors
        return d_hidden.mul_(gradient), d_weight.mul_(gradient), None, None, None


def _loss_leaving_gradient(logits: Tensor, true: Tensor, smoothing: float, wants: bool) -> Tensor:
    """The loss of a few rows; in place of their logits it leaves the gradient, softmax - smoothed
    target.
    """
    log_probs = logits.log_softmax(-1, dtype=_wide(logits.dtype))
    loss = -(1 - smoothing) * log_probs.gather(1, true[:, None]).sum()
    if smoothing:
        loss -= smoothing * log_probs.sum() / logits.size(1)
    if wants:
        gradient = log_probs.exp_()
        if smoothing:
            gradient -= smoothing / logits.size(1)
        minus = torch.full_like(true, -(1 - smoothing), dtype=gradient.dtype)
        logits.copy_(gradient.scatter_add_(1, true[:, None], minus[:, None]))
    return loss


def _round(x: Tensor) -> Tensor:
    """Rows of zeros after x up to a round number; see `layout.rounded`."""
    extra = rounded(len(x)) - len(x)
    return torch.cat((x, x.new_zeros(extra, x.size(1)))) if extra else x


def _wide(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype == torch.float64 else torch.float32
