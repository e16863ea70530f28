"""What is in a file, as a picture: for each text column its languages, lengths, spacing and speech
levels.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jium.data.inspect import Report
from jium.data.inspect_column import Column
from jium.data.inspect_view import level_name
from jium.errors import ConfigError, DataError, require
from jium.explanation.fonts import drawable, families
from jium.explanation.web_font import font_face
from jium.files import write_text, write_whole
from jium.messages import language, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 110
MOST = 6  # columns drawn
WIDTH, HEIGHT = 13.0, 2.5  # inches, of a row of panels
INK, BAR, GRID = "#1f2933", "#2f6f9f", "#d5dbe1"


def save(report: Report, path: str | Path) -> None:
    """Write the report as .html, .png or .json, as the name ends."""
    path = Path(path)
    match path.suffix.lower():
        case ".png":
            write_whole(path, lambda beside: draw(report).savefig(beside, format="png"))
        case ".html" | ".htm":
            write_text(path, page(report))
        case ".json":
            write_text(path, json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n")
        case _:
            raise ConfigError(
                "{path}: a report on data is saved as .html, .png or .json.", path=path
            )


def draw(report: Report) -> "Figure":
    """A row of four panels for each text column, the first MOST of them."""
    require("matplotlib", "plot")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = [column for column in report.columns if column.is_text][:MOST]
    if not columns:
        raise DataError("{path}: has no column of text to draw.", path=report.path)
    fonts = families([report.path, *(column.name for column in columns), _title(report)])
    figure = Figure((WIDTH, HEIGHT * len(columns) + 0.9), DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(drawable(_title(report)), family=fonts, fontsize=13, color=INK)
    for place, column in enumerate(columns):
        axes = [figure.add_subplot(len(columns), 4, place * 4 + n) for n in (1, 2, 3, 4)]
        for one, panel in zip(axes, (_languages, _lengths, _spacing, _levels), strict=True):
            panel(one, column, fonts)
    return figure


def page(report: Report) -> str:
    """The picture in a page that needs nothing else, and its numbers as a table beside it."""
    file = BytesIO()
    draw(report).savefig(file, format="png")
    picture = b64encode(file.getvalue()).decode("ascii")
    title = escape(_title(report))
    text = "".join([title, *map(_row, report.columns)])
    heads = [say("column"), say("languages"), say("characters"), say("spacing"), say("levels")]
    return f"""<!doctype html>
