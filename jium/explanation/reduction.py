"""Many numbers to two: PCA, t-SNE (van der Maaten and Hinton, 2008), UMAP (McInnes et al., 2018).

PCA is a turn of the space and keeps large distances; the other two keep neighbours and bend the
rest, so that far-off distances on them mean little. Those two see directions only: vectors are
scaled to length 1 first, as the cosine does.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jium.config import nearest
from jium.errors import ConfigError, DataError, require
from jium.messages import say

METHODS = ("pca", "tsne", "umap")
NEIGHBORS = {"tsne": 30, "umap": 15}  # the usual perplexity, and the usual n_neighbors
DIMS = {"tsne": 3}  # Barnes and Hut's tree is made for no more


def project(
    vectors: ArrayLike,
    method: str = "pca",
    dim: int = 2,
    seed: int = 0,
    n_neighbors: int | None = None,
) -> NDArray[np.float64]:
    """Vectors, (points, size), as points on a map, (points, dim).

    method: "pca", "tsne" or "umap". n_neighbors: of UMAP, and the perplexity of t-SNE; None: the
    usual 15 and 30, or fewer where there are few points. Two calls with one seed agree.
    Raises DataError where vectors cannot be mapped, MissingExtra where the library is absent.
    """
    return reduce(check(vectors), method, dim, seed, n_neighbors)


def reduce(
    rows: NDArray[np.float64], method: str, dim: int, seed: int, n_neighbors: int | None
) -> NDArray[np.float64]:
    """`project` for rows that `check` has seen."""
    if method not in METHODS:
        raise ConfigError(
            'no {what} "{kind}".{near} Known: {known}.',
            key="projection",
            what="projection",
            kind=method,
            near=nearest(str(method), METHODS),
            known=", ".join(METHODS),
        )
    most = min(*rows.shape, DIMS.get(method, rows.shape[1]))
    if not 1 <= dim <= most:
        raise ConfigError(
            "must be from 1 to {most} for these {n} vectors of {size} numbers; got {value}.",
            key="dim",
            most=most,
            n=len(rows),
            size=rows.shape[1],
            value=dim,
        )
    n = fitting_neighbors(len(rows), method, n_neighbors)[0]
    if method == "pca":
        return pca(rows, dim)[0]
    return (tsne if method == "tsne" else umap)(_units(rows), dim, seed, n)


def check(vectors: ArrayLike, labels: Sequence[str] | None = None) -> NDArray[np.float64]:
    """The vectors, (points, size), if they can be mapped. Raises DataError where they cannot."""
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2 or 0 in rows.shape:
        raise DataError(
            "A map needs a table of vectors, (points, size); got the shape {shape}.",
            shape=rows.shape,
        )
    if labels is not None and len(labels) != len(rows):
        raise DataError(
            "{labels} labels for {rows} vectors; give one for each.",
            labels=len(labels),
            rows=len(rows),
        )
    if len(rows) < 2:
        raise DataError("A map needs two points or more; there is only one.")
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise DataError(
            "Vectors with NaN or infinity in them: {n}, the first being number {number} ({label}). "
            "Leave them out.",
            n=len(bad),
            number=bad[0] + 1,
            label=labels[bad[0]] if labels is not None else "-",
        )
    if (rows == rows[0]).all():
        raise DataError("All {n} vectors are equal, so there is nothing to map.", n=len(rows))
    return rows


def fitting_neighbors(n_points: int, method: str, wanted: int | None) -> tuple[int, list[str]]:
    """How many neighbours t-SNE or UMAP looks at, and a note where that is fewer than usual.

    Raises ConfigError where more are wanted than there are.
    """
    if method not in NEIGHBORS:
        return 0, []
    if method == "umap" and n_points < 3:
        raise DataError("UMAP needs three points or more; there are two. Use pca.")
    most = n_points - 1 if method == "umap" else max(1, (n_points - 1) // 3)
    if wanted is not None:
        if not 1 + (method == "umap") <= wanted <= most:
            raise ConfigError(
                "must be from {least} to {most} for {n} points; got {value}.",
                key="n_neighbors",
                least=1 + (method == "umap"),
                most=most,
                n=n_points,
                value=wanted,
            )
        return wanted, []
    if NEIGHBORS[method] <= most:
        return NEIGHBORS[method], []
    note = say(
        "{method} looked at {most} neighbours of each point rather than {usual}: there are only "
        "{n} points.",
        method={"tsne": "t-SNE", "umap": "UMAP"}[method],
        most=most,
        usual=NEIGHBORS[method],
        n=n_points,
    )
    return most, [note]


# ---------------------------------------------------------------- the three


def pca(rows: NDArray[np.float64], dim: int) -> tuple[NDArray[np.float64], list[float]]:
    """Coordinates on the axes of largest variance, and each axis's share of all variance.

    The sign of an axis is free; here its largest loading is positive, so that a map does not turn
    over when points are added or reordered.
    """
    decomposition = require("sklearn.decomposition", "classic")
    # "auto" would round at random for large tables.
    solver = "covariance_eigh" if len(rows) > 10 * rows.shape[1] else "full"
    fitted = decomposition.PCA(dim, svd_solver=solver).fit(rows)
    axes = fitted.components_
    largest = np.abs(axes).argmax(axis=1)
    signs = np.sign(axes[np.arange(len(axes)), largest])
    shares = [float(share) for share in fitted.explained_variance_ratio_]
    return (rows - fitted.mean_) @ (axes * signs[:, None]).T, shares


def tsne(units: NDArray, dim: int, seed: int, perplexity: int) -> NDArray[np.float64]:
    """t-SNE, begun from PCA, which keeps far-off clusters in their places (Kobak and Berens, 2019,
    https://doi.org/10.1038/s41467-019-13056-x).
    """
    manifold = require("sklearn.manifold", "classic")
    start = pca(units, min(dim, *units.shape))[0]
    start *= 1e-4 / start[:, 0].std()
    made = manifold.TSNE(dim, perplexity=perplexity, init=start, random_state=seed)
    return made.fit_transform(units).astype(np.float64)


def umap(units: NDArray, dim: int, seed: int, n_neighbors: int) -> NDArray[np.float64]:
    """UMAP; its library takes long to import, and is imported only here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # it would like tensorflow, which we do not
        library = require("umap", "umap")
    few = len(units) <= 4 * (dim + 1)  # too few for the eigenvectors that it would begin from
    made = library.UMAP(
        n_components=dim,
        n_neighbors=n_neighbors,
        init="random" if few else "spectral",
        random_state=seed,
        n_jobs=1,  # a seed allows no more
    )
    return made.fit_transform(units).astype(np.float64)


def _units(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of length 1; zeros stay zeros. Raises DataError where all then are the same."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(lengths > 0, lengths, 1)
    if np.allclose(units, units[0], atol=1e-12):
        raise DataError(
            "All {n} vectors point the same way, so they have no neighbours to keep; use pca.",
            n=len(rows),
        )
    return units
