"""Rows out of files: tables, JSON, Parquet, plain text, folders of them. Everything is streamed."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jium.config import nearest
from jium.data.compressed import format_of
from jium.data.conll import read_conll
from jium.data.jsonl import read_json, read_jsonl
from jium.data.lines import read_lines
from jium.data.parquet import read_arrow, read_parquet, saved_files
from jium.data.row import Row
from jium.data.tables import read_table
from jium.errors import DataError

__all__ = ["Row", "FORMATS", "find_files", "read_rows"]

SPLIT_NAME = re.compile(r"(train|valid|validation|val|dev|test)(?![a-z])", re.IGNORECASE)


def read_rows(
    path: str | Path,
    *,
    header: bool = True,
    columns: Sequence[str] | None = None,
    strict: bool = True,
) -> Iterator[Row]:
    """Stream the rows of a file, or of every file of a folder, in order of name.

    Formats: .tsv .csv .jsonl .json .parquet .arrow .txt, the text ones also with .gz or .zst.
    header: False where a .tsv or .csv begins with data; its columns are then "0", "1", ...
    columns: all that is wanted; a Parquet file is then read in part.
    strict: raise DataError at a row that cannot be read; False gives it, with its `problem` named.
    """
    for file in find_files(path):
        for row in _reader(file, header, columns)(file):
            if strict and row.problem:
                raise DataError(
                    "{path}: line {line}: cannot be read: {problem}.",
                    path=row.file,
                    line=row.line,
                    problem=row.problem,
                )
            yield row


def find_files(path: str | Path) -> list[Path]:
    """The data files that `path` stands for: itself, or those in the folder, in order of name.

    In a folder .json and .txt files count only where nothing else does: settings and notes lie
    beside tables. Raises DataError where there are none, and for a folder with files of different
    splits, such as train.tsv and test.tsv: read together, the test would be trained on.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        return saved_files(path) or _folder_files(path)
    if not path.exists():
        raise DataError("{path}: no such file.{near}", path=path, near=_near(path))
    if format_of(path) not in FORMATS:
        raise DataError(
            "{path}: unknown format {format!r}. Known: {known}.",
            path=path,
            format=format_of(path),
            known=", ".join(FORMATS),
        )
    return [path]


def _folder_files(folder: Path) -> list[Path]:
    files = sorted(
        file
        for file in folder.iterdir()
        if file.is_file() and format_of(file) in FORMATS and not file.name.startswith((".", "_"))
    )
    tables = [file for file in files if format_of(file) not in (".txt", ".json")]
    files = tables or [file for file in files if format_of(file) == ".json"] or files
    if not files:
        raise DataError(
            "{path}: no data file in this folder. Known formats: {known}.",
            path=folder,
            known=", ".join(FORMATS),
        )
    splits = {found[1].lower() for file in files if (found := SPLIT_NAME.match(file.name))}
    if len(splits) > 1:
        raise DataError(
            "{path}: holds files of several splits: {files}. "
            "Name them: data.train=... data.test=...",
            path=folder,
            files=", ".join(file.name for file in files),
        )
    return files


def _near(path: Path) -> str:
    try:
        return nearest(path.name, [file.name for file in path.parent.iterdir()])
    except OSError:
        return ""


def _reader(
    file: Path, header: bool, columns: Sequence[str] | None
) -> Callable[[Path], Iterator[Row]]:
    kind = format_of(file)
    if kind in (".tsv", ".csv"):
        return lambda path: read_table(path, header)
    if kind == ".parquet":
        return lambda path: read_parquet(path, columns)
    return FORMATS[kind]


def _read_text(path: Path) -> Iterator[Row]:
    """The lines of a .txt, each a row with the one column `text`."""
    for number, line in read_lines(path):
        if line is None:
            yield Row({}, path, number, "too_long")
        else:
            yield Row({"text": line}, path, number)


FORMATS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".tsv": read_table,
    ".csv": read_table,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".json": read_json,
    ".parquet": read_parquet,
    ".arrow": read_arrow,
    ".txt": _read_text,
    **dict.fromkeys((".conll", ".bio", ".iob", ".iob2"), read_conll),
}
