"""Documents in passages that know where they stand, so that every hit can be looked up."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from jium.data.compressed import format_of
from jium.data.lines import read_lines, read_text
from jium.data.sources import FORMATS, read_rows
from jium.errors import DataError
from jium.text.html import strip_html

DOCUMENTS = (".txt", ".md", ".html", ".htm")
TABLES = tuple(kind for kind in FORMATS if kind not in DOCUMENTS)
LONGEST = 500  # characters of a passage of prose; a longer line is cut between words


class Passage(NamedTuple):
    """A piece of a file. line: its first line from 1; of Parquet, the number of the row."""

    text: str
    file: str
    line: int


def find_documents(folder: Path) -> list[Path]:
    """Every file of a known format in the folder and those below it, in order of name.

    Raises DataError for no such folder, and for one with nothing to read.
    """
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise DataError("{path}: no such folder.", path=folder)
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and format_of(path) in (*DOCUMENTS, *TABLES)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not found:
        raise DataError(
            "{path}: nothing to search in this folder. Known formats: {known}.",
            path=folder,
            known=", ".join((*DOCUMENTS, *TABLES)),
        )
    return found


def passages(path: Path, name: str) -> Iterator[Passage]:
    """The passages of a file: rows of a table, paragraphs of prose. name: what hits call the file.

    Raises DataError where the file cannot be read as what its name says.
    """
    kind = format_of(path)
    if kind in TABLES:
        return _rows(path, name)
    return _web_page(path, name) if kind in (".html", ".htm") else _prose(path, name)


def _rows(path: Path, name: str) -> Iterator[Passage]:
    for row in read_rows(path, strict=False):
        cells = [value for value in row.values.values() if isinstance(value, str) and value.strip()]
        if cells and not row.problem:
            yield Passage(" | ".join(cells), name, row.line)


def _prose(path: Path, name: str) -> Iterator[Passage]:
    yield from _paragraphs(((n, line or "") for n, line in read_lines(path)), name)


def _web_page(path: Path, name: str) -> Iterator[Passage]:
    """What a browser would show; a passage stands at the line of the source where it begins."""
    source = "".join(read_text(path))
    at = 0
    for passage in _paragraphs(enumerate(strip_html(source).splitlines(), 1), name):
        first = re.match(r"\S+", passage.text)
        found = source.find(first[0], at) if first else -1
        at = max(at, found)
        yield passage._replace(line=source.count("\n", 0, at) + 1)


def _paragraphs(lines: Iterator[tuple[int, str]], name: str) -> Iterator[Passage]:
    """Lines up to an empty one, or up to LONGEST characters."""
    held: list[str] = []
    begin = 0
    for number, line in lines:
        if held and (not line.strip() or sum(map(len, held)) + len(line) > LONGEST):
            yield Passage("\n".join(held), name, begin)
            held = []
        for piece in _pieces(line.strip()):
            if len(piece) == LONGEST or len(line) > LONGEST:
                yield Passage(piece, name, number)
                continue
            begin = begin if held else number
            held.append(piece)
    if held:
        yield Passage("\n".join(held), name, begin)


def _pieces(line: str) -> Iterator[str]:
    """A line that is too long in pieces, cut at a space where there is one."""
    while len(line) > LONGEST:
        cut = line.rfind(" ", LONGEST // 2, LONGEST)
        cut = cut if cut > 0 else LONGEST
        yield line[:cut]
        line = line[cut:].lstrip()
    if line:
        yield line
