"""Vectors laid out on fewer axes."""

import sys
from types import ModuleType

import numpy as np
import pytest

from jium.errors import ConfigError, DataError, MissingExtra
from jium.explanation import reduction
from jium.explanation.clusters import silhouette
from jium.explanation.reduction import fitting_neighbors, pca, project

pytest.importorskip("sklearn")


def planted(n: int = 12, size: int = 20, spread: float = 0.3) -> tuple[np.ndarray, list[str]]:
    """Three clusters of `n` points each."""
    chance = np.random.default_rng(1)
    centres = chance.normal(size=(3, size))
    rows = np.repeat(centres, n, axis=0) + spread * chance.normal(size=(3 * n, size))
    return rows, [name for name in "가나다" for _ in range(n)]


def by_svd(rows: np.ndarray, dim: int) -> np.ndarray:
    """PCA from its definition, each axis turned so that its largest loading is positive."""
    centred = rows - rows.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:dim]
    signs = [np.sign(axis[np.abs(axis).argmax()]) for axis in axes]
    return centred @ axes.T * signs


@pytest.mark.parametrize("shape", [(30, 8), (5, 40), (400, 6)])  # wide, and both solvers
def test_pca_equals_the_singular_value_decomposition(shape: tuple[int, int]):
    rows = np.random.default_rng(0).normal(size=shape) * np.arange(1, shape[1] + 1)
    assert np.allclose(project(rows, "pca", 3), by_svd(rows, 3), atol=1e-5)


def test_explained_variance_is_the_share_of_all_variance():
    rows, _ = planted()
    coordinates, shares = pca(rows, 2)
    assert shares == pytest.approx(coordinates.var(axis=0) / rows.var(axis=0).sum())
    assert shares[0] >= shares[1] > 0


def test_a_pca_map_does_not_turn_over_when_points_are_reordered():
    rows, _ = planted()
    order = np.random.default_rng(3).permutation(len(rows))
    assert np.allclose(project(rows)[order], project(rows[order]), atol=1e-9)


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_three_planted_clusters_are_told_apart(method: str):
    rows, groups = planted()
    score = silhouette(project(rows, method), groups)
    assert score is not None and score > 0.5


@pytest.mark.slow  # UMAP takes half a minute to import
@pytest.mark.filterwarnings("default")  # numba has its own
def test_umap_tells_three_planted_clusters_apart_and_repeats_itself():
    pytest.importorskip("umap")
    rows, groups = planted(20)
    first, second = project(rows, "umap", seed=1), project(rows, "umap", seed=1)
    score = silhouette(first, groups)
    assert score is not None and score > 0.5
    assert (first == second).all()
    assert all(project(rows[:n], "umap").shape == (n, 2) for n in (3, 4, 12, 13))


def test_tsne_with_one_seed_repeats_itself():
    rows, _ = planted(5)
    assert (project(rows, "tsne", seed=4) == project(rows, "tsne", seed=4)).all()


def test_tsne_sees_directions_and_no_lengths():
    """Words that are frequent have long vectors; that is not what they mean."""
    rows, _ = planted(5)
    longer = rows * np.linspace(0.5, 3, len(rows))[:, None]
    assert np.allclose(project(rows, "tsne"), project(longer, "tsne"), atol=1e-3)


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("n", [2, 3, 4])
def test_few_points_are_mapped(method: str, n: int):
    rows = np.random.default_rng(2).normal(size=(n, 6))
    found = project(rows, method)
    assert found.shape == (n, 2) and np.isfinite(found).all()


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_duplicates_and_zeros_are_mapped(method: str):
    rows, _ = planted(4)
    rows[1:5] = rows[0]
    rows[6:8] = 0
    found = project(rows, method)
    assert np.isfinite(found).all()
    if method == "pca":
        assert np.allclose(found[0], found[4])


# ---------------------------------------------------------------- neighbours


@pytest.mark.parametrize(
    ("n", "method", "expected"),
    [(1000, "tsne", 30), (1000, "umap", 15), (16, "tsne", 5), (10, "umap", 9), (2, "tsne", 1)],
)
def test_neighbours_are_the_usual_or_what_there_are(n: int, method: str, expected: int):
    number, notes = fitting_neighbors(n, method, None)
    assert number == expected
    assert bool(notes) == (n < 100)


