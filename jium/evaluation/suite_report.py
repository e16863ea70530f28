"""What measuring a suite found, for programs and for people, beside what others published."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from jium.config import Values
from jium.errors import DataError
from jium.evaluation.published import PUBLISHED
from jium.evaluation.score import Score, score_from_values, score_to_values
from jium.evaluation.suite_files import TaskFile
from jium.evaluation.suites import MNLI, Column, Suite, average, find_suite, merged_average
from jium.files import make_folder, write_text
from jium.messages import say


@dataclass(frozen=True)
class Measured:
    """One task. files: what was measured, in order. dropped: rows that could not be, by reason."""

    run: str
    files: list[TaskFile]
    rows: int
    dropped: dict[str, int]
    scores: list[Score]


@dataclass(frozen=True)
class SuiteReport:
    """Tasks that were measured, by name, and those that were not.

    no_file: tasks that are not on disk; no_run: those that no run was given for.
    """

    suite: Suite
    split: str
    tasks: dict[str, Measured] = field(default_factory=dict)
    no_file: list[str] = field(default_factory=list)
    no_run: list[str] = field(default_factory=list)
    against: dict[Column, float] = field(default_factory=dict)  # an earlier report

    @property
    def figures(self) -> dict[Column, float]:
        """The published figures, by column; only those that were measured."""
        found = {
            (task, score.name): score.value
            for task, measured in self.tasks.items()
            for score in measured.scores
        }
        return {column: found[column] for column in self.suite.columns if column in found}

    @property
    def counted(self) -> list[Column]:
        """The columns that the mean is taken over, as far as they were measured."""
        return [column for column in self.suite.counted if column in self.figures]

    @property
    def merges(self) -> bool:
        """Whether both parts of MNLI were measured, so that merging them changes the mean."""
        return all(name in self.tasks for name in MNLI)

    def averages(self, figures: dict[Column, float] | None = None) -> dict[str, float]:
        """The mean over `counted`, and, where it differs, that with MNLI merged first; of the
        figures here or of others.
        """
        values = self.figures if figures is None else figures
        if not all(column in values for column in self.counted):
            return {}
        means = {"mean": average(values, self.counted)}
        if self.merges:
            means["mean_mnli_merged"] = merged_average(values, self.counted)
        return means

    def values(self) -> Values:
        """Everything, as JSON holds it."""
        return {
            "suite": self.suite.name,
            "split": self.split,
            "tasks": {
                name: {
                    "run": one.run,
                    "rows": one.rows,
                    "dropped": one.dropped,
                    "files": [asdict(file) for file in one.files],
                    "scores": {score.name: score_to_values(score) for score in one.scores},
                }
                for name, one in self.tasks.items()
            },
            "averages": self.averages(),
            "averaged_over": [f"{task} {metric}" for task, metric in self.counted],
            "not_measured": {
                "no_file": self.no_file,
                "no_run": self.no_run,
                "no_task_in_jium": list(self.suite.left_out),
            },
        }

    # ------------------------------------------------------------ tables

    def measured(self) -> tuple[list[str], list[list[str]]]:
        """Each task, with its figures in the published order: header and rows."""
        header = [say("task"), say("run"), say("rows"), say("dropped"), say("scores")]
        rows = []
        for task in self.suite.tasks:
            if (one := self.tasks.get(task.name)) is None:
                continue
            scores = {score.name: score for score in one.scores}
            shown = [_shown(scores[name]) for name in task.metrics if name in scores]
            dropped = str(sum(one.dropped.values()))
            rows.append([task.name, one.run, str(one.rows), dropped, "  ".join(shown)])
        return header, rows

    def beside(self) -> tuple[list[str], list[list[str]]]:
        """The figures measured here, of an earlier report, and of others: header and rows."""
        columns = list(self.figures)
        tasks = [task for task, _ in columns]
        titles = [
            task if tasks.count(task) == 1 else f"{task} {metric}" for task, metric in columns
        ]
        means = [say("mean of {n}", n=len(self.counted))] if self.counted else []
        means += [say("MNLI merged")] if self.merges else []
        systems = {say("measured here"): self.figures}
        if self.against:
            systems[say("earlier report")] = self.against
        for row in PUBLISHED[self.suite.name]:
            systems[row.system] = row.figures(self.suite)
        rows = [
            [system, *(_cell(found.get(c)) for c in columns), *self._means(found, len(means))]
            for system, found in systems.items()
        ]
        return [say("system"), *titles, *means], rows

    def _means(self, figures: dict[Column, float], n: int) -> list[str]:
        found = list(self.averages(figures).values())
        return [_cell(value) for value in found] or ["-"] * n

    def notes(self) -> list[str]:
        """What a person must know to read the figures."""
        wanted = {task for task, _ in self.suite.counted}
        notes = [
            say(
                "The mean is over {n} of {all} tasks: {tasks}.",
                n=len(self.counted),
                all=len(wanted),
                tasks=", ".join(f"{task} {metric}" for task, metric in self.counted) or "-",
            ),
            say(
                "Measured here: the {split} part. Published: the hidden test part. They are near, "
                "not the same.",
                split=self.split,
            ),
        ]
        if self.no_file:
            notes.append(say("Not on disk: {tasks}.", tasks=", ".join(self.no_file)))
        if self.no_run:
            notes.append(say("No run given for: {tasks}.", tasks=", ".join(self.no_run)))
        if self.suite.left_out:
            left = ", ".join(self.suite.left_out)
            notes.append(say("Jium has no task for: {tasks}.", tasks=left))
        return notes

    def sources(self) -> list[str]:
        """Where the published figures stand."""
        return list(dict.fromkeys(row.source for row in PUBLISHED[self.suite.name]))

    def markdown(self) -> str:
        """The whole report for people."""
        files = [
            [name, file.name, file.sha256] for name, o in self.tasks.items() for file in o.files
        ]
        parts = [
            f"# {self.suite.name.upper()}",
            _markdown(*self.measured()),
            _markdown(*self.beside()),
            "\n".join(f"- {note}" for note in self.notes()),
            say("Published figures: {sources}", sources="; ".join(self.sources())),
            _markdown([say("task"), say("file"), "SHA-256"], files),
        ]
        return "\n\n".join(parts) + "\n"

    def tables(self) -> list[Table]:
        """Both tables, for a terminal."""
        return [_table(*self.measured()), _table(*self.beside())]

    def write(self, folder: Path) -> Path:
        """Write suite-NAME.json and suite-NAME.md; returns the latter's path."""
        folder = make_folder(folder)
        name = f"suite-{self.suite.name}"
        document = json.dumps(self.values(), ensure_ascii=False, indent=2)
        write_text(folder / f"{name}.json", document + "\n")
        write_text(folder / f"{name}.md", self.markdown())
        return folder / f"{name}.md"


