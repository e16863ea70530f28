import pytest
import torch
from torch import Tensor

from jium.nn.feed_forward import FeedForward

ACTIVATIONS = ["relu", "gelu", "gelu_new", "quick_gelu", "silu", "swiglu", "geglu"]


def linear(layer: torch.nn.Linear, x: Tensor) -> Tensor:
    return x @ layer.weight.T + (0 if layer.bias is None else layer.bias)


def tanh_gelu(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_each_kind_is_its_formula(activation: str, bias: bool) -> None:
    torch.manual_seed(0)
    ffn = FeedForward(6, 10, activation, bias)
    x = torch.randn(4, 6)
    up = linear(ffn.up_proj, x)
    match activation:
        case "relu":
            hidden = up.clamp(min=0)
        case "gelu":
            hidden = up * 0.5 * (1 + torch.erf(up / 2**0.5))
        case "gelu_new":
            hidden = tanh_gelu(up)
        case "quick_gelu":
            hidden = up / (1 + (-1.702 * up).exp())
        case "silu":
            hidden = up / (1 + (-up).exp())
        case "geglu":
            hidden = tanh_gelu(linear(ffn.gate_proj, x)) * up
        case _:
            gate = linear(ffn.gate_proj, x)
            hidden = gate / (1 + (-gate).exp()) * up
    torch.testing.assert_close(ffn(x), linear(ffn.down_proj, hidden), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "bias", "count"),
    [
        ("relu", True, 2 * 6 * 10 + 10 + 6),
        ("gelu", False, 2 * 6 * 10),
        ("swiglu", True, 3 * 6 * 10 + 2 * 10 + 6),
        ("swiglu", False, 3 * 6 * 10),
    ],
)
def test_parameters_are_those_of_its_layers(activation: str, bias: bool, count: int) -> None:
    assert sum(p.numel() for p in FeedForward(6, 10, activation, bias).parameters()) == count


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_tokens_do_not_see_each_other(activation: str) -> None:
    torch.manual_seed(0)
    ffn = FeedForward(6, 10, activation)
    x = torch.randn(4, 6)
    changed = x.clone()
    changed[2] += 1
    same = torch.tensor([0, 1, 3])
    assert torch.equal(ffn(changed)[same], ffn(x)[same])
    assert not torch.equal(ffn(changed)[2], ffn(x)[2])
