"""Sliced Wasserstein distances."""

import pytest
import torch

from jium.evaluation.sliced import picture_distance, sliced_wasserstein


def cloud(seed: int, n: int = 200) -> torch.Tensor:
    return torch.randn(n, 3, generator=torch.Generator().manual_seed(seed))


def test_a_set_is_no_distance_from_itself_in_any_order() -> None:
    points = cloud(0)
    assert sliced_wasserstein(points, points.flip(0)) == pytest.approx(0.0, abs=1e-6)


def test_two_single_points_are_as_far_as_their_projections_on_average() -> None:
    a, b = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])
    wanted = 2**0.5 * 5 * 2 / torch.pi  # the mean of |cos| is 2 / pi
    assert sliced_wasserstein(a, b, sides=20_000) == pytest.approx(wanted, rel=0.02)


def test_it_grows_with_a_shift_and_is_the_same_both_ways() -> None:
    near, far = (sliced_wasserstein(cloud(0), cloud(1) + shift) for shift in (0.5, 2.0))
    assert sliced_wasserstein(cloud(0), cloud(1)) < near < far
    assert sliced_wasserstein(cloud(1) + 2.0, cloud(0)) == pytest.approx(far)


def test_pictures_that_lack_detail_are_farther_than_others_of_their_kind() -> None:
    draw = torch.Generator().manual_seed(0)
    a, b = (torch.rand(64, 3, 16, 16, generator=draw).round() * 2 - 1 for _ in range(2))
    blurred = torch.nn.functional.avg_pool2d(b, 3, 1, 1)
    assert picture_distance(a, b) < 0.5 * picture_distance(a, blurred)
    assert picture_distance(a, a) == pytest.approx(0.0, abs=1e-6)
