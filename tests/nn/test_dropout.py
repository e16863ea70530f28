import pytest
import torch

from jium.nn.dropout import Dropout, dropout, keep_mask

SIZES = [(1,), (3,), (5,), (7, 3), (2, 3, 5), (64, 65)]


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
def test_the_share_kept_is_one_minus_p(p: float) -> None:
    torch.manual_seed(0)
    kept = keep_mask(torch.Size((400, 501)), p).float()
    error = 5 * (p * (1 - p) / kept.numel()) ** 0.5
    assert kept.mean().item() == pytest.approx(1 - p, abs=error)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_mean_stays_and_variance_is_that_of_scaled_coins(p: float) -> None:
    torch.manual_seed(0)
    y = dropout(torch.ones(400, 501), p)
    assert y.mean().item() == pytest.approx(1, abs=0.01)
    assert y.var().item() == pytest.approx(p / (1 - p), rel=0.03)
    assert sorted(y.unique().tolist()) == pytest.approx([0.0, 1 / (1 - p)])


def test_neighbours_that_share_a_draw_are_independent() -> None:
    torch.manual_seed(0)
    lanes = keep_mask(torch.Size((50_000, 4)), 0.5).float()
    correlations = torch.corrcoef(lanes.T) - torch.eye(4)
    assert correlations.abs().max().item() < 0.025


@pytest.mark.parametrize("shape", SIZES)
def test_the_gradient_is_the_scaled_mask(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    x = torch.full(shape, 3.0, requires_grad=True)
    y = dropout(x, 0.4)
    y.backward(torch.full(shape, 7.0))
    assert x.grad is not None and y.shape == shape
    torch.testing.assert_close(x.grad, torch.where(y == 0, 0.0, 7.0 / 0.6))


@pytest.mark.parametrize("shape", SIZES)
def test_one_seed_gives_one_mask(shape: tuple[int, ...]) -> None:
    def draw(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return dropout(torch.ones(shape), 0.5)

    assert torch.equal(draw(3), draw(3))
    if torch.Size(shape).numel() > 20:
        assert not torch.equal(draw(3), draw(4))


def test_two_draws_in_a_row_differ() -> None:
    torch.manual_seed(0)
    x = torch.ones(100)
    assert not torch.equal(dropout(x, 0.5), dropout(x, 0.5))


def test_nothing_is_dropped_in_evaluation_or_at_zero() -> None:
    x = torch.randn(5, 5)
    assert torch.equal(Dropout(0.9).eval()(x), x)
    assert torch.equal(Dropout(0.0)(x), x)
    assert (Dropout(0.9)(torch.ones(1000)) == 0).any()


def test_bfloat16_stays_bfloat16() -> None:
    assert dropout(torch.ones(9, dtype=torch.bfloat16), 0.5).dtype == torch.bfloat16
