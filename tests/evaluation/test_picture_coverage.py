"""Precision, recall, density, coverage and diversity of planted clouds."""

import numpy as np
import pytest

from jium.errors import DataError
from jium.evaluation.picture_coverage import coverage, distances, diversity, reach


def cloud(centre: float, n: int = 100, seed: int = 0):
    return centre + 0.1 * np.random.default_rng(seed).standard_normal((n, 3))


def test_a_set_and_itself_cover_each_other() -> None:
    same = coverage(cloud(0), cloud(0))
    assert same["precision"] == same["recall"] == same["coverage"] == 1
    assert same["density"] == pytest.approx(1, abs=0.35)


def test_two_draws_of_one_distribution_have_density_about_one() -> None:
    rng = np.random.default_rng(0)
    found = coverage(rng.standard_normal((600, 4)), rng.standard_normal((600, 4)))
    assert found["density"] == pytest.approx(1, abs=0.1)
    assert found["coverage"] > 0.9 and found["precision"] > 0.9 and found["recall"] > 0.9


def test_half_of_the_kinds_drawn_is_half_recall_at_whole_precision() -> None:
    real = np.concatenate([cloud(0, seed=1), cloud(9, seed=2)])
    made = cloud(0, 200, seed=1)[:100].repeat(2, 0) + 1e-3
    found = coverage(made, real)
    assert found["precision"] == 1
    assert found["coverage"] == pytest.approx(0.5, abs=0.01)
    assert found["recall"] <= 0.5


def test_half_of_what_is_drawn_out_of_place_is_half_precision_at_whole_recall() -> None:
    made = np.concatenate([cloud(0, seed=1), cloud(9, seed=2)])
    found = coverage(made, cloud(0, seed=1))
    assert found["precision"] == pytest.approx(0.5)
    assert found["recall"] == 1 and found["coverage"] == 1


def test_one_strange_real_picture_raises_precision_and_not_density() -> None:
    """A far point has a ball around everything: why Naeem et al. count how many balls."""
    made, real = cloud(2, seed=1), np.concatenate([cloud(0, seed=2), [[50.0, 50, 50]]])
    found = coverage(made, real)
    assert found["precision"] == 1
    assert found["density"] <= 0.2 and found["coverage"] <= 0.01 + 1e-9


def test_the_reach_is_to_the_kth_of_the_others() -> None:
    line = np.array([[0.0], [1], [3], [7]])
    assert reach(line, 1).tolist() == [1, 1, 2, 4]
    assert reach(line, 2).tolist() == [3, 2, 3, 6]


def test_distances_are_exact_for_equal_rows_and_far_from_the_origin() -> None:
    rows = 1e3 + np.random.default_rng(0).standard_normal((6, 40))
    wanted = np.linalg.norm(rows[:, None] - rows, axis=2)
    np.testing.assert_allclose(distances(rows, rows), wanted, atol=1e-5)
    assert (np.diag(distances(rows, rows)) == 0).all()


def test_diversity_is_the_mean_distance_of_two() -> None:
    assert diversity(np.array([[0.0], [1], [3]])) == pytest.approx((1 + 3 + 2) / 3)
    assert diversity(np.ones((4, 2))) == 0


def test_too_few_pictures_for_the_neighbours_are_refused() -> None:
    with pytest.raises(DataError, match="5 drawn and 100 real pictures: .* takes 6"):
        coverage(cloud(0, 5), cloud(0))
