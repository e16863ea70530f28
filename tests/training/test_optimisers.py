"""Optimisers: what they decay, and that they are the published ones."""

import pytest
import torch
from torch import nn

from jium.errors import ConfigError
from jium.training.optimisers import Adam, AdamW


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 4), nn.LayerNorm(4))


def one_step(made: nn.Module, optimiser: torch.optim.Optimizer, scale: float) -> None:
    for parameter in made.parameters():
        parameter.grad = torch.full_like(parameter, scale)
    optimiser.step()


def test_weight_decay_is_on_matrices_only():
    groups = AdamW(weight_decay=0.3).make(model(), 1e-3).param_groups
    decay = {p.ndim: group["weight_decay"] for group in groups for p in group["params"]}
    assert decay == {2: 0.3, 1: 0.0}


def test_without_a_gradient_only_matrices_shrink():
    made = model()
    before = [p.detach().clone() for p in made.parameters()]
    one_step(made, AdamW(weight_decay=0.5).make(made, 0.1), 0.0)
    for old, new in zip(before, made.parameters(), strict=True):
        torch.testing.assert_close(new.detach(), old * (1 - 0.1 * 0.5) if old.ndim > 1 else old)


def test_every_parameter_is_in_exactly_one_group():
    made = model()
    groups = AdamW().make(made, 1e-3).param_groups
    assert sorted(id(p) for g in groups for p in g["params"]) == sorted(map(id, made.parameters()))


@pytest.mark.parametrize("settings", [Adam(), AdamW()])
def test_a_frozen_parameter_is_left_out(settings):
    made = model()
    made[0].weight.requires_grad_(False)
    chosen = {id(p) for g in settings.make(made, 1e-3).param_groups for p in g["params"]}
    assert id(made[0].weight) not in chosen and len(chosen) == 4


def test_adam_takes_the_steps_of_its_formula():
    made, rate, (b1, b2) = nn.Linear(1, 1, bias=False), 0.01, (0.9, 0.98)
    optimiser = Adam().make(made, rate)
    value, m, v = made.weight.item(), 0.0, 0.0
    for t, gradient in enumerate([0.5, -2.0, 1.0], 1):
        one_step(made, optimiser, gradient)
        m, v = b1 * m + (1 - b1) * gradient, b2 * v + (1 - b2) * gradient**2
        value -= rate * (m / (1 - b1**t)) / ((v / (1 - b2**t)) ** 0.5 + 1e-9)
        assert made.weight.item() == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("kind", [Adam, AdamW])
def test_impossible_settings_are_errors(kind):
    with pytest.raises(ConfigError, match="lr: must be above 0; got -1"):
        kind(lr=-1.0)
    with pytest.raises(ConfigError, match=r"betas: must each be in \[0, 1\)"):
        kind(betas=(0.9, 1.0))
