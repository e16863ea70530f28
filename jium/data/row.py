"""One row of a file, with the place it came from."""

from pathlib import Path
from typing import Any, NamedTuple


class Row(NamedTuple):
    """A row as it was read.

    values: column name to value; text in tables, whatever was stored elsewhere. Nested values are
    flattened: `{"translation": {"ko": ...}}` has the column `translation.ko`.
    line: the line (tables, JSON Lines, text) or the number of the row (JSON, Parquet), from 1.
    problem: why the row cannot be used ("ragged", "bad_quotes", "not_json", "too_long"), or "".
    """

    values: dict[str, Any]
    file: Path
    line: int
    problem: str = ""


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dictionaries within dictionaries as dotted names."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            result |= flat(value, f"{prefix}{name}.")
        else:
            result[f"{prefix}{name}"] = value
    return result
