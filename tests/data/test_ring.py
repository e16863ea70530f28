"""The ring of Gaussians."""

import pytest
import torch

from jium.data.ring import Ring, RingBatches
from jium.errors import ConfigError


def test_points_lie_around_their_modes_as_far_as_is_said() -> None:
    ring = Ring(n_modes=5, radius=2.0, std=0.1)
    points = ring.draw(5000, seed=3)
    far = torch.cdist(points, ring.centres()).min(1).values
    assert float(far.square().mean()) == pytest.approx(2 * 0.1**2, rel=0.1)
    assert ring.covered(points) == (5, pytest.approx(0.989, abs=0.01))  # 1 - exp(-9 / 2)


@pytest.mark.parametrize("modes", [1, 3, 7])
def test_modes_that_nobody_draws_are_not_covered(modes: int) -> None:
    ring = Ring()
    points = ring.centres()[torch.arange(800) % modes]
    assert ring.covered(points) == (modes, 1.0)


def test_between_the_modes_nothing_is_covered() -> None:
    assert Ring().covered(torch.zeros(100, 2)) == (0, 0.0)


def test_points_all_along_the_circle_cover_no_mode() -> None:
    angles = 2 * torch.pi * torch.arange(4000) / 4000
    modes, inside = Ring().covered(torch.stack((angles.cos(), angles.sin()), -1))
    assert modes == 0 and inside == pytest.approx(0.38, abs=0.01)


def test_a_stray_point_does_not_cover_a_mode() -> None:
    ring = Ring()
    points = torch.cat((ring.centres()[:1].expand(799, 2), ring.centres()[1:2]))
    assert ring.covered(points)[0] == 1


def test_batches_go_on_from_any_place() -> None:
    batches = RingBatches(Ring(), 4, seed=5)
    stream = iter(batches)
    first, second, third = next(stream), next(stream), next(stream)
    assert not torch.equal(first.points, second.points)
    batches.go_on(second.after)
    assert torch.equal(next(iter(batches)).points, third.points)


def test_a_ring_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="std: must be above 0; got 0"):
        Ring(std=0.0)
