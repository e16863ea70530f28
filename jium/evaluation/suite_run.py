"""Measuring models on a suite: a run for each task, one table for all."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jium.errors import DataError
from jium.evaluation.suite_files import TaskFile, find_task_files
from jium.evaluation.suite_models import Runs, find_runs, named_runs
from jium.evaluation.suite_report import Measured, SuiteReport, read_suite_report
from jium.evaluation.suite_rows import read_task
from jium.evaluation.suite_scores import check_run, figures
from jium.evaluation.suites import Column, Suite, SuiteTask, find_suite
from jium.tasks import load


def evaluate_suite(
    suite: str,
    runs: Runs | Sequence[str | Path],
    data: str | Path,
    *,
    split: str | None = None,
    out: str | Path | None = None,
    against: str | Path | None = None,
    samples: int = 1000,
    tell: Callable[[str, int], object] | None = None,
) -> SuiteReport:
    """Measure a suite on the files in the folder `data`: each task with its own run.

    suite: "glue" or "klue". runs: task names to run folders or task objects; or folders, as
    `find_runs` takes them. A task without files, or without a run, is left out and named so.
    split: dev, test or train; None: dev, or test where a task has no dev. out: where
    suite-NAME.json and suite-NAME.md go. against: an earlier suite-NAME.json; figures of other
    files cannot be set against each other, so that these must be the same. tell: is called with
    each task and its number of rows before it is measured.
    """
    chosen, folder = find_suite(suite), Path(data)
    given = named_runs(chosen, runs) if isinstance(runs, Mapping) else find_runs(chosen, runs)
    paths = find_task_files(chosen, folder, split)
    wanted = [task for task in chosen.tasks if task.name in paths and task.name in given]
    if not wanted:
        raise DataError(
            "no task of {suite} has both files and a run. Files: {files}. Runs: {runs}.",
            suite=suite,
            files=", ".join(paths),
            runs=", ".join(given) or "-",
        )
    pinned = {t.name: [TaskFile.of(path, folder) for path in paths[t.name]] for t in wanted}
    earlier = {} if against is None else _earlier(Path(against), chosen, pinned)
    # What is wrong with a run or a file is known in a minute, not after hours.
    for task, model in _models(wanted, given):
        check_run(task, model, _name(given[task.name]))
    rows = {task.name: read_task(task, paths[task.name]) for task in wanted}
    measured = {}
    for task, model in _models(wanted, given):
        found = rows[task.name]
        if tell is not None:
            tell(task.name, len(found.found))
        scores = figures(task, model, found, samples)
        about = _name(given[task.name]), pinned[task.name], len(found.found), dict(found.dropped)
        measured[task.name] = Measured(*about, scores)
    no_file = [task.name for task in chosen.tasks if task.name not in paths]
    no_run = [name for name in paths if name not in given]
    report = SuiteReport(chosen, measured, no_file, no_run, earlier)
    if out is not None:
        report.write(Path(out))
    return report


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


def _earlier(
    path: Path, suite: Suite, pinned: Mapping[str, list[TaskFile]]
) -> Mapping[Column, float]:
    """The figures of an earlier report. Raises DataError where a task in it, and here, was measured
    on other files.
    """
    earlier = read_suite_report(path)
    if earlier.suite != suite:
        raise DataError(
            "{path}: is a report of {suite}, not of {other}.",
            path=path,
            suite=earlier.suite.name,
            other=suite.name,
        )
    for name, now in pinned.items():
        before = earlier.tasks[name].files if name in earlier.tasks else now
        if [file.sha256 for file in now] != [file.sha256 for file in before]:
            raise DataError(
                "{task}: was measured on other files in {path}: {before}. Here: {now}. Figures of "
                "other files cannot be compared: give those again, or leave out --against.",
                task=name,
                path=path,
                before=_listed(before),
                now=_listed(now),
            )
    return earlier.figures


def _listed(files: Sequence[TaskFile]) -> str:
    return ", ".join(f"{file.name} (SHA-256 {file.sha256[:12]}...)" for file in files)
