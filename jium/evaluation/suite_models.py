"""Which run is for which task of a suite: by the names of folders, or as a person says."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jium.config import nearest
from jium.errors import ConfigError, RunError
from jium.evaluation.suites import Suite

Runs = Mapping[str, Any]  # name of a task to its run folder, or to a task object
RUN_FILES = ("config.json", "modules.json")


def find_runs(suite: Suite, given: Sequence[str | Path]) -> dict[str, Path]:
    """The run of each task, by the name of the task.

    given: TASK=RUN; a run folder called as its task is; or a folder that holds such run folders.
    Raises ConfigError for a name that no task has, and RunError where a folder is neither.
    """
    named: list[tuple[str, Path]] = []
    for one in map(str, given):
        name, path = _task_and_run(one)
        named += [(name, Path(path))] if name else _in_folder(suite, Path(path))
    return named_runs(suite, named)


def place_of(given: Sequence[str | Path]) -> Path:
    """Where the report of some runs goes: the folder that holds them all; of one, the run."""
    folders = [os.path.abspath(_task_and_run(str(one))[1]) for one in given]
    return Path(os.path.commonpath(folders))


def named_runs(suite: Suite, runs: Runs | Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Runs by the names of tasks as the suite has them; MNLI's serves both of its parts."""
    found: dict[str, Any] = {}
    for name, run in runs.items() if isinstance(runs, Mapping) else runs:
        tasks = suite.find(name)
        if not tasks:
            raise ConfigError(
                '{suite} has no task "{task}".{near} Known: {known}.',
                suite=suite.name,
                task=name,
                near=nearest(name.lower(), suite.runs),
                known=", ".join(suite.runs),
            )
        for task in tasks:
            if task.name in found:
                raise ConfigError(
                    "{task}: two runs are given, {first} and {second}. Give one.",
                    task=task.name,
                    first=found[task.name],
                    second=run,
                )
            found[task.name] = run
    return found


def _task_and_run(given: str) -> tuple[str, str]:
    """Both parts of TASK=RUN; of a folder "" and itself."""
    name, equals, path = given.partition("=")
    return (name, path) if equals and not Path(given).is_dir() else ("", given)


def _in_folder(suite: Suite, folder: Path) -> list[tuple[str, Path]]:
    if not folder.is_dir():
        raise RunError("{run}: no such run folder.", run=folder)
    if any((folder / name).is_file() for name in RUN_FILES):
        if suite.find(folder.name):
            return [(folder.name, folder)]
        raise RunError(
            "{run}: which task of {suite} is this run for? Say it: TASK={run}. Known: {known}.",
            run=folder,
            suite=suite.name,
            known=", ".join(suite.runs),
        )
    found = [path for path in sorted(folder.iterdir()) if path.is_dir() and suite.find(path.name)]
    if not found:
        raise RunError(
            "{run}: is no run, and holds none that is called as a task of {suite}. Known: {known}.",
            run=folder,
            suite=suite.name,
            known=", ".join(suite.runs),
        )
    return [(path.name, path) for path in found]
