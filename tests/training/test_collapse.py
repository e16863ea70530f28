"""The detector of mode collapse: fires on a planted collapse, and stays quiet otherwise."""

import pytest
import torch

from jium.data.ring import Ring
from jium.errors import DataError
from jium.training.collapse import Collapse, effective_number

RING = Ring()


def of_modes(n: int, seed: int = 0) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    modes = torch.randint(n, (256,), generator=draw)
    return RING.centres()[modes] + RING.std * torch.randn(256, 2, generator=draw)


def pictures(seed: int, kinds: int = 128) -> torch.Tensor:
    """128 pictures of so many kinds: squares of a colour on a ground of another."""
    draw = torch.Generator().manual_seed(seed)
    which = torch.arange(128) % kinds
    ground, colour = (2 * torch.rand(kinds, 3, 1, 1, generator=draw) - 1 for _ in range(2))
    made = ground[which].repeat(1, 1, 16, 16)
    made[:, :, 4:12, 4:12] = colour[which]
    return made + 0.05 * torch.randn(made.shape, generator=draw)


@pytest.mark.parametrize("n", [1, 4, 32])
def test_the_effective_number_is_that_of_different_examples(n: int) -> None:
    far = 100.0 * torch.arange(n)[torch.arange(64) % n, None].expand(-1, 2)
    assert effective_number(far, 1.0) == pytest.approx(n, rel=1e-6)


def test_diversity_grows_with_the_modes() -> None:
    collapse = Collapse(RING.draw(256, 1))
    found = [collapse.look(of_modes(n)) for n in range(1, 9)]
    assert found == sorted(found)
    assert found[0] < 0.2 and found[7] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("modes", [1, 2, 3])
def test_it_fires_on_a_planted_collapse_of_points(modes: int) -> None:
    collapse = Collapse(RING.draw(256, 1))
    collapse.look(of_modes(modes, 0))
    assert not collapse.collapsed
    collapse.look(of_modes(modes, 1))
    assert collapse.collapsed


@pytest.mark.parametrize("kinds", [1, 8])
def test_it_fires_on_a_planted_collapse_of_pictures(kinds: int) -> None:
    collapse = Collapse(pictures(0))
    for seed in (1, 2):
        collapse.look(pictures(seed, kinds))
    assert collapse.collapsed


def test_it_stays_quiet_on_real_examples_whoever_drew_them() -> None:
    for real, other in ((RING.draw(256, 1), RING.draw(256, 2)), (pictures(0), pictures(1))):
        collapse = Collapse(real)
        assert collapse.look(other) == pytest.approx(1.0, abs=0.1)
        collapse.look(other)
        assert not collapse.collapsed


def test_poor_samples_that_are_of_many_kinds_are_no_collapse() -> None:
    points, drawn = Collapse(RING.draw(256, 1)), Collapse(pictures(0))
    wrong = 0.6 * torch.randn(256, 2, generator=torch.Generator().manual_seed(0))
    blurred = torch.nn.functional.avg_pool2d(pictures(1), 5, 1, 2)
    for _ in range(3):
        assert points.look(wrong) > 0.5
        assert drawn.look(blurred) > 0.5
    assert not points.collapsed and not drawn.collapsed


def test_noise_on_one_picture_is_a_collapse_all_the_same() -> None:
    collapse = Collapse(pictures(0))
    one = pictures(1)[:1].expand(128, -1, -1, -1)
    assert collapse.look(one + 0.2 * torch.randn(one.shape)) < 0.1


def test_what_passes_is_no_collapse() -> None:
    collapse = Collapse(RING.draw(256, 1))
    for modes in (1, 8, 1, 8, 1):
        collapse.look(of_modes(modes))
        assert not collapse.collapsed


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(DataError, match="7 real examples are too few .* at least 8"):
        Collapse(torch.randn(7, 2))
