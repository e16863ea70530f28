"""Attention as a heat map: who looks in the rows, what is looked at in the columns."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jium.errors import require
from jium.explanation.fonts import drawable, families
from jium.messages import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jium.explanation.attention import AttentionMap, Kind, Table

LONGEST = 20  # signs of a word that are shown
CELL = 0.45  # inches
NUMBERED = 400  # cells that may have their number written in them
DPI = 110


def draw(
    found: "AttentionMap", kind: "Kind" = "cross", layer: int | None = None, head: int | None = None
) -> "Figure":
    """A heat map of words; layer and head as in `AttentionMap.table`."""
    require("matplotlib", "plot")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    table = found.table(kind, layer, head)
    title = _title(kind, layer, head)
    fonts = families([title, *table.rows, *table.columns])
    figure = Figure(_size(table), dpi=DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(table.weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_title(title, family=fonts, fontsize=11)
    _label(axes, table, fonts)
    if table.weights.size <= NUMBERED:
        _number(axes, table.weights)
    return figure


def picture(found: "AttentionMap") -> NDArray[np.uint8]:
    """The heat map as an image, (height, width, 3), as TensorBoard wants it."""
    canvas = draw(found).canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()  # type: ignore[attr-defined]


def _title(kind: "Kind", layer: int | None, head: int | None) -> str:
    names = {
        "encoder": say("Encoder: source words looking at source words"),
        "decoder": say("Decoder: target words looking at what was written before"),
        "cross": say("Cross attention: target words looking at source words"),
    }
    which = [
        say("mean over layers") if layer is None else say("layer {n}", n=layer),
        say("mean over heads, in %") if head is None else say("head {n}, in %", n=head),
    ]
    return f"{names[kind]}\n{', '.join(which)}"


def _size(table: "Table") -> tuple[float, float]:
    """Inches: the cells, and room for the words beside and below them."""
    rows, columns = table.weights.shape
    beside, below = (
        0.12 * max(_width(word) for word in words) for words in (table.rows, table.columns)
    )
    return max(5.5, columns * CELL + beside + 0.6), max(2.5, rows * CELL * 0.8 + below + 1.0)


def _width(word: str) -> int:
    """In narrow signs; a syllable of Hangul takes two."""
    return sum(2 if ord(sign) > 0x10FF else 1 for sign in _short(word))


def _short(word: str) -> str:
    return drawable(word if len(word) <= LONGEST else word[: LONGEST - 1] + "…")


def _label(axes: "Axes", table: "Table", fonts: list[str]) -> None:
    """Words as they are: a $ in them begins no formula."""
    look = {"family": fonts, "fontsize": 11, "parse_math": False}
    axes.set_xticks(range(len(table.columns)), [_short(word) for word in table.columns])
    axes.set_yticks(range(len(table.rows)), [_short(word) for word in table.rows])
    for label in axes.get_xticklabels():
        label.set(rotation=45, ha="right", rotation_mode="anchor", **look)
    for label in axes.get_yticklabels():
        label.set(**look)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _number(axes: "Axes", weights: NDArray) -> None:
    """Per cent in each cell that has any, readable on its colour."""
    for (row, column), weight in np.ndenumerate(weights):
        if weight >= 0.005:
            ink = "white" if weight > 0.55 else "#222222"
            axes.text(
                column, row, f"{weight:.0%}"[:-1], ha="center", va="center", color=ink, size=8
            )