def test_a_note_says_that_there_are_few_points():
    assert fitting_neighbors(16, "tsne", None)[1] == [
        "t-SNE looked at 5 neighbours of each point rather than 30: there are only 16 points."
    ]


def test_more_neighbours_than_points_are_refused():
    with pytest.raises(ConfigError, match="n_neighbors: must be from 1 to 5 for 16 points; got 9"):
        project(np.random.default_rng(0).normal(size=(16, 4)), "tsne", n_neighbors=9)
    with pytest.raises(ConfigError, match="n_neighbors: must be from 2 to 15 for 16 points; got 1"):
        project(np.random.default_rng(0).normal(size=(16, 4)), "umap", n_neighbors=1)


def test_umap_of_two_points_is_refused():
    with pytest.raises(DataError, match="UMAP needs three points or more"):
        project(np.eye(2), "umap")


def test_pca_has_no_neighbours():
    assert fitting_neighbors(3, "pca", None) == (0, [])


# ---------------------------------------------------------------- UMAP, without its library


class Umap:
    """Takes down what it is asked for."""

    asked: dict = {}

    def __init__(self, **asked: object) -> None:
        Umap.asked = asked

    def fit_transform(self, rows: np.ndarray) -> np.ndarray:
        assert np.allclose(np.linalg.norm(rows, axis=1), 1)
        return rows[:, : Umap.asked["n_components"]].astype(np.float32)


@pytest.mark.parametrize(("n", "neighbours", "start"), [(6, 5, "random"), (40, 15, "spectral")])
def test_umap_is_asked_for_what_the_points_allow(monkeypatch, n, neighbours, start):
    library = ModuleType("umap")
    library.UMAP = Umap  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "umap", library)
    found = project(np.random.default_rng(0).normal(size=(n, 5)), "umap", seed=7)
    assert found.shape == (n, 2)
    asked = Umap.asked
    assert (asked["n_neighbors"], asked["init"], asked["random_state"]) == (neighbours, start, 7)


def test_umap_that_is_not_installed_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingExtra, match=r'pip install "jium\[umap\]"'):
        project(np.eye(5), "umap")


def test_scikit_learn_that_is_not_installed_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.decomposition", None)
    with pytest.raises(MissingExtra, match=r'pip install "jium\[classic\]"'):
        project(np.eye(5))


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.ones((1, 4)), "two points or more; there is only one"),
        (np.ones((3, 4)), "All 3 vectors are equal"),
        (np.ones(4), r"\(points, size\); got the shape \(4,\)"),
        (np.ones((0, 4)), "got the shape"),
        ([[1.0, 2.0], [np.nan, 0.0], [np.inf, 1.0]], "NaN or infinity in them: 2, .*number 2"),
    ],
)
def test_vectors_that_cannot_be_mapped_are_refused(vectors, message: str):
    with pytest.raises(DataError, match=message):
        project(vectors)


def test_vectors_of_one_direction_have_no_neighbours():
    with pytest.raises(DataError, match="All 4 vectors point the same way"):
        project(np.outer([1, 2, 3, 4], [1.0, 2.0]), "tsne")
    assert project(np.outer([1, 2, 3, 4], [1.0, 2.0]), "pca").shape == (4, 2)


def test_an_unknown_method_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match='no projection "tsn". Did you mean "tsne"'):
        project(np.eye(3), "tsn")


@pytest.mark.parametrize(("method", "dim", "most"), [("pca", 5, 4), ("pca", 0, 4), ("tsne", 4, 3)])
def test_more_axes_than_there_can_be_are_refused(method: str, dim: int, most: int):
    rows = np.random.default_rng(0).normal(size=(9, 4))
    with pytest.raises(ConfigError, match=f"dim: must be from 1 to {most} for these 9 vectors of"):
        project(rows, method, dim)


def test_every_method_has_its_function():
    assert all(hasattr(reduction, method) for method in reduction.METHODS)
