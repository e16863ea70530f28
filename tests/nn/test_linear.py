import pytest
import torch
from torch import nn

from jium.nn.linear import Linear


@pytest.mark.parametrize("rows", [1, 7, 8, 11, 12, 32, 33])
@pytest.mark.parametrize(
    ("wide", "bias"), [((4200, 512), True), ((4200, 512), False), ((8, 4), True)]
)
def test_it_is_the_linear_layer_however_it_is_multiplied(
    rows: int, wide: tuple[int, int], bias: bool
) -> None:
    torch.manual_seed(0)
    layer, x = Linear(wide[1], wide[0], bias=bias), torch.randn(rows, wide[1])
    plain = nn.Linear(wide[1], wide[0], bias=bias)
    plain.load_state_dict(layer.state_dict())
    with torch.no_grad():
        found = layer(x)
        torch.testing.assert_close(found, plain(x), rtol=1e-5, atol=1e-5)
    assert found.is_contiguous() and layer._turns(x) is False  # with gradients: as ever
    torch.testing.assert_close(layer(x), plain(x), rtol=0, atol=0)


def test_what_turns_is_wide_and_has_few_rows() -> None:
    layer = Linear(512, 4200)
    with torch.no_grad():
        turned = [n for n in (1, 7, 8, 32, 33) if layer._turns(torch.zeros(n, 512))]
        assert turned == [8, 32]
        assert not Linear(4, 8)._turns(torch.zeros(8, 4))
        assert not layer._turns(torch.zeros(8, 512, dtype=torch.bfloat16))
        assert not layer._turns(torch.zeros(2, 8, 512))
