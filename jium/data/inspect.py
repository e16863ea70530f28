"""What `jium data inspect` shows: what is in a file, what is odd there, what to type next."""

import shlex
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from jium.data.columns import SOURCE_NAMES, TARGET_NAMES, guess
from jium.data.compressed import format_of
from jium.data.duplicates import Seen, fingerprint
from jium.data.inspect_column import Column, Tally
from jium.data.row import Row
from jium.data.sources import find_files, read_rows

SHOWN = 3  # rows


@dataclass
class Report:
    """What is in a file or folder.

    duplicates: rows that stood there before, word for word.
    problems: rows that cannot be read, by reason.
    headerless: the first line looks like data; columns are "0", "1", ...
    guess: the columns that are probably source and target. command: what to type next, or "".
    """

    path: str
    format: str
    files: int
    rows: int
    columns: list[Column]
    duplicates: int
    problems: dict[str, int]
    first: list[dict[str, str]]
    headerless: bool
    guess: tuple[str, str] | None
    command: str

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values, for `--json`."""
        return asdict(self)


def inspect(path: str | Path) -> Report:
    """Read a file or folder once, in flat memory, and say what is in it.

    Raises DataError where it cannot be read at all.
    """
    files = find_files(path)
    headerless = looks_headerless(files[0])
    tallies: dict[str, Tally] = {}
    seen, problems, first = Seen(), Counter[str](), list[dict[str, str]]()
    rows = duplicates = 0
    for row in read_rows(path, header=not headerless, strict=False):
        rows += 1
        if row.problem:
            problems[row.problem] += 1
            continue
        if len(first) < SHOWN:
            first.append({name: _shown(value) for name, value in row.values.items()})
        duplicates += not seen.add(fingerprint(*map(str, row.values.values())))
        for name, value in row.values.items():
            tallies.setdefault(name, Tally(Random(name))).add(value)
    columns = [tally.column(name, rows - problems.total()) for name, tally in tallies.items()]
    found = guess_pair(columns)
    return Report(
        path=str(path),
        format=format_of(files[0]).removeprefix("."),
        files=len(files),
        rows=rows,
        columns=columns,
        duplicates=duplicates,
        problems=dict(problems),
        first=first,
        headerless=headerless,
        guess=found,
        command=_command(path, found),
    )


def looks_headerless(file: Path) -> bool:
    """Whether the first line of a table is data rather than names.

    Names are short and do not end as sentences do. Where one is a usual name it is a header.
    """
    if format_of(file) not in (".tsv", ".csv"):
        return False
    first: Row | None = next(read_rows(file, header=False, strict=False), None)
    cells = [str(cell).strip() for cell in first.values.values()] if first else []
    if guess(cells, SOURCE_NAMES) or guess(cells, TARGET_NAMES):
        return False
    return any(len(cell) > 40 or cell.endswith((".", "?", "!", "…", "。")) for cell in cells)


def guess_pair(columns: list[Column]) -> tuple[str, str] | None:
    """Source and target: by the usual names, or else the two longest texts, Hangul first."""
    names = [column.name for column in columns]
    sources, targets = guess(names, SOURCE_NAMES), guess(names, TARGET_NAMES)
    if len(sources) == 1 and len(targets) == 1:
        return sources[0], targets[0]
    texts = [column for column in columns if column.types.get("text") and column.median > 1]
    if len(texts) < 2:
        return None
    longest = {column.name for column in sorted(texts, key=lambda c: c.median)[-2:]}
    two = [column for column in texts if column.name in longest]
    one, other = sorted(
        two, key=lambda c: c.scripts.get("hangul", 0) < 0.5
    )  # stable: else as in the file
    return one.name, other.name


def _command(path: str | Path, found: tuple[str, str] | None) -> str:
    if found is None:
        return ""
    words = (f"data.train={path}", f"data.source={found[0]}", f"data.target={found[1]}")
    return " ".join(["jium train translate", *map(shlex.quote, words)])


def _shown(value: Any, width: int = 200) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= width else text[: width - 1] + "…"
