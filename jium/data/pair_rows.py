"""Rows as pairs: each with its place in a file, uncleaned, or with what is wrong with it."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from jium.data.clean import as_text, cleaner, one_line
from jium.data.columns import Columns, by_number, find_columns
from jium.data.pair_data import STARTER, Pair, PairData
from jium.data.row import Row
from jium.data.sources import find_files, read_rows
from jium.data.split import Split

PEEKED = 50  # rows looked at to learn which columns there are


class PairRow(NamedTuple):
    """A row and the pair in it, cleaned; `problem` says why there is none.

    given: its split was given, by file or by the starter corpus.
    """

    row: Row
    pair: Pair
    given: bool
    problem: str = ""


def read_pairs(data: PairData, split: Split) -> Iterator[PairRow]:
    """Stream what is given for a split, cleaned."""
    for path in data.paths(split):
        if path == STARTER:
            yield from _starter(data, split)
        else:
            for file in find_files(path):
                yield from _file(file, data, split)


def _starter(data: PairData, split: Split) -> Iterator[PairRow]:
    from jium.data import starter

    # Written clean: it needs neither of the two libraries that the light core lacks.
    clean = cleaner(replace(data, html=False, mojibake=False) if data.clean else None)
    place = Path(STARTER) / split
    for number, found in enumerate(starter.read(split), 1):
        row = Row({"source": found.source, "target": found.target, "tag": found.tag}, place, number)
        yield PairRow(row, Pair(clean(found.source), clean(found.target), found.tag), given=True)


def _file(file: Path, data: PairData, split: Split) -> Iterator[PairRow]:
    header = not by_number(*data.columns)
    columns = find_columns(file, _present(file, header), *data.columns)
    clean = cleaner(data if data.clean else None)
    clean_target = as_written if split == "test" else clean
    wanted = [column for column in columns if column is not None]
    for row in read_rows(file, header=header, columns=wanted, strict=False):
        yield _pair_row(row, columns, clean, clean_target, given=split != "train")


def _pair_row(
    row: Row,
    columns: Columns,
    clean: Callable[[str], str],
    clean_target: Callable[[str], str],
    given: bool,
) -> PairRow:
    if row.problem:
        return PairRow(row, Pair("", ""), given, row.problem)
    source, target = (
        as_text(row.values.get(columns.source)),
        as_text(row.values.get(columns.target)),
    )
    if source is None or target is None:
        return PairRow(row, Pair("", ""), given, "not_text")
    tag = as_text(row.values.get(columns.tag)) if columns.tag else ""
    return PairRow(
        row, Pair(clean(source), clean_target(target), one_line(tag or "").strip()), given
    )


def as_written(text: str) -> str:
    """A reference as its author wrote it, in NFC and on one line."""
    return one_line(unicodedata.normalize("NFC", text)).strip()


def _present(file: Path, header: bool) -> list[str]:
    """The columns of the first rows, in order: rows of JSON need not all have the same."""
    rows = islice(read_rows(file, header=header, strict=False), PEEKED)
    return list(dict.fromkeys(name for row in rows if not row.problem for name in row.values))
