"""The rows of a task of a suite, whichever layout its files have: texts and what is true of them.

A row that cannot be used is counted, never passed over in silence.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from jium.data.compressed import format_of
from jium.data.labels import PEEKED, LabelData, read_labelled
from jium.data.pair_data import Pair
from jium.data.questions import QuestionData, read_questions
from jium.data.row import Row
from jium.data.sources import read_rows
from jium.data.tagged import TaggedData, read_tagged
from jium.errors import DataError
from jium.evaluation.suites import SuiteTask


@dataclass
class TaskRows:
    """What the files of a task hold: Pair (target: the class or the number), Tagged or Question.

    dropped: reason to number of rows that cannot be measured.
    """

    found: list[Any] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


def read_task(task: SuiteTask, paths: Sequence[Path]) -> TaskRows:
    """All rows of a task. Raises DataError for a label that the task does not have, and where no
    row can be measured.
    """
    rows = TaskRows()
    for path in paths:
        for row in READERS[task.kind](task, path):
            if problem := row.problem or _what_is_missing(task, row.pair):
                rows.dropped[problem] += 1
            else:
                rows.found.append(_with_known_labels(task, row))
    if not rows.found:
        raise DataError(
            "{path}: none of its rows can be measured. Dropped: {dropped}.",
            path=paths[0],
            dropped=", ".join(f"{why} {n}" for why, n in rows.dropped.items()) or "0",
        )
    return rows


def _read_pairs(task: SuiteTask, path: Path) -> Iterator[Any]:
    text, second, target = _columns(task, path)
    data = LabelData(
        train="",
        test=str(path),
        text=text,
        second=second or None,
        label=target,
        gives="score" if task.kind == "score" else "label",
        clean=False,
    )
    return read_labelled(data, "test")


def _read_tagged(task: SuiteTask, path: Path) -> Iterator[Any]:
    numbered = [f"{letter}-{label}" for label in task.labels for letter in "BI"]
    data = TaggedData(
        train="", test=str(path), level="characters", scheme="bio", names=[*numbered, "O"]
    )
    return read_tagged(data, "test")


def _read_questions(task: SuiteTask, path: Path) -> Iterator[Any]:
    return read_questions(QuestionData(train="", test=str(path)), "test")


READERS: dict[str, Callable[[SuiteTask, Path], Iterator[Any]]] = {
    "label": _read_pairs,
    "score": _read_pairs,
    "entities": _read_tagged,
    "answers": _read_questions,
}


def _what_is_missing(task: SuiteTask, found: Any) -> str:
    if not isinstance(found, Pair):
        return ""
    texts = [found.source, found.second] if task.second else [found.source]
    return "" if all(text.strip() for text in texts) else "empty_text"


def _with_known_labels(task: SuiteTask, row: Any) -> Any:
    """What a row holds, its class by the suite's name for it."""
    if task.kind == "label":
        if (said := task.class_of(row.pair.target)) is None:
            raise _unknown(task, row.row, row.pair.target)
        return replace(row.pair, target=said)
    for span in getattr(row.pair, "spans", ()):
        if span.label not in task.labels:
            raise _unknown(task, row.row, span.label)
    return row.pair


def _unknown(task: SuiteTask, row: Row, label: str) -> DataError:
    return DataError(
        "{path}: line {line}: {task} has no label {label!r}. It has: {known}, or their numbers, "
        "from 0. (A test part whose labels are kept secret often has -1.)",
        path=row.file,
        line=row.line,
        task=task.name,
        label=label,
        known=", ".join(task.labels),
    )


def _columns(task: SuiteTask, path: Path) -> tuple[str, str, str]:
    """The columns of text, second text ("" for none) and target: by name, or by number where the
    file has no header line.
    """
    table = format_of(path) in (".tsv", ".csv")
    first = list(islice(read_rows(path, header=False, strict=False), 1 if table else PEEKED))
    rows = [row.values.values() if table else row.values for row in first]
    present = list(dict.fromkeys(str(name).strip() for row in rows for name in row))
    names = (task.text, task.second, task.target)
    text, second, target = (next((n for n in group if n in present), "") for group in names)
    if text and target and bool(second) == bool(task.second):
        return text, second, target
    if task.by_number and table and first and len(first[0].values) > max(task.by_number):
        return str(task.by_number[0]), "", str(task.by_number[1])
    raise DataError(
        "{path}: not the columns of {task}: {wanted}. It has: {columns}.",
        path=path,
        task=task.name,
        wanted=", ".join("/".join(group) for group in names if group),
        columns=", ".join(present) or "-",
    )