<html lang="{language()}"><head><meta charset="utf-8"><title>{title}</title><style>
{font_face(text + "".join(heads))}
body {{ font-family: "jium Hangul", system-ui, sans-serif; margin: 2rem; color: {INK} }}
img {{ max-width: 100% }} td, th {{ padding: .3rem .8rem; text-align: left; vertical-align: top }}
table {{ border-collapse: collapse }} tr {{ border-bottom: 1px solid {GRID} }}
</style></head><body><main><h1>{title}</h1>
<img alt="{title}" src="data:image/png;base64,{picture}">
<table><thead><tr>{"".join(f'<th scope="col">{escape(head)}</th>' for head in heads)}</tr></thead>
<tbody>{"".join(map(_row, report.columns))}</tbody></table></main></body></html>
"""


def _title(report: Report) -> str:
    return say(
        "{name}: {rows} rows, {duplicates} duplicates",
        name=Path(report.path).name,
        rows=f"{report.rows:,}",
        duplicates=f"{report.duplicates:,}",
    )


def _row(column: Column) -> str:
    """A row of the table: name, languages, lengths, spacing, speech levels."""
    korean = column.korean
    cells = [
        column.name,
        _listed([(_language_name(n), share) for n, share in column.languages.items()]),
        f"{column.shortest:,} / {column.median:,} / {column.p95:,} / {column.longest:,}",
        f"{korean.spacing:.1%}" if korean else "",
        _listed([(level_name(n), s) for n, s in korean.levels.items()]) if korean else "",
    ]
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _listed(shares: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in shares)


def _language_name(name: str) -> str:
    names = {
        "ko": say("Korean"),
        "latin": say("Latin letters"),
        "mixed": say("Korean and Latin"),
        "other": say("other scripts"),
        "none": say("no letters"),
    }
    return names[name]


# ---------------------------------------------------------------- panels


def _languages(axes: "Axes", column: Column, fonts: list[str]) -> None:
    name = column.name if len(column.name) <= 20 else column.name[:19] + "…"
    _name(axes, say("{column}: languages", column=drawable(name)), fonts)
    _bars(axes, [(_language_name(n), s) for n, s in column.languages.items()], fonts)


def _lengths(axes: "Axes", column: Column, fonts: list[str]) -> None:
    """The last bar has all longer values too."""
    _name(axes, say("length in characters (median {n})", n=f"{column.median:,}"), fonts)
    starts = [start for start, _ in column.histogram]
    width = starts[1] - starts[0] if len(starts) > 1 else 1
    heights = [100 * share for _, share in column.histogram]
    axes.bar(starts, heights, width=width, align="edge", color=BAR, edgecolor="white")
    axes.axvline(column.median, color="#c2410c", linewidth=1.5)
    axes.yaxis.set_major_locator(_ticker().MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(_ticker().PercentFormatter(decimals=0))
    axes.tick_params(labelsize=8, colors=INK, labelfontfamily=fonts[0])
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    _plain(axes)


def _spacing(axes: "Axes", column: Column, fonts: list[str]) -> None:
    korean = column.korean
    if korean is None:
        _nothing(axes, say("spacing"), column, fonts)
        return
    _name(axes, say("spacing ({n} texts)", n=f"{korean.texts:,}"), fonts)
    shares = [(say("places as Kiwi's"), korean.spacing), (say("F1 of spaces"), korean.spaces_f1)]
    _bars(axes, shares, fonts, decimals=1)


def _levels(axes: "Axes", column: Column, fonts: list[str]) -> None:
    korean = column.korean
    if korean is None:
        _nothing(axes, say("speech levels"), column, fonts)
        return
    _name(axes, say("speech levels ({n} sentences)", n=f"{korean.sentences:,}"), fonts)
    _bars(axes, [(level_name(n), share) for n, share in korean.levels.items()], fonts)


def _bars(
    axes: "Axes", shares: Sequence[tuple[str, float]], fonts: list[str], decimals: int = 0
) -> None:
    """Bars that lie, the first on top, each with its share beside it."""
    places = range(len(shares))
    axes.barh(places, [share for _, share in shares], color=BAR, height=0.62)
    axes.set_yticks(places, [name for name, _ in shares], family=fonts, fontsize=9, color=INK)
    for place, (_, share) in zip(places, shares, strict=True):
        number = "<1%" if 0 < share < 0.005 else f"{share:.{decimals}%}"
        axes.text(share + 0.02, place, number, va="center", family=fonts, fontsize=8, color=INK)
    axes.set(xlim=(0, 1.22), ylim=(max(len(shares), 3) - 0.4, -0.6), xticks=[])
    axes.tick_params(length=0)
    _plain(axes)
    axes.spines["bottom"].set_visible(False)


def _nothing(axes: "Axes", title: str, column: Column, fonts: list[str]) -> None:
    """A panel of what is told of Korean alone, and by Kiwi alone."""
    _name(axes, title, fonts)
    korean = {"ko", "mixed"} & column.languages.keys()
    why = say("needs the ko extra") if korean else say("only for Korean")
    axes.text(0.5, 0.5, why, family=fonts, ha="center", va="center", color="#52606d")
    axes.set_axis_off()


def _name(axes: "Axes", title: str, fonts: list[str]) -> None:
    """A title as it is: a $ in it begins no formula."""
    axes.set_title(title, family=fonts, fontsize=10, color=INK, loc="left", parse_math=False)


def _plain(axes: "Axes") -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)


def _ticker() -> Any:
    return require("matplotlib.ticker", "plot")
