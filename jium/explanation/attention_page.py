"""Attention as a page that a browser opens: the template beside this file, filled in.

Nothing is fetched: styles, script, weights and the Hangul it needs stand in the page.
"""

import json
import re
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jium.explanation.web_font import font_face
from jium.explanation.words import Side
from jium.messages import language, say

if TYPE_CHECKING:
    from jium.explanation.attention import AttentionMap

SCALE = 1000  # weights are written as whole thousandths


def page(found: "AttentionMap") -> str:
    """The whole page, in the language of the person."""
    source, target = found.languages
    values = _words() | {
        "lang": language(),
        "text": found.text,
        "text_lang": source,
        "translation": found.translation,
        "translation_lang": target,
    }
    ready = {name: escape(value) for name, value in values.items()}
    ready["data"] = _embedded(_data(found))
    ready["strongest"] = _strongest(found)
    ready["font"] = font_face("".join(ready.values()))
    template = files("jium.explanation").joinpath("attention.html").read_text("utf-8")
    # In one pass, so that braces in a text are never taken for a slot.
    return re.sub(r"\{\{(\w+)\}\}", lambda slot: ready[slot[1]], template)


def _data(found: "AttentionMap") -> dict[str, Any]:
    """What the script reads: sides by name, and for each kind its weights, flat, by layer and
    head.
    """
    source, target = found.languages
    return {
        "kinds": {kind: _kind(found, kind) for kind in found.kinds},
        "sides": {
            "source": _side(found.reads, source),
            "target": _side(found.writes, target),
            "before": _side(found.writes.after(found.start), target),
        },
        "scale": SCALE,
        "say": _words(),
    }


def _kind(found: "AttentionMap", kind: str) -> dict[str, Any]:
    weights = getattr(found, kind)
    rows, columns = {
        "cross": ("target", "source"),
        "encoder": ("source", "source"),
        "decoder": ("target", "before"),
    }[kind]
    thousandths = (weights.reshape(*weights.shape[:2], -1) * SCALE).round().astype(int)
    return {"rows": rows, "columns": columns, "weights": thousandths.tolist()}


def _side(side: Side, lang: str) -> dict[str, Any]:
    return {"pieces": side.pieces, "words": side.words, "wordOf": side.word_of, "lang": lang}


def _embedded(data: object) -> str:
    """JSON that no text can end early: `<`, `>` and `&` are spelled as escapes."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _strongest(found: "AttentionMap") -> str:
    """The strongest pairs, for a browser that runs no script."""
    return "\n".join(
        f"<li>{escape(row)} → {escape(column)} {weight:.0%}</li>"
        for row, column, weight in found.pairs()
    )


def _words() -> dict[str, str]:
    """What the page says."""
    return {
        "title": say("What looked at what"),
        "evidence": say(
            "Attention is evidence, not proof: a word that was looked at need not have mattered."
        ),
        "text_label": say("Text"),
        "translation_label": say("Translation"),
        "attention": say("Attention"),
        "cross": say("target to source"),
        "encoder": say("within the source"),
        "decoder": say("within the target"),
        "layer": say("Layer"),
        "head": say("Head"),
        "mean": say("mean"),
        "unit": say("Shown"),
        "words": say("words"),
        "pieces": say("pieces"),
        "head_view": say("Who looks at whom"),
        "model_view": say("Every layer and head"),
        "looks": say("looks"),
        "looked_at": say("is looked at"),
        "hint": say(
            "Point at a word, or reach it with Tab and the arrow keys, to see its lines alone."
        ),
        "grid_hint": say("Rows are layers, columns are heads; choose one to see it above."),
        "as_table": say("As a table"),
        "looks_at": say("looks at"),
        "looked_at_by": say("is looked at by"),
        "scriptless": say("This browser runs no script; the strongest pairs are:"),
    }