def read_suite_report(path: Path) -> SuiteReport:
    """Undo `SuiteReport.write`. Raises DataError where the file is no such report."""
    try:
        values = json.loads(path.read_text("utf-8"))
        tasks = {name: _task(one) for name, one in values["tasks"].items()}
        suite, split = find_suite(values["suite"]), str(values["split"])
    except FileNotFoundError:
        raise DataError("{path}: no such file.{near}", path=path, near="") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(
            "{path}: is no report of a suite ({problem}). Give suite-NAME.json, which jium "
            "evaluate --suite writes.",
            path=path,
            problem=f"{type(error).__name__}: {error}",
        ) from error
    return SuiteReport(suite, split, tasks)


def _task(values: Values) -> Measured:
    files = [TaskFile(**file) for file in values["files"]]
    scores = [score_from_values(name, one) for name, one in values["scores"].items()]
    return Measured(values["run"], files, values["rows"], values["dropped"], scores)


def _shown(score: Score) -> str:
    near = score.interval
    between = f" [{near.low:.2f}, {near.high:.2f}]" if near else ""
    return f"{score.name} {score.value:.2f}{between}"


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _table(header: list[str], rows: list[list[str]]) -> Table:
    table = Table(*header, box=None)
    for row in rows:
        table.add_row(*row)
    return table


def _markdown(header: list[str], rows: list[list[str]]) -> str:
    lines: list[list[Any]] = [header, ["---"] * len(header), *rows]
    return "\n".join(
        f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in line)} |" for line in lines
    )
