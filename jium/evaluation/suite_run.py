"""Measuring models on a suite: a run for each task, one table for all."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jium.config import nearest
from jium.errors import ConfigError, DataError, RunError
from jium.evaluation.suite_files import TaskFile, digest, find_task_files, read_task
from jium.evaluation.suite_report import Measured, SuiteReport, read_suite_report
from jium.evaluation.suite_scores import check_run, figures
from jium.evaluation.suites import Suite, SuiteTask, find_suite
from jium.tasks import load

Runs = Mapping[str, Any]  # name of a task to its run folder, or to a task object
RUN_FILES = ("config.json", "modules.json")


def evaluate_suite(
    suite: str,
    runs: Runs | Sequence[str | Path],
    data: str | Path,
    *,
    split: str = "dev",
    out: str | Path | None = None,
    against: str | Path | None = None,
    samples: int = 1000,
    tell: Callable[[str, int], object] | None = None,
) -> SuiteReport:
    """Measure a suite on the files in the folder `data`: each task with its own run.

    suite: "glue" or "klue". runs: task names to run folders or task objects; or folders, as
    `find_runs` takes them. A task without files, or without a run, is left out and named so.
    out: where suite-NAME.json and suite-NAME.md go. against: an earlier suite-NAME.json; figures of
    other files cannot be set against each other, so that these must be the same. tell: is called
    with each task and its number of rows before it is measured.
    """
    chosen = find_suite(suite)
    given = named_runs(chosen, runs) if isinstance(runs, Mapping) else find_runs(chosen, runs)
    paths = find_task_files(chosen, Path(data), split)
    pinned = {name: _pinned(found, Path(data)) for name, found in paths.items()}
    earlier = _earlier(Path(against), chosen, split, pinned) if against is not None else None
    wanted = [task for task in chosen.tasks if task.name in paths and task.name in given]
    if not wanted:
        raise DataError(
            "no task of {suite} has both files and a run. Files: {files}. Runs: {runs}.",
            suite=suite,
            files=", ".join(paths),
            runs=", ".join(given) or "-",
        )
    report = SuiteReport(
        chosen,
        split,
        no_file=[task.name for task in chosen.tasks if task.name not in paths],
        no_run=[name for name in paths if name not in given],
        against=earlier.figures if earlier else {},
    )
    # What is wrong with a run or a file is known in a minute, not after hours.
    for task, model in _models(wanted, given):
        check_run(task, model, _name(given[task.name]))
    rows = {task.name: read_task(task, paths[task.name]) for task in wanted}
    for task, model in _models(wanted, given):
        found = rows[task.name]
        if tell is not None:
            tell(task.name, len(found.asked))
        scores = figures(task, model, found, samples)
        report.tasks[task.name] = Measured(
            _name(given[task.name]),
            pinned[task.name],
            len(found.asked),
            dict(found.dropped),
            scores,
        )
    if out is not None:
        report.write(Path(out))
    return report


# ---------------------------------------------------------------- which run is for which task


def find_runs(suite: Suite, given: Sequence[str | Path]) -> dict[str, Path]:
    """The run of each task, by the name of the task.

    given: TASK=RUN; a run folder called as its task is; or a folder that holds such run folders.
    Raises ConfigError for a name that no task has, and RunError where a folder is neither.
    """
    named: list[tuple[str, Path]] = []
    for one in map(str, given):
        name, equals, path = one.partition("=")
        if equals and not Path(one).is_dir():
            named.append((name, Path(path)))
        else:
            named += _in_folder(suite, Path(one))
    return named_runs(suite, named)


def place_of(given: Sequence[str | Path]) -> Path:
    """Where the report of some runs goes: the folder that holds them all; of one, the run."""
    folders = [str(one) if Path(one).is_dir() else str(one).partition("=")[2] for one in given]
    return Path(os.path.commonpath([os.path.abspath(folder) for folder in folders]))


def named_runs(suite: Suite, runs: Runs | Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Runs by the names of tasks as the suite has them; MNLI's serves both of its parts."""
    found: dict[str, Any] = {}
    for name, run in runs.items() if isinstance(runs, Mapping) else runs:
        tasks = suite.find(name)
        if not tasks:
            known = [task.run for task in suite.tasks]
            raise ConfigError(
                '{suite} has no task "{task}".{near} Known: {known}.',
                suite=suite.name,
                task=name,
                near=nearest(name.lower(), known),
                known=", ".join(dict.fromkeys(known)),
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


def _in_folder(suite: Suite, folder: Path) -> list[tuple[str, Path]]:
    if not folder.is_dir():
        raise RunError("{run}: no such run folder.", run=folder)
    known = ", ".join(dict.fromkeys(task.run for task in suite.tasks))
    if any((folder / name).is_file() for name in RUN_FILES):
        if suite.find(folder.name):
            return [(folder.name, folder)]
        raise RunError(
            "{run}: which task of {suite} is this run for? Say it: TASK={run}. Known: {known}.",
            run=folder,
            suite=suite.name,
            known=known,
        )
    found = [path for path in sorted(folder.iterdir()) if path.is_dir() and suite.find(path.name)]
    if not found:
        raise RunError(
            "{run}: is no run, and holds none that is called as a task of {suite}. Known: {known}.",
            run=folder,
            suite=suite.name,
            known=known,
        )
    return [(path.name, path) for path in found]


def _models(wanted: Sequence[SuiteTask], given: Runs) -> Iterator[tuple[SuiteTask, Any]]:
    """Each task with its model, one in memory at a time; a run that serves two tasks in a row is
    loaded once.
    """
    before, model = None, None
    for task in wanted:
        if given[task.name] is not before:
            before = given[task.name]
            model = load(before) if isinstance(before, str | Path) else before
        yield task, model


def _name(run: Any) -> str:
    return str(run) if isinstance(run, str | Path) else type(run).__name__


# ---------------------------------------------------------------- the same files as before


def _pinned(paths: Sequence[Path], folder: Path) -> list[TaskFile]:
    return [TaskFile(path.relative_to(folder).as_posix(), digest(path)) for path in paths]


def _earlier(
    path: Path, suite: Suite, split: str, pinned: Mapping[str, list[TaskFile]]
) -> SuiteReport:
    """An earlier report. Raises DataError where it was measured on other files."""
    earlier = read_suite_report(path)
    if (earlier.suite, earlier.split) != (suite, split):
        raise DataError(
            "{path}: is of {suite}, {split}; this is {other}, {other_split}.",
            path=path,
            suite=earlier.suite.name,
            split=earlier.split,
            other=suite.name,
            other_split=split,
        )
    for name, one in earlier.tasks.items():
        now = [file.sha256 for file in pinned.get(name, [])]
        if now != [file.sha256 for file in one.files]:
            raise DataError(
                "{task}: was measured on other files in {path}: {before}. Here: {now}. Figures of "
                "other files cannot be compared: give those again, or leave out --against.",
                task=name,
                path=path,
                before=_listed(one.files),
                now=_listed(pinned.get(name, [])),
            )
    return earlier


def _listed(files: Sequence[TaskFile]) -> str:
    return ", ".join(f"{file.name} (SHA-256 {file.sha256[:12]}...)" for file in files) or "-"
