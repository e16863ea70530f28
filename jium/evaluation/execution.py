"""Queries by what they answer: two agree where their results do (Zhong et al., 2017, execution
accuracy, https://arxiv.org/abs/1709.00103).

A query comes out of a model, so it may be anything: it can only read, in a database in memory, and
within a number of steps of SQLite's machine that is the same everywhere.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from jium.config import config
from jium.data.worker import SCRIPT
from jium.errors import ConfigError, DataError
from jium.evaluation.metric import check_pairs, corpus_score
from jium.ranges import at_least

LONGEST = 10_000  # characters of a query
LARGEST = 1_000_000  # bytes of a text or a blob
MOST = 10 * LARGEST  # of all texts and blobs of a result
EVERY = 1_000  # steps of SQLite's machine between two looks at the limit
DIGITS = 6  # after the point, of numbers that are compared
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
CHANGING = {"random", "randomblob", "load_extension"}  # functions that are no matter of the data

Rows = list[tuple[Any, ...]]

_FENCE = re.compile(r"^```\w*\s*(.*?)\s*```$", re.DOTALL)
_ASIDE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_ORDERED = re.compile(r"\border\s+by\b", re.IGNORECASE)


@config
class Execution:
    """The share of queries, 0 to 100, whose result is that of the reference; `valid_sql`: that run.

    Rows are compared as a whole, and their order where the reference sorts; names of columns are
    not. A query that is stopped at a limit agrees with nothing.
    """

    database: str = "worker"  # the table of `data/worker.py`, or a file: SQLite's, or a script
    max_rows: int = 10_000
    max_steps: int = 5_000_000  # of SQLite's machine, for each query

    lower_is_better: ClassVar[bool] = False

    def __post_init__(self) -> None:
        at_least(1, max_rows=self.max_rows, max_steps=self.max_steps)

    def __call__(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return corpus_score(self, predictions, references)

    def statistics(self, predictions: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Per query: whether it agrees, whether it runs, and 1.

        Raises DataError for a reference that does not run.
        """
        check_pairs(predictions, references)
        pairs = zip(predictions, references, strict=True)
        return np.array([self._compare(*pair) for pair in pairs], dtype=np.float64)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        agree, run, n = totals
        return {"execution": 100 * agree / n, "valid_sql": 100 * run / n}

    def sentence(self, prediction: str, reference: str) -> float:
        return self([prediction], [reference])["execution"]

    def signature(self) -> str:
        return f"metric:execution|database:{Path(self.database).name}|steps:{self.max_steps}"

    def run(self, query: str) -> Rows | None:
        """The rows that a query gives; None where it is none, does more than read, or is stopped at
        a limit.
        """
        try:
            return self._run(query)
        except (sqlite3.Error, sqlite3.Warning, ValueError):  # ValueError: half a character, NUL
            return None

    # ------------------------------------------------------------ how it is done

    def _compare(self, prediction: str, reference: str) -> tuple[float, float, float]:
        try:
            right = self._run(reference)
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise DataError(
                "the reference {query!r} does not run: {error}.", query=reference, error=error
            ) from error
        found = self.run(prediction)
        if found is None:
            return 0.0, 0.0, 1.0
        return float(_alike(found, right, is_ordered(reference))), 1.0, 1.0

    def _run(self, query: str) -> Rows:
        steps = 0

        def count() -> bool:
            nonlocal steps
            steps += EVERY
            return steps > self.max_steps

        self._connection.set_progress_handler(count, EVERY)
        cursor = self._connection.execute(bare(query))
        try:
            rows = self._fetched(cursor)
        finally:
            cursor.close()
        if cursor.description is None:
            raise sqlite3.Warning("no rows")
        return rows

    def _fetched(self, cursor: sqlite3.Cursor) -> Rows:
        rows: Rows = []
        size = 0
        for row in cursor:
            rows.append(row)
            size += sum(len(value) for value in row if isinstance(value, str | bytes))
            if len(rows) > self.max_rows or size > MOST:
                raise sqlite3.Warning(f"more than {self.max_rows} rows, or {MOST} bytes")
        return rows

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        connection = _open(self.database)
        for limit, value in (
            (sqlite3.SQLITE_LIMIT_LENGTH, LARGEST),
            (sqlite3.SQLITE_LIMIT_SQL_LENGTH, LONGEST),
            (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
        ):
            connection.setlimit(limit, value)
        connection.set_authorizer(_may)
        return connection


def bare(query: str) -> str:
    """A query without the fence of a code block, and without the semicolon at its end."""
    text = query.strip()
    fenced = _FENCE.match(text)
    return (fenced[1] if fenced else text).strip().rstrip(";").rstrip()


def is_ordered(query: str) -> bool:
    """Whether the query itself sorts its rows, and not only a query within it."""
    text, depth, outer = _ASIDE.sub(" ", query), 0, []
    for part in re.split(r"([()])", text):
        depth += {"(": 1, ")": -1}.get(part, 0)
        outer.append(part if depth == 0 else " ")
    return bool(_ORDERED.search("".join(outer)))


def _may(action: int, first: str | None, second: str | None, *_: Any) -> int:
    """SQLite asks before each thing that a query would do."""
    harmless = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in CHANGING
    return sqlite3.SQLITE_OK if action in READING or harmless else sqlite3.SQLITE_DENY


def _alike(rows: Rows, others: Rows, ordered: bool) -> bool:
    ours, theirs = _plain(rows), _plain(others)
    return ours == theirs if ordered else Counter(ours) == Counter(theirs)


def _plain(rows: Rows) -> Rows:
    """Numbers rounded, so that sums taken in another order are equal."""
    return [tuple(round(v, DIGITS) if isinstance(v, float) else v for v in row) for row in rows]


def _open(database: str) -> sqlite3.Connection:
    """A copy of a database in memory. Raises ConfigError for a file that is none."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    if database == "worker":
        connection.executescript(SCRIPT)
        return connection
    path = Path(database)
    try:
        if path.suffix == ".sql":
            connection.executescript(path.read_text("utf-8"))
        else:
            connection.deserialize(path.read_bytes())
            connection.execute("SELECT name FROM sqlite_master").fetchall()
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        raise ConfigError(
            'must be "worker", a database of SQLite, or a script of SQL (.sql); {path}: {error}.',
            key="database",
            path=database,
            error=error,
        ) from error
    return connection
