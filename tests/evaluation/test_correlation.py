"""Rank correlation."""

import numpy as np
import pytest

from jium.evaluation.correlation import pearson, ranks, spearman


def test_equal_numbers_share_their_mean_rank():
    assert ranks([30, 10, 20, 20]).tolist() == [4.0, 1.0, 2.5, 2.5]


def test_any_rising_function_correlates_fully():
    x = np.linspace(0.1, 3, 20)
    assert spearman(x, np.exp(x)) == pytest.approx(1)
    assert spearman(x, -(x**3)) == pytest.approx(-1)
    assert pearson(x, 3 - 2 * x) == pytest.approx(-1)


def test_both_equal_those_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 60), rng.normal(size=60)
    assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b)[0], abs=1e-12)
    assert pearson(a, b) == pytest.approx(stats.pearsonr(a, b)[0], abs=1e-12)


def test_constants_correlate_with_nothing():
    assert np.isnan(spearman([1, 1, 1], [1, 2, 3]))
