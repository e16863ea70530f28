"""Groups of points: how well they are told apart, and finding them where none are given."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jium.errors import ConfigError, require


def silhouette(points: ArrayLike, groups: Sequence[str], metric: str = "euclidean") -> float | None:
    """The mean silhouette of the groups, -1 (mixed) to 1 (apart), by Rousseeuw (1987).

    points: (points, size). Those of the group "" are left out. None where fewer than two groups are
    left, or each is a point of its own: there is nothing to tell apart.
    """
    kept = [number for number, group in enumerate(groups) if group]
    names = [groups[number] for number in kept]
    if not 2 <= len(set(names)) < len(names):
        return None
    metrics = require("sklearn.metrics", "classic")
    return float(metrics.silhouette_score(np.asarray(points)[kept], names, metric=metric))


def cluster(vectors: NDArray, n_clusters: int, seed: int = 0) -> list[str]:
    """k-means over the directions of vectors, (points, size): for each the number of its group,
    the largest group being "1".

    Raises ConfigError where there are not so many different vectors.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = vectors / np.where(lengths > 0, lengths, 1)
    different = len(np.unique(units.round(12), axis=0))
    if not 2 <= n_clusters <= different:
        raise ConfigError(
            "must be from 2 to {most}, the number of different vectors; got {value}.",
            key="clusters",
            most=different,
            value=n_clusters,
        )
    kmeans = require("sklearn.cluster", "classic").KMeans(n_clusters, n_init=10, random_state=seed)
    found = kmeans.fit_predict(units)
    by_size = np.argsort(-np.bincount(found), kind="stable").tolist()
    return [str(by_size.index(one) + 1) for one in found]
