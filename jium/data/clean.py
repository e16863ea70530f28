"""Cleaning the texts of rows: one line each, by the rules of `jium.text.normalise`."""

from collections.abc import Callable
from typing import Any

from jium.text.normalise import Cleaning, clean


def cleaner(cleaning: Cleaning | None, lines: bool = False) -> Callable[[str], str]:
    """The function that cleans one text; None leaves texts as they stand. lines: a text may have
    several.
    """
    if cleaning is None:
        return str
    if lines:
        return lambda text: clean(text, cleaning)
    return lambda text: _clean_line(text, cleaning)


def _clean_line(text: str, cleaning: Cleaning) -> str:
    text = clean(text, cleaning)
    while "\n" in text:  # joined lines may read as something to clean: `Â` and a space, for one
        text = clean(one_line(text), cleaning)
    return text


def one_line(text: str) -> str:
    """Line ends as spaces: a side of a pair is one line."""
    return " ".join(text.split()) if "\n" in text or "\r" in text else text


def as_text(value: Any) -> str | None:
    """A value as text: nothing is "", a number is its digits; None for anything else."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, as JSON can hold; no file can
        return None
    return value
