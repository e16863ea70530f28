"""Optimisers: PyTorch's own, fused, with weight decay kept off what is not a matrix."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from jium.config import config
from jium.errors import ConfigError
from jium.ranges import above_zero
from jium.training.adagrad import RowAdagrad
from jium.training.muon import Muon

Factors = Mapping[str, float]
NONE: Factors = {}


@config
class Adam:
    """Adam (Kingma and Ba, 2015) with the constants of Vaswani et al. (2017)."""

    lr: float | None = None  # peak rate; None: the classic rate, which the noam schedule knows
    betas: tuple[float, float] = (0.9, 0.98)
    eps: float = 1e-9

    def __post_init__(self) -> None:
        _check(self.lr, self.betas)

    def make(self, model: nn.Module, lr: float, factors: Factors = NONE) -> torch.optim.Optimizer:
        """An optimiser over the parameters of `model` that want a gradient; factors: of the rate,
        by name, where it is not that of all.
        """
        return torch.optim.Adam(
            groups(model, lr, factors), lr=lr, betas=self.betas, eps=self.eps, fused=True
        )


@config
class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019) on matrices only."""

    lr: float | None = 3e-4
    betas: tuple[float, float] = (0.9, 0.98)
    eps: float = 1e-8
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        _check(self.lr, self.betas)

    def make(self, model: nn.Module, lr: float, factors: Factors = NONE) -> torch.optim.Optimizer:
        """An optimiser over the parameters of `model` that want a gradient; factors: as of Adam."""
        parts = groups(model, lr, factors, self.weight_decay)
        return torch.optim.AdamW(parts, lr=lr, betas=self.betas, eps=self.eps, fused=True)


# Parts of models that lie between the first layer and the last: of Transformers, of U-Nets.
INSIDE = {"blocks", "down", "middle", "middle_out", "up", "time", "pooled_proj"}


@config
class MuonW:
    """Muon for the matrices and kernels within a network, AdamW for the rest: its first and last
    layers, embeddings, norms and biases; see `muon.py`. It needs fewer steps; each costs more, the
    more so the smaller the batch.
    """

    lr: float | None = 1e-3
    momentum: float = 0.95
    betas: tuple[float, float] = (0.9, 0.98)  # of AdamW
    eps: float = 1e-8
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        _check(self.lr, (self.momentum, *self.betas))

    def make(self, model: nn.Module, lr: float, factors: Factors = NONE) -> torch.optim.Optimizer:
        """An optimiser over the parameters of `model` that want a gradient; factors: as of Adam."""
        within = {id(p) for name, p in model.named_parameters() if _within(name, p)}
        parts = []
        for group in groups(model, lr, factors, self.weight_decay):
            for orthogonal in (True, False):
                kept = [p for p in group["params"] if (id(p) in within) == orthogonal]
                if kept:
                    parts.append({**group, "params": kept, "orthogonal": orthogonal})
        return Muon(parts, lr, self.momentum, self.betas, self.eps)


def _within(name: str, parameter: nn.Parameter) -> bool:
    return parameter.ndim in (2, 4) and not INSIDE.isdisjoint(name.split(".")[:-1])


@config
class Adagrad:
    """AdaGrad with one rate a row: for tables of word vectors, of which a step touches few rows."""

    lr: float | None = 0.2
    eps: float = 1e-10  # beside gradients of a mean over a batch, which are small
    per_row: bool = True  # False: one rate a weight, as GloVe has it

    def __post_init__(self) -> None:
        _check(self.lr, ())

    def make(self, model: nn.Module, lr: float, factors: Factors = NONE) -> torch.optim.Optimizer:
        """An optimiser over the parameters of `model` that want a gradient; `factors` are for
        models of layers, which this one is not for.
        """
        parameters = [p for p in model.parameters() if p.requires_grad]
        return RowAdagrad(parameters, lr, self.eps, self.per_row)


def groups(
    model: nn.Module, lr: float, factors: Factors = NONE, weight_decay: float | None = None
) -> list[dict[str, Any]]:
    """The parameters of `model` that want a gradient, those of one rate and one decay together;
    matrices decay by `weight_decay`, the rest does not.
    """
    found: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            decays = weight_decay is not None and parameter.ndim >= 2
            found.setdefault((factors.get(name, 1.0), decays), []).append(parameter)
    ordered = sorted(found.items(), key=lambda item: (-item[0][0], not item[0][1]))
    if weight_decay is None:
        return [{"params": kept, "lr": lr * factor} for (factor, _), kept in ordered]
    return [
        {"params": kept, "lr": lr * factor, "weight_decay": weight_decay if decays else 0.0}
        for (factor, decays), kept in ordered
    ]


def _check(lr: float | None, betas: tuple[float, ...]) -> None:
    above_zero(lr=lr)
    if not all(0 <= beta < 1 for beta in betas):
        raise ConfigError("must each be in [0, 1); got {value}.", key="betas", value=betas)


OPTIMISERS = {
    "adam": "jium.training.optimisers:Adam",
    "adamw": "jium.training.optimisers:AdamW",
    "muon": "jium.training.optimisers:MuonW",
    "adagrad": "jium.training.optimisers:Adagrad",
}
