"""Tables as text: .tsv and .csv.

A .tsv is read as it stands: tabs part the cells, quotation marks are text. A .csv follows the usual
rules of quoting; its delimiter is the commonest of comma, semicolon, tab and bar in the first line.
"""

import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from jium.data.compressed import format_of
from jium.data.lines import MAX_LINE, read_lines
from jium.data.row import Row
from jium.errors import DataError

FIRST_ROWS = 50  # enough to see whether the file is a table at all


class Record(NamedTuple):
    line: int
    cells: list[str]
    problem: str = ""


def read_table(path: Path, header: bool = True) -> Iterator[Row]:
    """Stream the rows of a .tsv or .csv.

    header: False where the first line is data; the columns are then "0", "1", ...
    Rows with more or fewer cells than the first line carry the problem "ragged".
    Raises DataError where most of the first rows are so.
    """
    records = _csv_records(path) if format_of(path) == ".csv" else _tsv_records(path)
    first = next(records)
    if first.problem:
        raise DataError(
            "{path}: line {line}: cannot be read: {problem}.",
            path=path,
            line=first.line,
            problem=first.problem,
        )
    names = _names(path, first) if header else [str(i) for i in range(len(first.cells))]
    rows = records if header else chain([first], records)
    start = list(islice(rows, FIRST_ROWS))
    _check_width(path, start, len(names))
    if header and not start:
        raise DataError(
            "{path}: has one line, and no rows under it. If that line is data, name the columns by "
            "number: data.source=0 data.target=1",
            path=path,
        )
    for line, cells, problem in chain(start, rows):
        if not problem and len(cells) != len(names):
            problem = "ragged"
        values = dict(enumerate(cells)) if problem else dict(zip(names, cells, strict=True))
        yield Row({str(name): cell for name, cell in values.items()}, path, line, problem)


def _names(path: Path, first: Record) -> list[str]:
    names = [cell.strip() or f"column {i}" for i, cell in enumerate(first.cells, 1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(
            "{path}: line {line}: two columns are named {column!r}. Rename one, or name columns by "
            "number if that line is data: data.source=0 data.target=1",
            path=path,
            line=first.line,
            column=twice,
        )
    return names


def _check_width(path: Path, start: list[Record], width: int) -> None:
    wrong = [r for r in start if not r.problem and len(r.cells) != width]
    if len(wrong) * 2 > len(start):
        raise DataError(
            "{path}: line {line}: {found} cells where line 1 has {expected}, and so in {wrong} of "
            "the first {rows} rows. Is it a table, and separated as its name says?",
            path=path,
            line=wrong[0].line,
            found=len(wrong[0].cells),
            expected=width,
            wrong=len(wrong),
            rows=len(start),
        )


def _tsv_records(path: Path) -> Iterator[Record]:
    for line, text in read_lines(path):
        if text is None:
            yield Record(line, [], "too_long")
        elif text:
            yield Record(line, text.split("\t"))


def _csv_records(path: Path) -> Iterator[Record]:
    """Records of a .csv by the line on which they begin; a quoted cell may run over several."""
    csv.field_size_limit(
        MAX_LINE
    )  # of the whole process; its default, 131,072, is shorter than real cells
    too_long: list[int] = []
    lines = _csv_lines(path, too_long)
    first = next(lines)
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if "end of data" in str(error) or "field limit" in str(error):
                raise _open_quote(path, line) from error
            cells = []
            yield Record(line, [], "bad_quotes")
        yield from (Record(number, [], "too_long") for number in too_long)
        too_long.clear()
        if cells is None:
            return
        if cells:
            yield Record(line, cells)


def _csv_lines(path: Path, too_long: list[int]) -> Iterator[str]:
    """Lines with their ends, as csv wants them; one that is too long is noted and left blank."""
    for number, text in read_lines(path, returns=True):  # which count where a cell holds them
        if text is None:
            too_long.append(number)
        yield (text or "") + "\n"


def _open_quote(path: Path, line: int) -> DataError:
    return DataError(
        "{path}: line {line}: a quotation mark opens here and never closes. Close it, or write the "
        'cell as "..." with each quotation mark in it doubled.',
        path=path,
        line=line,
    )
