"""Fonts for pictures that show text: one with Hangul, wherever this machine keeps it.

matplotlib's own font has no Hangul, and draws a box for what it lacks.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from jium.errors import MissingExtra, require

# The best known first; as file names spell them, without spaces and case.
_KNOWN = (
    "nanumgothic",
    "nanumbarungothic",
    "notosanskr",
    "notosanscjk",
    "sourcehansans",
    "pretendard",
    "malgun",
    "applesdgothicneo",
    "applegothic",
    "spoqahansans",
    "undotum",
    "gulim",
    "nanum",
    "batang",
)
_HEAVY = re.compile(r"bold|light|thin|black|heavy|extra|italic|mono|coding|eco", re.IGNORECASE)
SYLLABLE = 0xAC00  # 가
LATIN = "DejaVu Sans"  # comes with matplotlib, and has signs that Korean fonts lack
MISSING = "□"


@cache
def hangul_font() -> Path | None:
    """A font file that has Hangul, or None where this machine has none.

    Looked for in matplotlib's list, in the system's folders, and in the package
    koreanize_matplotlib.
    """
    return next((path for path in _candidates() if SYLLABLE in characters(path)), None)


@cache
def characters(path: Path) -> frozenset[int]:
    """Code points that a font has a picture of; none where the file is no font."""
    ft2font = require("matplotlib.ft2font", "plot")
    try:
        return frozenset(ft2font.FT2Font(str(path)).get_charmap())
    except (RuntimeError, OSError):
        return frozenset()


def packaged_font() -> Path | None:
    """The font inside koreanize_matplotlib, which is not imported: that would change matplotlib for
    everybody.
    """
    spec = find_spec("koreanize_matplotlib")
    places = (spec.submodule_search_locations or []) if spec else []
    fonts = (Path(folder) / "fonts" / "NanumGothic.ttf" for folder in places)
    return next((path for path in fonts if path.is_file()), None)


def families(texts: Iterable[str]) -> list[str]:
    """Names of matplotlib fonts, to be tried in turn, that show these texts.

    Raises MissingExtra where there is Hangul in them and no font for it.
    """
    path = hangul_font()
    if path is not None:
        return [_register(path), LATIN]
    if any("HANGUL" in unicodedata.name(sign, "") for text in texts for sign in text):
        raise MissingExtra(
            "No font on this machine has Hangul; the plot extra brings one: pip install "
            '"jium[plot]"'
        )
    return [LATIN]


def drawable(text: str) -> str:
    """`text` with a box for each sign that none of our fonts has, or that is no mark on paper."""
    known = _known_characters()
    return "".join(s if ord(s) in known and s.isprintable() else MISSING for s in text)


@cache
def _known_characters() -> frozenset[int]:
    manager = require("matplotlib.font_manager", "plot")
    latin = characters(Path(manager.findfont(LATIN)))
    path = hangul_font()
    return latin | characters(path) if path else latin


def _register(path: Path) -> str:
    """The family name of a font file, once matplotlib knows the file: its list is made once and
    kept, so a font that came later is not in it.
    """
    manager = require("matplotlib.font_manager", "plot")
    if not any(font.fname == str(path) for font in manager.fontManager.ttflist):
        manager.fontManager.addfont(str(path))
    return manager.FontProperties(fname=str(path)).get_name()


def _candidates() -> Iterator[Path]:
    """Where Hangul may be: first where a name says so, at last wherever there is a font."""
    manager = require("matplotlib.font_manager", "plot")
    yield from _ranked(Path(font.fname) for font in manager.fontManager.ttflist)
    found = [Path(name) for name in manager.findSystemFonts()]
    yield from _ranked(found)
    yield from filter(None, [packaged_font()])
    yield from found


def _ranked(paths: Iterable[Path]) -> list[Path]:
    """Those that are known to have Hangul, the best first."""
    ranks = {path: _rank(path) for path in paths if path.is_file()}
    return sorted((path for path in ranks if ranks[path] is not None), key=lambda p: (ranks[p], p))


def _rank(path: Path) -> tuple[int, int] | None:
    stem = re.sub(r"[^a-z]", "", path.stem.lower())
    number = next((n for n, name in enumerate(_KNOWN) if stem.startswith(name)), None)
    return None if number is None else (len(_HEAVY.findall(path.stem)), number)
