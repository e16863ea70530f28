"""A map as a picture: points in the colours and shapes of their groups, and as many labels as have
room.
"""

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jium.errors import ConfigError, require
from jium.explanation.fonts import drawable, families
from jium.explanation.label_places import place
from jium.explanation.palette import MARKERS, colour, shape
from jium.messages import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jium.explanation.projection import Projection

LONGEST, LONGEST_GROUP = 30, 20  # columns of a label; a syllable of Hangul takes two
MOST_LABELS = 400  # that are tried
LEGEND = 14  # groups that are named beside the map
NAMES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
SIZE, DPI = (10.5, 7.2), 150
GAP = 9  # pixels between a point and its label
COVERED = 400  # a label may cover one in so many points: none on a small map
INK, SOFT, EDGE = "#1b1c1f", "#55585f", "#d9dbe0"


def draw(found: "Projection") -> "Figure":
    """The map. Raises ConfigError where it has not two axes."""
    require("matplotlib", "plot")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    flat(found)
    notes = [caption(found), *found.notes]
    fonts = families([*found.labels, *found.groups, *notes, *_axes(found)])
    figure = Figure(SIZE, dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    wide = 0.74 if found.group_names else 0.94
    axes = figure.add_axes((0.045, 0.075, wide, 0.845))
    _frame(axes, found, fonts)
    figure.text(0.045, 0.965, title(found), family=fonts, size=15, color=INK)
    figure.text(0.045, 0.935, " · ".join(notes), family=fonts, size=9.5, color=SOFT)
    numbers = _scatter(axes, found)
    if found.group_names:
        _legend(axes, found, fonts)
    _label(axes, found, numbers, fonts)
    return figure


def flat(found: "Projection") -> None:
    """Raises ConfigError where a map cannot be drawn on paper."""
    if found.coordinates.shape[1] != 2:
        raise ConfigError(
            "a picture or a page has two axes and this map {dim}; make it with dim=2, or save it "
            "as .json.",
            key="dim",
            dim=found.coordinates.shape[1],
        )


def title(found: "Projection") -> str:
    return say("Map by {method}", method=NAMES[found.method])


def caption(found: "Projection") -> str:
    """How many points, and how well their groups are told apart."""
    count = say("{n:,} points", n=len(found.labels))
    if found.silhouette is None or found.vector_silhouette is None:
        return count
    return say(
        "{count} · silhouette {here:.2f} on the map, {there:.2f} among the vectors",
        count=count,
        here=found.silhouette,
        there=found.vector_silhouette,
    )


def _axes(found: "Projection") -> list[str]:
    """What each axis is; those of t-SNE and UMAP mean nothing."""
    return [
        say("axis {n}: {share:.1%} of the variance", n=number, share=share)
        for number, share in enumerate(found.explained, 1)
    ]


def _frame(axes: "Axes", found: "Projection", fonts: list[str]) -> None:
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color(EDGE)
    for axis, name in zip((axes.xaxis, axes.yaxis), _axes(found), strict=False):
        axis.set_label_text(name, family=fonts, size=9.5, color=SOFT)


def _scatter(axes: "Axes", found: "Projection") -> list[int]:
    """Draw the points; returns the number of the group of each, -1 for none."""
    order = {name: number for number, name in enumerate(found.group_names)}
    numbers = [order.get(group, -1) for group in found.groups] or [-1] * len(found.labels)
    area = float(np.clip(6000 / len(numbers), 7, 52))
    for number in sorted(set(numbers)):
        chosen = [row for row, one in enumerate(numbers) if one == number]
        name = found.group_names[number] if number >= 0 else say("no group")
        x, y = found.coordinates[chosen].T
        look: dict[str, Any] = dict(
            s=area, c=colour(number), marker=MARKERS[shape(number)], linewidths=0.6
        )
        axes.scatter(
            x, y, label=f"{_short(name, LONGEST_GROUP)} ({len(chosen)})", edgecolors="white", **look
        )
    axes.margins(0.07)
    return numbers


def _legend(axes: "Axes", found: "Projection", fonts: list[str]) -> None:
    """The first groups by name, and how many more there are."""
    from matplotlib.lines import Line2D

    handles, names = axes.get_legend_handles_labels()
    if (more := len(names) - LEGEND) > 0:
        handles = [*handles[:LEGEND], Line2D([], [], linestyle="none")]
        names = [*names[:LEGEND], say("and {n} more groups", n=more)]
    legend = axes.legend(
        handles,
        names,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        prop={"family": fonts, "size": 9.5},
        handletextpad=0.3,
        markerscale=float(np.clip(len(found.labels) / 150, 1.2, 2.5)),
    )
    for text in legend.get_texts():
        text.set(color=INK, parse_math=False)


def _label(axes: "Axes", found: "Projection", numbers: list[int], fonts: list[str]) -> None:
    """As many labels as have room, the first first. A $ in them begins no formula."""
    from matplotlib.patheffects import withStroke

    axes.figure.canvas.draw()  # settles where a point lies on paper
    frame, points = axes.bbox, axes.transData.transform(found.coordinates)
    halo = [withStroke(linewidth=2.2, foreground="white")]
    look: dict[str, Any] = {"family": fonts, "size": 8.5, "parse_math": False, "path_effects": halo}
    order = _spread([row for row, label in enumerate(found.labels) if label.strip()], numbers)
    tried, rest = order[:MOST_LABELS], sorted({*range(len(points))} - {*order[:MOST_LABELS]})
    texts = [
        axes.text(0, 0, _short(found.labels[row]), color=colour(numbers[row]), **look)
        for row in tried
    ]
    boxes = [text.get_window_extent() for text in texts]
    sizes, covered = [(box.width, box.height) for box in boxes], len(points) // COVERED
    corners = place(points[[*tried, *rest]] - frame.min, sizes, GAP, frame.size, covered)
    back = axes.transData.inverted()
    for text, box, corner in zip(texts, boxes, corners, strict=True):
        if corner is None:
            text.remove()
            continue
        zero = axes.transData.transform((0, 0))  # a box may begin before the place of its text
        x, y = back.transform(np.add(corner, frame.min) - (box.min - zero)).tolist()
        text.set_position((x, y))


def _spread(rows: list[int], numbers: list[int]) -> list[int]:
    """Rows with the groups taking turns, so that none takes the room of all others."""
    seen: dict[int, int] = {}
    turns: list[tuple[int, int]] = []
    for row in rows:
        seen[numbers[row]] = turn = seen.get(numbers[row], -1) + 1
        turns.append((turn, row))
    return [row for _, row in sorted(turns)]


def _short(text: str, columns: int = LONGEST) -> str:
    """On one line of no more than so many columns."""
    text = " ".join(text.split())
    ends = np.cumsum([2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text])
    fits = int((ends <= columns).sum())
    return drawable(text if fits == len(text) else text[: fits - 1] + "…")


def extent(points: NDArray) -> tuple[NDArray, float]:
    """The middle of points, (points, 2), and the longer side of the box around them."""
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, float(max((high - low).max(), 1e-12))
