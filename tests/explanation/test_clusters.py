"""Groups of points, given or found."""

import numpy as np
import pytest

from jium.errors import ConfigError
from jium.explanation.clusters import cluster, silhouette

pytest.importorskip("sklearn")
ANGLES = np.array([0.0, 0.1, 0.2, 2.0, 2.1, 4.0])
POINTS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def test_the_silhouette_is_that_of_its_definition():
    """(b - a) / max(a, b); 0 for a point that is its whole group."""
    points, groups = np.array([[0.0], [1.0], [5.0]]), ["a", "a", "b"]
    assert silhouette(points, groups) == pytest.approx(((5 - 1) / 5 + (4 - 1) / 4 + 0) / 3)


def test_points_of_no_group_do_not_count():
    with_some = [*"aaabb", ""]
    assert silhouette(POINTS, with_some) == silhouette(POINTS[:5], list("aaabb"))


@pytest.mark.parametrize("groups", [[], ["a"] * 6, list("abcdef"), [""] * 6])
def test_nothing_to_tell_apart_has_no_silhouette(groups: list[str]):
    assert silhouette(POINTS, groups) is None


def test_kmeans_finds_what_was_planted_and_calls_the_largest_first():
    assert cluster(POINTS, 3) == list("111223")


def test_kmeans_sees_directions_and_no_lengths():
    lengths = np.array([1, 9, 4, 2, 7, 3])[:, None]
    assert cluster(POINTS * lengths, 3) == cluster(POINTS, 3)


@pytest.mark.parametrize("n", [1, 4])
def test_more_clusters_than_different_vectors_are_refused(n: int):
    with pytest.raises(ConfigError, match=f"clusters: must be from 2 to 3, .* got {n}"):
        cluster(np.repeat(np.eye(3), 5, axis=0), n)
