"""The files of a suite on disk: found by their names, pinned by their digests, read row by row.

A figure means something only beside figures of the same rows, so each file is named with its
SHA-256, and a row that cannot be used is counted, never passed over in silence.
"""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from jium.config import nearest
from jium.data.clean import as_text
from jium.data.compressed import format_of
from jium.data.pair_rows import as_written
from jium.data.questions import QuestionData, read_questions
from jium.data.row import Row
from jium.data.sources import FORMATS, read_rows
from jium.data.tagged import TaggedData, read_tagged
from jium.errors import ConfigError, DataError
from jium.evaluation.suites import SPLITS, Suite, SuiteTask, plain

PEEKED = 50  # rows looked at to learn which columns there are
_SHARD = re.compile(r"[-_]\d+-of-\d+$")
_SPLIT = "|".join(name for names in SPLITS.values() for name in names)
_NAME = re.compile(rf"(?:(?P<name>.+)[-_.])?(?P<split>{_SPLIT})(?:[-_](?P<part>(?:mis)?matched))?")


@dataclass(frozen=True)
class TaskFile:
    """A file that is measured. name: its place in the folder of the suite."""

    name: str
    sha256: str


@dataclass
class TaskRows:
    """What the files of a task hold: what a model is asked, and what is true.

    asked: texts, or pairs of texts; questions with their passages. truth: classes, numbers, spans,
    or true answers. dropped: reason to number of rows that cannot be measured.
    """

    asked: list[Any] = field(default_factory=list)
    truth: list[Any] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)

    def add(self, asked: Any, truth: Any) -> None:
        self.asked.append(asked)
        self.truth.append(truth)


# ---------------------------------------------------------------- where they are


def find_task_files(suite: Suite, folder: Path, split: str = "dev") -> dict[str, list[Path]]:
    """The files of each task that is there: in a folder of the task, or beside those of others.

    Understood are the layouts of GLUE (CoLA/dev.tsv), of KLUE (ynat-v1.1/ynat-v1.1_dev.json) and of
    Hugging Face (cola/validation-00000-of-00001.parquet). Raises DataError where none is there.
    """
    if split not in SPLITS:
        raise ConfigError(
            "must be one of {known}; got {value!r}.",
            key="split",
            known=", ".join(SPLITS),
            value=split,
        )
    if not folder.is_dir():
        beside = folder.parent.iterdir() if folder.parent.is_dir() else ()
        raise DataError(
            "{path}: no such folder.{near} Give the folder of the suite's files: --data DIR",
            path=folder,
            near=nearest(folder.name, [path.name for path in beside if path.is_dir()]),
        )
    found = {task.name: _files_of(task, folder, split) for task in suite.tasks}
    found = {name: paths for name, paths in found.items() if paths}
    if not found:
        raise DataError(
            "{path}: holds no task of {suite}. Each lies in a folder of its name, as in "
            "{path}/{first}/{split}.tsv. Known: {known}.",
            path=folder,
            suite=suite.name,
            first=suite.tasks[0].run,
            split=split,
            known=", ".join(task.run for task in suite.tasks),
        )
    return found


def _files_of(task: SuiteTask, folder: Path, split: str) -> list[Path]:
    """The file of the split, or all its parts where it was cut into several."""
    beside = sorted(folder.iterdir())
    inner = [path for path in beside if path.is_dir() and task.is_called(path.name)]
    files = [file for path in inner for file in sorted(path.iterdir())]
    found = [file for file in files if _is_of(file, task, split)]
    found = found or [file for file in beside if _is_of(file, task, split, flat=True)]
    wholes = {path.parent / (_words(path) + format_of(path)) for path in found}
    if len(wholes) > 1:
        raise DataError(
            "{path}: which file is {task}? There are: {files}. Leave one.",
            path=folder,
            task=task.name,
            files=", ".join(str(path.relative_to(folder)) for path in found),
        )
    return found


def _is_of(path: Path, task: SuiteTask, split: str, flat: bool = False) -> bool:
    """Whether a file is this split of the task. flat: it lies in no folder of the task, and its
    own name says which task it is.
    """
    if not path.is_file() or format_of(path) not in FORMATS:
        return False
    found = _NAME.fullmatch(_words(path))
    if found is None or found["split"] not in SPLITS[split]:
        return False
    name = found["name"] or ("" if flat else path.parent.name)
    if not task.is_called(name):
        return False
    by_itself = plain(name) != plain(task.run)  # as `mnli_matched` says which part it is
    return (found["part"] or "") == task.part or (found["part"] is None and by_itself)


