"""Maps of words and sentences: vectors of many numbers laid out on paper, near what they resemble.

A map is a shadow of the vectors, not the vectors: neighbours are therefore counted among the
vectors themselves, and the page says so.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jium.errors import ConfigError, DataError
from jium.explanation.clusters import cluster, silhouette
from jium.explanation.reduction import check, fitting_neighbors, pca, project, reduce
from jium.files import write_text, write_whole
from jium.messages import say
from jium.text.normalise import Cleaning, clean
from jium.text.settings import SPECIAL_TOKENS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Projection", "draw_map", "explain_projection", "project", "read_groups"]

MOST = 5000  # points of a map; more would cover each other, and a page would be slow
N_WORDS = 300  # of a run of words, where none were asked for
N_NEAREST = 8  # neighbours kept of each point
TYPED = Cleaning(html=False)  # what a person types is no web page
Neighbors = tuple[NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Projection:
    """Labelled points on a map, and the vectors that they stand for.

    coordinates: (points, axes). vectors: (points, size). groups: one a point, or empty where there
    are none; "" is a point of no group. explained: for PCA the share of the variance on each axis.
    notes: what a person has to know of how the map was made.
    """

    labels: list[str]
    coordinates: NDArray[np.float32]
    vectors: NDArray[np.float32]
    groups: list[str] = field(default_factory=list)
    method: str = "pca"
    explained: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @cached_property
    def group_names(self) -> list[str]:
        """The groups in the order in which they first stand; without the empty one."""
        return [name for name in dict.fromkeys(self.groups) if name]

    @cached_property
    def silhouette(self) -> float | None:
        """How well the groups are told apart on the map, -1 to 1; None without two groups."""
        return silhouette(self.coordinates, self.groups)

    @cached_property
    def vector_silhouette(self) -> float | None:
        """The same among the vectors, by cosine: what the map could show at best."""
        return silhouette(self.vectors, self.groups, "cosine")

    @cached_property
    def nearest(self) -> Neighbors:
        """The nearest points of each by cosine of the vectors, nearest first.

        Returns their numbers and their cosines, both (points, neighbours).
        """
        return nearest(self.vectors, N_NEAREST)

    # ------------------------------------------------------------ to look at

    def html(self) -> str:
        """One page that needs nothing beside it: pan, zoom, search, neighbours."""
        from jium.explanation.projection_page import page

        return page(self)

    def figure(self) -> "Figure":
        """The map by matplotlib. Raises MissingExtra where that, or a font with Hangul, is
        absent.
        """
        from jium.explanation.projection_figure import draw

        return draw(self)

    def png(self, path: str | Path) -> None:
        """Write `figure` to a file."""
        figure = self.figure()
        write_whole(Path(path), lambda beside: figure.savefig(beside, format="png"))

    def to_json(self) -> str:
        """The map and its figures, without the vectors, as JSON."""
        numbers, cosines = self.nearest
        about = {
            "method": self.method,
            "labels": self.labels,
            "groups": self.groups,
            "coordinates": _plain(self.coordinates),
            "explained_variance": self.explained,
            "silhouette": self.silhouette,
            "vector_silhouette": self.vector_silhouette,
            "nearest": {"points": numbers.tolist(), "cosines": _plain(cosines)},
            "notes": self.notes,
        }
        return json.dumps(about, ensure_ascii=False) + "\n"

    def tensorboard(self, folder: str | Path) -> None:
        """Write the vectors for the projector of TensorBoard (tensorboard --logdir FOLDER)."""
        from jium.explanation.projection_tensorboard import write

        write(self, Path(folder))

    def save(self, path: str | Path) -> None:
        """Write a .html, .png or .json file, as its name ends; a name without an ending is a folder
        for TensorBoard.
        """
        path = Path(path)
        match path.suffix.lower():
            case ".html" | ".htm":
                write_text(path, self.html())
            case ".json":
                write_text(path, self.to_json())
            case ".png":
                self.png(path)
            case "":
                self.tensorboard(path)
            case _:
                raise ConfigError(
                    "{path}: a map is saved as .html, .png or .json; a name without an ending "
                    "becomes a folder for TensorBoard.",
                    path=path,
                )

    def show(self) -> None:
        """Open the page in a browser, or below the cell of a notebook."""
        from jium.explanation.showing import show

        show(self.html(), say("Map"))

    def _repr_html_(self) -> str:
        from jium.explanation.showing import framed

        return framed(self.html(), say("Map"))


def draw_map(
    labels: Sequence[str],
    vectors: ArrayLike,
    groups: Sequence[str] = (),
    *,
    method: str = "pca",
    dim: int = 2,
    seed: int = 0,
    n_neighbors: int | None = None,
    clusters: int | None = None,
) -> Projection:
    """A map of labelled vectors, (points, size).

    groups: one a label, shown as colours. clusters: how many groups k-means finds where none are
    given. method, dim, seed, n_neighbors: as in `project`.
    Beyond 5,000 points a random sample is drawn; the notes say so.
    Raises DataError where vectors cannot be mapped.
    """
    labels, groups = list(labels), list(groups) if any(groups) else []
    rows = check(vectors, labels)
    if groups and len(groups) != len(labels):
        raise DataError(
            "{groups} groups for {labels} labels; give one for each.",
            groups=len(groups),
            labels=len(labels),
        )
    notes = []
    if len(rows) > MOST:
        notes.append(say("{most:,} of {n:,} points, drawn at random.", most=MOST, n=len(rows)))
        kept = np.sort(np.random.default_rng(seed).choice(len(rows), MOST, replace=False)).tolist()
        rows, labels = rows[kept], [labels[i] for i in kept]
        groups = [groups[i] for i in kept] if groups else []
    if clusters is not None and not groups:
        groups = cluster(rows, clusters, seed)
    coordinates = reduce(rows, method, dim, seed, n_neighbors)
    notes += fitting_neighbors(len(rows), method, n_neighbors)[1]
    explained = pca(rows, dim)[1] if method == "pca" else []
    return Projection(
        labels,
        coordinates.astype(np.float32),
        rows.astype(np.float32),
        groups,
        method,
        explained,
        notes,
    )


def explain_projection(
    model: Any,
    texts: str | Sequence[str] = (),
    *,
    groups: Sequence[str] = (),
    projection: str = "pca",
    n_words: int = N_WORDS,
    **options: Any,
) -> Projection:
    """A map of words or sentences, of a model that has `embed(list) -> array`.

    texts: none means the `n_words` most frequent words of a run of words. projection: "pca",
    "tsne" or "umap". options: as in `draw_map`.
    """
    if not hasattr(model, "embed"):
        raise ConfigError(
            "a map needs vectors, which runs of words and of sentences have; this is a {kind}.",
            key="method",
            kind=type(model).__name__,
        )
    given = [texts] if isinstance(texts, str) else list(texts)
    words = [clean(text, TYPED).strip() for text in given] or frequent(model, n_words)
    kept = [number for number, word in enumerate(words) if word]
    if len(groups) not in (0, len(words)):
        raise DataError(
            "{groups} groups for {labels} labels; give one for each.",
            groups=len(groups),
            labels=len(words),
        )
    labels = [words[i] for i in kept]
    if not labels:
        raise DataError("There is nothing to map: every text is empty.")
    marks = [clean(groups[i], TYPED).strip() for i in kept] if groups else []
    found = draw_map(labels, model.embed(labels), marks, method=projection, **options)
    if len(kept) < len(words):
        found.notes.append(say("Empty texts left out: {n}.", n=len(words) - len(kept)))
    return found


def frequent(model: Any, n_words: int) -> list[str]:
    """The most frequent words of a run of words, which its vocabulary has first."""
    vocabulary = getattr(model, "vocabulary", None)
    if vocabulary is None:
        raise DataError("There is nothing to map: give two texts or more.")
    return [word for word in vocabulary.words if word not in SPECIAL_TOKENS][:n_words]


def read_groups(lines: Iterable[str]) -> tuple[list[str], list[str]]:
    """(texts, groups) of lines; what stands after a tab is the group of the text before it."""
    cut = [line.partition("\t") for line in lines]
    return [text for text, _, _ in cut], [group.strip() for _, _, group in cut]


def nearest(vectors: NDArray, n: int) -> Neighbors:
    """The `n` nearest rows of each row by cosine, itself left out: numbers and cosines.

    A vector of zeros is at cosine 0 to all.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    n = min(n, len(units) - 1)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -np.inf)
    numbers = np.argsort(-cosines, axis=1, kind="stable")[:, :n]
    return numbers, np.take_along_axis(cosines, numbers, axis=1)


def _plain(values: NDArray) -> list:
    return values.astype(float).round(5).tolist()
