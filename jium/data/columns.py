"""Which columns are the source and the target of a pair."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jium.config import nearest
from jium.errors import DataError

# fmt: off
SOURCE_NAMES = (
    "source", "src", "input", "original", "ko", "kor", "korean", "kr", "한국어", "원문",
    "de", "deu", "ger", "german", "ja", "jpn", "japanese", "zh", "chinese", "fr", "french",
)
TARGET_NAMES = (
    "target", "tgt", "trg", "output", "translation", "reference",
    "en", "eng", "english", "영어", "번역", "번역문",
)
# fmt: on


class Columns(NamedTuple):
    source: str
    target: str
    tag: str | None = None


def by_number(*columns: str | None) -> bool:
    """Whether the columns are named by number, as those of a table without a header line."""
    given = [column for column in columns if column is not None]
    return bool(given) and all(column.isdecimal() for column in given)


def find_columns(
    path: Path, present: Sequence[str], source: str | None, target: str | None, tag: str | None
) -> Columns:
    """The columns given, checked, and those not given, found among the usual names.

    Raises DataError, with what is there and what to type, for a column that is absent or in doubt.
    """
    for side, column in (("source", source), ("target", target), ("tag", tag)):
        if column is not None and column not in present:
            raise DataError(
                "{path}: no column {column!r}.{near} It has: {columns}. Name one: data.{side}=...",
                path=path,
                column=column,
                near=nearest(column, present),
                columns=", ".join(present),
                side=side,
            )
    if len(present) < 2:
        raise DataError(
            "{path}: has one column, {column!r}; a pair needs two. Two files of lines are joined "
            "by: paste SOURCE.txt TARGET.txt > pairs.tsv (then data.source=0 data.target=1)",
            path=path,
            column=present[0] if present else "",
        )
    free = [name for name in present if name not in (source, target, tag)]
    if source is None:
        source = _find(path, present, free, "source", SOURCE_NAMES, target)
    if target is None:
        free = [name for name in free if name != source]
        target = _find(path, present, free, "target", TARGET_NAMES, source)
    return Columns(source, target, tag)


def guess(present: Sequence[str], names: Sequence[str]) -> list[str]:
    """The columns that bear one of the usual names; of `translation.ko` the last part counts."""
    return [column for column in present if column.rsplit(".", 1)[-1].strip().lower() in names]


def _find(
    path: Path,
    present: Sequence[str],
    free: list[str],
    side: str,
    names: Sequence[str],
    other: str | None,
) -> str:
    found = guess(free, names)
    if not found and other is not None and len(present) == 2:
        found = free  # two columns, and one of them is the other side
    if len(found) == 1:
        return found[0]
    raise DataError(
        "{path}: which column is the {side}? It has: {columns}. Name both: data.source=... "
        "data.target=... (or data.source=0 data.target=1 where the first line is data already)",
        path=path,
        side=side,
        columns=", ".join(present),
    )
