"""FID and KID against closed forms and plain twins."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from jium.errors import DataError
from jium.evaluation.fid import fid, frechet, kid


def gaussian(n: int = 200, dim: int = 5, seed: int = 0, mean: float = 0.0, spread: float = 1.0):
    return mean + spread * np.random.default_rng(seed).standard_normal((n, dim))


def test_gaussians_on_the_axes_have_the_distance_of_their_means_and_deviations() -> None:
    a, b = np.diag([1.0, 4.0, 9.0]), np.diag([4.0, 4.0, 1.0])
    found = frechet(np.array([1.0, 0, 0]), a, np.array([0, 2.0, 0]), b)
    assert found == pytest.approx(1 + 4 + (1 - 2) ** 2 + 0 + (3 - 1) ** 2)


def test_the_distance_is_that_of_the_root_of_the_product_of_any_covariances() -> None:
    rng = np.random.default_rng(1)
    a, b = (np.cov(rng.standard_normal((40, 6)) @ rng.standard_normal((6, 6)), rowvar=False)
            for _ in range(2))  # fmt: skip
    zero = np.zeros(6)
    wanted = np.trace(a + b - 2 * np.real(sqrtm(a @ b)))
    assert frechet(zero, a, zero, b) == pytest.approx(wanted)
    assert frechet(zero, b, zero, a) == pytest.approx(wanted)


def test_rotating_both_changes_nothing_and_moving_one_adds_the_square_of_the_way() -> None:
    a, b = gaussian(seed=1), gaussian(seed=2, spread=2)
    turn, _ = np.linalg.qr(gaussian(5, 5, seed=3))
    assert fid(a @ turn, b @ turn) == pytest.approx(fid(a, b))
    b = b - b.mean(0) + a.mean(0)
    assert fid(a + 3, b) - fid(a, b) == pytest.approx(9 * 5)


def test_equal_sets_have_no_distance_even_with_fewer_pictures_than_features() -> None:
    few = gaussian(8, 30)
    assert fid(few, few) == pytest.approx(0, abs=1e-6)
    assert kid(few, few)[0] <= 0  # unbiased: a picture is not compared with itself


def test_fid_of_a_large_sample_is_that_of_its_gaussian() -> None:
    a, b = gaussian(20_000, 3, 1), gaussian(20_000, 3, 2, mean=0.5, spread=2)
    assert fid(a, b) == pytest.approx(3 * (0.25 + 1), rel=0.05)


def test_kid_is_its_sums() -> None:
    a, b = gaussian(9, 3, 1), gaussian(7, 3, 2, mean=1)

    def kernel(x, y) -> float:
        return (float(x @ y) / 3 + 1) ** 3

    within = np.mean([kernel(x, y) for i, x in enumerate(a) for j, y in enumerate(a) if i != j])
    other = np.mean([kernel(x, y) for i, x in enumerate(b) for j, y in enumerate(b) if i != j])
    across = np.mean([kernel(x, y) for x in a for y in b])
    value, error = kid(a, b)
    assert value == pytest.approx(within + other - 2 * across)
    assert np.isnan(error)  # too few for parts


def test_kid_of_one_distribution_is_zero_in_the_mean_and_fid_is_not() -> None:
    pairs = [(gaussian(40, 8, 2 * i), gaussian(40, 8, 2 * i + 1)) for i in range(60)]
    values = np.array([kid(*pair)[0] for pair in pairs])
    assert abs(values.mean()) < 3 * values.std() / 60**0.5
    assert (values < 0).any()
    assert np.mean([fid(*pair) for pair in pairs]) > 0.5


def test_the_error_of_kid_is_about_how_much_it_strays() -> None:
    found = [kid(gaussian(200, 4, 2 * i), gaussian(200, 4, 2 * i + 1, 1.0)) for i in range(30)]
    values, errors = np.array(found).T
    assert 0.5 < errors.mean() / values.std() < 2
    assert (values > 3 * errors).mean() > 0.5  # another distribution is seen


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(DataError, match="1 drawn and 200 real pictures: .* takes 2 of each"):
        fid(gaussian(1), gaussian())
    with pytest.raises(DataError, match=r"features of \(4,\) and of \(5,\) numbers"):
        kid(gaussian(dim=4), gaussian())


@pytest.mark.parametrize("n, other", [(300, 250), (20, 12), (9, 40)])
def test_fid_is_that_of_the_root_of_the_product_of_covariances(n: int, other: int) -> None:
    """Also with fewer pictures than features, where the covariances have no inverse."""
    rng = np.random.default_rng(n)
    mixed = rng.standard_normal((16, 16))
    a, b = rng.standard_normal((n, 16)) @ mixed, rng.standard_normal((other, 16)) + 0.5
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.real(sqrtm(first @ second))
    apart = np.sum((a.mean(0) - b.mean(0)) ** 2)
    wanted = apart + np.trace(first) + np.trace(second) - 2 * np.trace(root)
    assert fid(a, b) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_fid_of_few_pictures_in_many_features_is_exact(scale: float) -> None:
    """tr (A B)^(1/2) is the sum of the singular values of the product of the centred rows."""
    rng = np.random.default_rng(0)
    a, b = (scale * np.maximum(rng.standard_normal((n, 256)) + 0.3, 0) for n in (12, 30))
    x, y = a - a.mean(0), b - b.mean(0)
    shared = np.linalg.svd(x @ y.T, compute_uv=False).sum() / (11 * 29) ** 0.5
    apart = np.sum((a.mean(0) - b.mean(0)) ** 2)
    wanted = apart + np.square(x).sum() / 11 + np.square(y).sum() / 29 - 2 * shared
    assert fid(a, b) == pytest.approx(wanted, rel=1e-6)
    assert fid(a.astype(np.float32), b.astype(np.float32)) == pytest.approx(wanted, rel=1e-4)


def test_features_that_never_change_take_nothing_from_the_distance() -> None:
    a, b = (np.pad(gaussian(30, 4, seed), ((0, 0), (0, 3))) for seed in (1, 2))
    assert fid(a, b) == pytest.approx(fid(a[:, :4], b[:, :4]))
    assert fid(np.ones((5, 3)), np.zeros((5, 3))) == pytest.approx(3)


def twins(n: int, seed: int) -> tuple[np.ndarray, list[int]]:
    """Two like pictures of each of n / 2 scenes, all together of one distribution."""
    rng = np.random.default_rng(seed)
    scene, each = rng.standard_normal((n // 2, 32)).repeat(2, 0), rng.standard_normal((n, 32))
    return (scene + 0.2 * each) / 1.04**0.5, np.arange(n // 2).repeat(2).tolist()


def test_kid_of_two_pictures_a_scene_is_zero_in_the_mean_only_if_it_is_told() -> None:
    told, untold = [], []
    for seed in range(40):
        (made, scenes), real = twins(120, seed), gaussian(120, 32, 1000 + seed)
        told.append(kid(made, real, scenes=(scenes, range(-120, 0)))[0])
        untold.append(kid(made, real)[0])
    assert abs(np.mean(told)) < 3 * np.std(told) / 40**0.5
    assert np.mean(untold) > 6 * np.std(untold) / 40**0.5


def test_kid_of_drawings_of_the_real_scenes_is_zero_in_the_mean_only_if_it_is_told() -> None:
    told, untold = [], []
    for seed in range(40):
        both, scenes = twins(240, seed)
        made, real = both[::2], both[1::2]
        told.append(kid(made, real, scenes=(scenes[::2], scenes[1::2]))[0])
        untold.append(kid(made, real)[0])
    assert abs(np.mean(told)) < 3 * np.std(told) / 40**0.5
    assert np.mean(untold) < -6 * np.std(untold) / 40**0.5


def test_the_error_of_kid_keeps_scenes_whole() -> None:
    made, real = gaussian(40, 3, 1).repeat(4, 0), gaussian(200, 3, 2)
    value, error = kid(made, real, scenes=(np.arange(40).repeat(4).tolist(), range(-200, 0)))
    alone, wanted = kid(made[::4], real)
    assert value == pytest.approx(alone)  # four of a scene tell no more than one
    assert error == pytest.approx(wanted, rel=0.7)
    with pytest.raises(DataError, match="1 drawn and 200 real pictures"):
        kid(made[:4], real, scenes=([5] * 4, range(-200, 0)))
