"""Hangul inside a page, so that it reads on a machine that has no Korean font."""

import re
from base64 import b64encode
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from jium.errors import require
from jium.explanation.fonts import packaged_font

# Leftovers of font editors in NanumGothic, which cannot be cut.
_LEFTOVERS = [f"TSI{n}" for n in range(6)]


def font_face(text: str) -> str:
    """A CSS rule that brings the Hangul of `text` as the font "jium Hangul"; empty where there is
    none, or the plot extra is not installed: then the reader's own fonts must do.

    Taken from the packaged font, whose licence (OFL) lets a page carry it; a system's may not.
    """
    hangul = "".join(sorted(set(re.findall("[ᄀ-ᇿ㄰-㆏가-힣]", text))))
    path = packaged_font()
    if not hangul or path is None or find_spec("fontTools") is None:
        return ""
    data = b64encode(_cut(path, hangul)).decode("ascii")
    return (
        '@font-face { font-family: "jium Hangul"; unicode-range: U+1100-11FF, U+3130-318F, '
        f"U+AC00-D7A3; src: url(data:font/woff;base64,{data}) }}"
    )


@lru_cache(maxsize=8)
def _cut(path: Path, signs: str) -> bytes:
    """A font with these signs alone: some kilobytes."""
    subset = require("fontTools.subset", "plot")
    options = subset.Options(flavor="woff", layout_features=[], notdef_outline=True)
    options.drop_tables = [*options.drop_tables, *_LEFTOVERS]
    cutter = subset.Subsetter(options)
    cutter.populate(text=signs)
    file = BytesIO()
    with subset.load_font(str(path), options) as font:
        cutter.subset(font)
        subset.save_font(font, file, options)
    return file.getvalue()
