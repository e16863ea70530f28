"""Muon: momentum whose matrix is made orthogonal before it is applied.

Jordan et al. (2024), https://kellerjordan.github.io/posts/muon; the scale of the update and the
weight decay by Liu et al. (2025), https://arxiv.org/abs/2502.16982, so that rates of AdamW serve.
Embeddings, output matrices, norms and biases are moved by AdamW. A kernel of a convolution is a
matrix of its outputs by all that each of them looks at.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of Jordan et al.: steep at 0, about 1 elsewhere
STEPS = 5


class Muon(torch.optim.Optimizer):
    """Groups with "orthogonal" true hold matrices that Muon moves; the others are AdamW's."""

    def __init__(
        self,
        groups: Iterable[dict[str, Any]],
        lr: float,
        momentum: float,
        betas: tuple[float, float],
        eps: float,
    ) -> None:
        super().__init__(groups, dict(lr=lr, momentum=momentum, betas=betas, eps=eps))
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p] = {"momentum": torch.zeros_like(p)}
                if not group["orthogonal"]:
                    steps = torch.zeros((), device=p.device)  # where the fused step reads it
                    self.state[p] |= {"squares": torch.zeros_like(p), "steps": steps}

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move what has a gradient."""
        for group in self.param_groups:
            moved = [p for p in group["params"] if p.grad is not None]
            if not moved:
                continue
            if group["orthogonal"]:
                self._orthogonal(moved, group)
            else:
                self._adam(moved, group)

    def _orthogonal(self, moved: Sequence[nn.Parameter], group: dict[str, Any]) -> None:
        alike: dict[torch.Size, list[nn.Parameter]] = {}
        for p in moved:
            alike.setdefault(p.shape, []).append(p)
        for shape, parameters in alike.items():
            momenta = [self.state[p]["momentum"] for p in parameters]
            gradients = _gradients(parameters)
            weights: list[Tensor] = list(parameters)
            torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
            ahead = torch._foreach_lerp(gradients, momenta, group["momentum"])  # Nesterov's
            flat = torch.stack(ahead).flatten(2)  # a kernel is a matrix: out, in * height * width
            updates = [update.view(shape) for update in orthogonalised(flat)]
            torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
            scale = 0.2 * math.sqrt(max(flat.shape[1:]))  # the size of an AdamW update
            torch._foreach_add_(weights, updates, alpha=-group["lr"] * scale)

    def _adam(self, moved: Sequence[nn.Parameter], group: dict[str, Any]) -> None:
        states = [self.state[p] for p in moved]
        torch._fused_adamw_(
            list(moved),
            _gradients(moved),
            [state["momentum"] for state in states],
            [state["squares"] for state in states],
            [],
            [state["steps"].add_(1) for state in states],
            amsgrad=False,
            lr=group["lr"],
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            maximize=False,
        )


def _gradients(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    return [p.grad for p in parameters if p.grad is not None]


def orthogonalised(matrices: Tensor, steps: int = STEPS) -> Tensor:
    """(n, rows, columns) with singular values near 1 (0.7 to 1.2), by the quintic iteration of
    Newton and Schulz.
    """
    a, b, c = COEFFICIENTS
    flat = matrices.size(1) > matrices.size(2)
    x = matrices.mT if flat else matrices
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x.mT if flat else x
