"""The files of a suite on disk: found by their names, pinned by their digests.

A figure means something only beside figures of the same rows, so each file is named with its
SHA-256.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from jium.config import nearest
from jium.data.compressed import format_of
from jium.data.sources import FORMATS
from jium.errors import ConfigError, DataError
from jium.evaluation.suites import Suite, SuiteTask

PARTS: dict[str, tuple[str, ...]] = {  # of a data set, as files are named
    "dev": ("dev", "valid", "validation", "val"),
    "test": ("test",),
    "train": ("train",),
}
USUAL = ("dev", "test")  # what is measured: the first that is there
_SHARD = re.compile(r"[-_]\d+-of-\d+$")
_SPLIT = "|".join(name for names in PARTS.values() for name in names)
_NAME = re.compile(rf"(?:(?P<name>.+)[-_.])?(?P<split>{_SPLIT})(?:[-_](?P<part>(?:mis)?matched))?")


@dataclass(frozen=True)
class TaskFile:
    """A file that is measured. name: its place in the folder of the suite."""

    name: str
    sha256: str

    @classmethod
    def of(cls, path: Path, folder: Path) -> "TaskFile":
        """The file as it lies there."""
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(path.relative_to(folder).as_posix(), digest)


def find_task_files(suite: Suite, folder: Path, split: str | None = None) -> dict[str, list[Path]]:
    """The files of each task that is there: in a folder of the task, or beside those of others.

    Understood are the layouts of GLUE (CoLA/dev.tsv), of KLUE (ynat-v1.1/ynat-v1.1_dev.json) and of
    Hugging Face (cola/validation-00000-of-00001.parquet). split: dev, test or train; None: dev, or
    test where a task has no dev. Raises DataError where no task is there.
    """
    if split is not None and split not in PARTS:
        raise ConfigError(
            "must be one of {known}; got {value!r}.",
            key="split",
            known=", ".join(PARTS),
            value=split,
        )
    if not folder.is_dir():
        beside = folder.parent.iterdir() if folder.parent.is_dir() else ()
        raise DataError(
            "{path}: no such folder.{near} Give the folder of the suite's files: --data DIR",
            path=folder,
            near=nearest(folder.name, [path.name for path in beside if path.is_dir()]),
        )
    wanted = USUAL if split is None else (split,)
    tried = {task.name: [_files_of(task, folder, one) for one in wanted] for task in suite.tasks}
    found = {name: next(filter(None, choices), []) for name, choices in tried.items()}
    if not any(found.values()):
        raise DataError(
            "{path}: holds no task of {suite}. Each lies in a folder of its name, as in "
            "{path}/{first}/{split}.tsv. Known: {known}.",
            path=folder,
            suite=suite.name,
            first=suite.tasks[-1].run,
            split=wanted[0],
            known=", ".join(suite.runs),
        )
    return {name: paths for name, paths in found.items() if paths}


def _files_of(task: SuiteTask, folder: Path, split: str) -> list[Path]:
    """The file of the split, or all its parts where it was cut into several."""
    beside = sorted(folder.iterdir())
    inner = [path for path in beside if path.is_dir() and task.is_called(path.name)]
    files = [file for path in inner for file in sorted(path.iterdir())]
    found = [file for file in files if _is_of(file, task, split, file.parent.name)]
    found = found or [file for file in beside if _is_of(file, task, split)]
    wholes = {path.parent / (_words(path) + format_of(path)) for path in found}
    if len(wholes) > 1:
        raise DataError(
            "{path}: which file is {task}? There are: {files}. Leave one.",
            path=folder,
            task=task.name,
            files=", ".join(path.relative_to(folder).as_posix() for path in found),
        )
    return found


def _is_of(path: Path, task: SuiteTask, split: str, folder: str = "") -> bool:
    """Whether a file is this split of the task. folder: what its folder is called, where that
    says which task it is; otherwise its own name must.
    """
    if not path.is_file() or format_of(path) not in FORMATS:
        return False
    found = _NAME.fullmatch(_words(path))
    if found is None or found["split"] not in PARTS[split]:
        return False
    name = found["name"] or folder
    if found["part"] is None:
        return task.is_alone(name)
    return found["part"] == task.part and task.is_called(name)


def _words(path: Path) -> str:
    """The name of a file, in small letters, without its format and the number of its part."""
    name = path.name.lower()
    return _SHARD.sub("", name[: name.rindex(format_of(path))])
