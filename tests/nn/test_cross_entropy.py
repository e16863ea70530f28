import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from jium.nn import cross_entropy
from jium.nn.cross_entropy import linear_cross_entropy

SMOOTHINGS = [0.0, 0.1]


@pytest.fixture(params=["one part", "many parts"])
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut 11 tokens into parts of 4 and those into rows of 3, so that no border is met evenly."""
    if request.param == "many parts":
        monkeypatch.setattr(cross_entropy, "TOKENS", 4)
        monkeypatch.setattr(cross_entropy, "ROWS", 3)


def example(dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Eleven hidden states, an output matrix of 7 words, and targets; some words come twice."""
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(11, 5, generator=generator, dtype=dtype, requires_grad=True)
    weight = torch.randn(7, 5, generator=generator, dtype=dtype, requires_grad=True)
    return hidden, weight, torch.randint(0, 7, (11,), generator=generator)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_value_and_both_gradients_are_those_of_pytorch(parts: None, smoothing: float) -> None:
    hidden, weight, targets = example()
    loss = linear_cross_entropy(hidden, weight, targets, smoothing)
    plain = F.cross_entropy(hidden @ weight.T, targets, reduction="sum", label_smoothing=smoothing)
    torch.testing.assert_close(loss, plain)
    expected = torch.autograd.grad(plain * 0.25, (hidden, weight))
    given = torch.autograd.grad(loss * 0.25, (hidden, weight))
    for ours, theirs in zip(given, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_gradients_are_the_slopes_of_the_value(parts: None, smoothing: float) -> None:
    hidden, weight, targets = example(torch.float64)
    loss = linear_cross_entropy(hidden, weight, targets, smoothing)
    slopes = torch.autograd.grad(loss, (hidden, weight))
    step = 1e-6
    for which, slope in enumerate(slopes):
        for place in range(0, slope.numel(), 3):
            ends = []
            for sign in (step, -step):
                moved = [hidden.detach().clone(), weight.detach().clone()]
                moved[which].view(-1)[place] += sign
                ends.append(linear_cross_entropy(moved[0], moved[1], targets, smoothing))
            measured = float(ends[0] - ends[1]) / (2 * step)
            assert slope.view(-1)[place].item() == pytest.approx(measured, abs=1e-7)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_without_gradients_the_value_is_the_same(smoothing: float) -> None:
    hidden, weight, targets = example()
    with torch.no_grad():
        bare = linear_cross_entropy(hidden.detach(), weight.detach(), targets, smoothing)
    assert torch.equal(bare, linear_cross_entropy(hidden, weight, targets, smoothing).detach())


def test_smoothing_is_divergence_from_the_smoothed_target_plus_its_entropy() -> None:
    hidden, weight, targets = example(torch.float64)
    smoothed = torch.full((11, 7), 0.1 / 7, dtype=torch.float64)
    smoothed[torch.arange(11), targets] += 0.9
    log_probs = (hidden @ weight.T).log_softmax(-1)
    divergence = F.kl_div(log_probs, smoothed, reduction="sum")
    entropy = -(smoothed * smoothed.log()).sum()
    loss = linear_cross_entropy(hidden, weight, targets, 0.1)
    torch.testing.assert_close(loss, divergence + entropy)


def test_a_uniform_model_loses_ln_v_a_token() -> None:
    hidden, targets = torch.randn(11, 5), torch.arange(11) % 7
    for smoothing in SMOOTHINGS:
        loss = linear_cross_entropy(hidden, torch.zeros(7, 5), targets, smoothing)
        assert loss.item() == pytest.approx(11 * math.log(7), rel=1e-6)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_under_bfloat16_autocast_it_is_near_float32(parts: None, smoothing: float) -> None:
    hidden, weight, targets = example()
    exact = linear_cross_entropy(hidden, weight, targets, smoothing)
    slopes = torch.autograd.grad(exact, (hidden, weight))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        near = linear_cross_entropy(hidden, weight, targets, smoothing)
    assert near.dtype == torch.float32 and not torch.equal(near, exact)
    torch.testing.assert_close(near, exact, rtol=0.01, atol=0)
    for ours, theirs in zip(torch.autograd.grad(near, (hidden, weight)), slopes, strict=True):
        assert ours.dtype == torch.float32
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0.05)


def test_large_logits_stay_finite() -> None:
    hidden = torch.full((2, 1), 1000.0, requires_grad=True)
    weight = torch.tensor([[1.0], [-1.0]], requires_grad=True)
    loss = linear_cross_entropy(hidden, weight, torch.tensor([0, 1]))
    loss.backward()
    assert loss.item() == pytest.approx(2000.0)
    assert hidden.grad is not None and torch.isfinite(hidden.grad).all()
