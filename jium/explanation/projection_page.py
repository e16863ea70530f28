"""A map as a page that a browser opens: the template beside this file, filled in.

Nothing is fetched: styles, script, points and the Hangul they need stand in the page.
"""

from html import escape
from typing import TYPE_CHECKING, Any

from jium.explanation import palette
from jium.explanation.page_template import embedded, fill
from jium.explanation.projection_figure import caption, extent, flat, title
from jium.messages import language, say

if TYPE_CHECKING:
    from jium.explanation.projection import Projection

SCALE = 10_000  # the longer side of the map, in whole steps
COSINES = 1000  # cosines are written as whole thousandths


def page(found: "Projection") -> str:
    """The whole page, in the language of the person. Raises ConfigError where the map has not two
    axes.
    """
    flat(found)
    words = _words()
    meaning = words["pca_hint"] if found.method == "pca" else words["bent_hint"]
    texts = words | {
        "lang": language(),
        "title": title(found),
        "caption": caption(found),
        "meaning": meaning,
        "axes": _axes(found),
    }
    markup = {
        "data": embedded(_data(found)),
        "plain": _plain(found),
        "notes": "".join(f"<p>{escape(note)}</p>" for note in found.notes),
        "day": _colours(palette.LIGHT, palette.NO_GROUP[0]),
        "night": _colours(palette.DARK, palette.NO_GROUP[1]),
    }
    return fill("projection.html", texts, markup)


def _data(found: "Projection") -> dict[str, Any]:
    """What the script reads: points in the order of the labels, y upwards."""
    middle, side = extent(found.coordinates)
    places = ((found.coordinates - middle) / side * SCALE).round().astype(int)
    order = {name: number for number, name in enumerate(found.group_names)}
    numbers, cosines = found.nearest
    return {
        "labels": found.labels,
        "groups": [order.get(name, -1) for name in found.groups] or [-1] * len(found.labels),
        "names": found.group_names,
        "places": places.ravel().tolist(),
        "nearest": numbers.tolist(),
        "cosines": (cosines * COSINES).round().astype(int).tolist(),
        "shapes": palette.SHAPES,
        "colours": len(palette.LIGHT),
        "scale": SCALE,
        "unit": COSINES,
        "say": _words(),
    }


def _axes(found: "Projection") -> str:
    shares = [f"{share:.1%}" for share in found.explained]
    return say("variance on the axes: {shares}", shares=", ".join(shares)) if shares else ""


def _colours(colours: tuple[str, ...], none: str) -> str:
    """CSS variables --g0, --g1, ... and --none."""
    named = (f"--g{number}: {one};" for number, one in enumerate(colours))
    return " ".join([*named, f"--none: {none};"])


def _plain(found: "Projection") -> str:
    """The labels by group, for a browser that runs no script."""
    members: dict[str, list[str]] = {}
    for label, group in zip(found.labels, found.groups or [""] * len(found.labels), strict=True):
        members.setdefault(group, []).append(label)
    rows = (f"<li>{escape(name)}: {escape(', '.join(them))}</li>" for name, them in members.items())
    return "\n".join(rows)


def _words() -> dict[str, str]:
    """What the page says."""
    return {
        "search": say("Find"),
        "groups": say("Groups"),
        "none": say("no group"),
        "all": say("Show all"),
        "map": say("Map"),
        "in": say("Zoom in"),
        "out": say("Zoom out"),
        "fit": say("Whole map"),
        "near": say("Nearest by cosine"),
        "near_hint": say("Counted among the vectors themselves, not on the map."),
        "hint": say(
            "Point at a dot, or find a word, to see what is nearest to it. Drag to move, scroll to "
            "zoom."
        ),
        "keys": say(
            "Keys on the map: arrows go from dot to dot, Shift with arrows moves the map, + and - "
            "zoom, 0 shows all, Enter holds a dot, Escape lets go."
        ),
        "pca_hint": say("PCA turns the vectors so that two axes show as much as two can."),
        "bent_hint": say(
            "Near dots are alike; distances between far dots, and the sizes of clusters, say "
            "little."
        ),
        "unnamed": say("(empty)"),
        "matches": say("# found"),
        "as_table": say("As a table"),
        "label": say("Label"),
        "group": say("Group"),
        "scriptless": say("This browser runs no script; these are the points by group:"),
    }
