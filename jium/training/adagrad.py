"""AdaGrad for tables of vectors: each row has a rate of its own, and only touched rows move."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from jium.nn.rows import summed


class RowAdagrad(torch.optim.Optimizer):
    """AdaGrad (Duchi et al., 2011): rates fall as one over the root of the summed squares.

    per_row: one rate a row, from the mean of its squares, instead of one a weight. So what a row
    moves depends on how often it has moved, not on how many words a batch holds.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], lr: float, eps: float, per_row: bool
    ) -> None:
        super().__init__(parameters, {"lr": lr, "eps": eps, "per_row": per_row})
        for group in self.param_groups:
            for p in group["params"]:
                shape = (len(p), 1) if per_row and p.ndim > 1 else p.shape
                self.state[p]["sum"] = torch.zeros(shape, dtype=p.dtype, device=p.device)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move what has a gradient."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                squares = self.state[p]["sum"]
                if p.grad.is_sparse:
                    gradient = summed(p.grad)
                    _move_rows(p, squares, *_parts(gradient), group["lr"], group["eps"])
                else:
                    squares += _squares(p.grad, squares)
                    p.addcmul_(
                        p.grad, _rate(squares, group["eps"]).expand_as(p), value=-group["lr"]
                    )


def _parts(gradient: Tensor) -> tuple[Tensor, Tensor]:
    return gradient._indices()[0], gradient._values()


def _move_rows(
    p: Tensor, squares: Tensor, rows: Tensor, gradient: Tensor, lr: float, eps: float
) -> None:
    total = squares.index_select(0, rows)
    total += _squares(gradient, total)
    squares.index_copy_(0, rows, total)
    moved = p.index_select(0, rows)
    moved.addcmul_(gradient, _rate(total, eps).expand_as(gradient), value=-lr)
    p.index_copy_(0, rows, moved)


def _squares(gradient: Tensor, like: Tensor) -> Tensor:
    squares = gradient.square()
    return squares if squares.shape == like.shape else squares.mean(1, keepdim=True)


def _rate(squares: Tensor, eps: float) -> Tensor:
    return squares.sqrt().add_(eps).reciprocal_()
