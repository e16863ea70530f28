"""Plain texts: from a person's files to clean texts, each in one split, streamed.

For models that need nothing but text: spelling, topics.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from jium.config import config, nearest
from jium.data.clean import as_text, cleaner
from jium.data.columns import guess
from jium.data.duplicates import Seen, fingerprint
from jium.data.labels import PEEKED, TEXT_NAMES
from jium.data.pair_data import Paths
from jium.data.sources import find_files, read_rows
from jium.data.split import Shares, Split, choose_split
from jium.errors import DataError
from jium.ranges import at_least
from jium.text.normalise import Cleaning

_LETTER = re.compile(r"\w")


@config
class TextData(Cleaning, Shares):
    """Where texts come from, and what is done to them."""

    train: Paths  # files or folders
    valid: Paths | None = None  # None: split off from train
    test: Paths | None = None
    folder: str | None = None  # where those files are; they are named relative to it
    text: str | int | list[str] | None = None  # column by name, or several, of which a file may
    # lack some; None: one of the usual names, or the only one
    clean: bool = True  # False: none of the cleaning, texts stay as they stand
    drop_duplicates: bool = True  # texts that stand in train twice
    limit: int | None = None  # rows read of train at most: the first

    def __post_init__(self) -> None:
        for part in (Cleaning, Shares):
            part.__post_init__(self)
        at_least(1, limit=self.limit)

    @property
    def lines(self) -> bool:
        """Whether the line ends within a text say anything."""
        return False

    def paths(self, split: str) -> list[str]:
        """The files and folders given for a split."""
        given: Paths | None = getattr(self, split)
        paths = [given] if isinstance(given, str) else given or []
        return [str(Path(self.folder or "") / path) for path in paths]


class Texts:
    """The texts of a [data] section. dropped: reason to number, of the last split read whole."""

    def __init__(self, data: TextData) -> None:
        self.data = data
        self.dropped: Counter[str] = Counter()

    def split(self, split: Split) -> Iterator[str]:
        """Stream the texts of a split: its own file, or the share of train set apart for it.

        A text of train that stands in a file for valid or test is not trained on.
        """
        self.dropped.clear()
        given = split == "train" or bool(self.data.paths(split))
        held = self._held() if split == "train" else Seen()
        seen = Seen()
        for text, problem in self._rows(split if given else "train"):
            if problem:
                self.dropped[problem] += 1
            elif (split == "train" or not given) and self._place(text) != split:
                continue
            elif fingerprint(text) in held:
                self.dropped["held_out"] += 1
            elif split == "train" and self.data.drop_duplicates and not seen.add(fingerprint(text)):
                self.dropped["duplicate"] += 1
            else:
                yield text

    def _held(self) -> Seen:
        held = Seen()
        for split in ("valid", "test"):
            if self.data.paths(split):
                for text, _ in self._rows(split):
                    held.add(fingerprint(text))
        return held

    def _place(self, text: str) -> Split:
        data = self.data
        valid_share = data.valid_share if data.valid is None else 0
        return choose_split(text, data.seed, valid_share, data.test_share if not data.test else 0)

    def _rows(self, split: str) -> Iterator[tuple[str, str]]:
        """(text, why it is of no use or "")."""
        rows = (row for path in self.data.paths(split) for row in _rows_of(path, self.data))
        return islice(rows, self.data.limit) if split == "train" else rows


def _rows_of(path: str, data: TextData) -> Iterator[tuple[str, str]]:
    clean = cleaner(data if data.clean else None, data.lines)
    header = not str(data.text).isdecimal()
    for file in find_files(path):
        columns = find_text_columns(file, data.text, header)
        for row in read_rows(file, header=header, columns=columns, strict=False):
            if row.problem:
                yield "", row.problem
                continue
            for column in columns:
                text = as_text(row.values.get(column))
                if text is None:
                    yield "", "not_text"
                    continue
                text = clean(text)
                yield text, "" if _LETTER.search(text) else "empty_text"


def find_text_columns(
    file: Path, given: str | int | list[str] | None, header: bool = True
) -> list[str]:
    """The columns with text: those given, as far as they are there; else the one of
    `find_text_column`.
    """
    if not isinstance(given, list):
        return [find_text_column(file, given, header)]
    present = _present(file, header)
    found = [column for column in given if column in present]
    return found or [find_text_column(file, given[0] if given else None, header)]


def find_text_column(file: Path, given: str | int | None, header: bool = True) -> str:
    """The column with the text: the one given, checked; one of the usual names; the only one.

    Raises DataError, with what is there and what to type, where it is absent or in doubt.
    """
    present = _present(file, header)
    if given is not None:
        if str(given) not in present:
            raise DataError(
                "{path}: no column {column!r}.{near} It has: {columns}. Name one: data.{side}=...",
                path=file,
                column=given,
                near=nearest(str(given), present),
                columns=", ".join(present),
                side="text",
            )
        return str(given)
    found = guess(present, TEXT_NAMES) or (present if len(present) == 1 else [])
    if len(found) != 1:
        raise DataError(
            "{path}: which column is the text? It has: {columns}. Name it: data.text=...",
            path=file,
            columns=", ".join(present) or "-",
        )
    return found[0]


def _present(file: Path, header: bool) -> list[str]:
    """The columns of the first rows of a file."""
    rows = islice(read_rows(file, header=header, strict=False), PEEKED)
    return list(dict.fromkeys(name for row in rows if not row.problem for name in row.values))