def _words(path: Path) -> str:
    """The name of a file, in small letters, without its format and the number of its part."""
    name = path.name.lower()
    return _SHARD.sub("", name[: name.rindex(format_of(path))])


def digest(path: Path) -> str:
    """SHA-256 of a file as it lies there."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---------------------------------------------------------------- what they hold


def read_task(task: SuiteTask, paths: Sequence[Path]) -> TaskRows:
    """All rows of a task. Raises DataError for a label that the task does not have, and where no
    row can be measured.
    """
    rows = TaskRows()
    for path in paths:
        READERS[task.kind](task, path, rows)
    if not rows.asked:
        raise DataError(
            "{path}: none of its rows can be measured. Dropped: {dropped}.",
            path=paths[0],
            dropped=", ".join(f"{why} {n}" for why, n in rows.dropped.items()) or "0",
        )
    return rows


def _read_labelled(task: SuiteTask, path: Path, rows: TaskRows) -> None:
    """Texts, or pairs of texts, with a class or a number."""
    header, (text, second, target) = _columns(task, path)
    wanted = [column for column in (text, second, target) if column]
    for row in read_rows(path, header=header, columns=wanted, strict=False):
        texts = [as_text(row.values.get(column)) for column in (text, second) if column]
        label = as_text(row.values.get(target))
        if row.problem or None in texts or label is None:
            rows.dropped[row.problem or "not_text"] += 1
        elif not all(one.strip() for one in texts if one is not None):
            rows.dropped["empty_text"] += 1
        else:
            asked = tuple(texts) if second else texts[0]
            rows.add(asked, _truth(task, row, as_written(label)))


def _truth(task: SuiteTask, row: Row, label: str) -> str | float:
    if task.kind == "score":
        try:
            value = float(label)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        raise DataError(
            "{path}: line {line}: {value!r} is no score of {task}.",
            path=row.file,
            line=row.line,
            value=label,
            task=task.name,
        )
    if (found := task.class_of(label)) is None:
        raise _unknown_label(task, row, label)
    return found


def _unknown_label(task: SuiteTask, row: Row, label: str) -> DataError:
    return DataError(
        "{path}: line {line}: {task} has no label {label!r}. It has: {known}, or their numbers, "
        "from 0. (A test part whose labels are kept secret often has -1.)",
        path=row.file,
        line=row.line,
        task=task.name,
        label=label,
        known=", ".join(task.labels),
    )


def _columns(task: SuiteTask, path: Path) -> tuple[bool, tuple[str, str, str]]:
    """Whether the file has a header line, and its columns of text, second text ("" for none) and
    target.
    """
    table = format_of(path) in (".tsv", ".csv")
    first = list(islice(read_rows(path, header=False, strict=False), 1 if table else PEEKED))
    if table:
        present = [str(cell).strip() for cell in first[0].values.values()]
    else:
        present = list(dict.fromkeys(name for row in first for name in row.values))
    names = (task.text, task.second, task.target)
    found = [next((n for n in group if n in present), "") for group in names]
    if all(column for column, group in zip(found, names, strict=True) if group):
        return True, (found[0], found[1], found[2])
    if task.by_number and table and len(present) > max(task.by_number):
        return False, (str(task.by_number[0]), "", str(task.by_number[1]))
    raise DataError(
        "{path}: not the columns of {task}: {wanted}. It has: {columns}.",
        path=path,
        task=task.name,
        wanted=", ".join("/".join(group) for group in names if group),
        columns=", ".join(present) or "-",
    )


def _read_entities(task: SuiteTask, path: Path, rows: TaskRows) -> None:
    """Texts with a tag for each character."""
    numbered = [f"{letter}-{label}" for label in task.labels for letter in "BI"]
    data = TaggedData(
        train=str(path), test=str(path), level="characters", scheme="bio", names=[*numbered, "O"]
    )
    for found in read_tagged(data, "test"):
        if found.problem:
            rows.dropped[found.problem] += 1
            continue
        for span in found.pair.spans:
            if span.label not in task.labels:
                raise _unknown_label(task, found.row, span.label)
        rows.add(found.pair.text, found.pair.spans)


def _read_answers(task: SuiteTask, path: Path, rows: TaskRows) -> None:
    """Questions with their passages."""
    for found in read_questions(QuestionData(train=str(path), test=str(path)), "test"):
        if found.problem:
            rows.dropped[found.problem] += 1
        else:
            rows.add((found.pair.question, found.pair.context), found.pair.answers)


READERS: dict[str, Callable[[SuiteTask, Path, TaskRows], None]] = {
    "label": _read_labelled,
    "score": _read_labelled,
    "entities": _read_entities,
    "answers": _read_answers,
}
