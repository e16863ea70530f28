"""A page made of a template in this folder: slots `{{name}}` filled, texts escaped."""

import json
import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files

from jium.explanation.web_font import font_face


def fill(name: str, texts: Mapping[str, str], markup: Mapping[str, str], shown: str = "") -> str:
    """The template `name`, filled in one pass, so that braces in a text are never taken for a slot.

    texts: escaped here. markup: put in as it stands. shown: more text that needs a font, beside all
    of these; {{font}} becomes the rule that brings its Hangul.
    """
    ready = {name: escape(value) for name, value in texts.items()} | dict(markup)
    ready["font"] = font_face("".join(ready.values()) + shown)
    template = files("jium.explanation").joinpath(name).read_text("utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda slot: ready[slot[1]], template)


def embedded(data: object) -> str:
    """JSON that no text can end early: `<`, `>` and `&` are spelled as escapes."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
