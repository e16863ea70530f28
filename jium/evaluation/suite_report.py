"""What measuring a suite found, for programs and for people, beside what others published."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.table import Table
from rich.text import Text

from jium.config import Values
from jium.errors import DataError
from jium.evaluation.published import PUBLISHED
from jium.evaluation.report import markdown_table
from jium.evaluation.score import Score, score_from_values, score_to_values
from jium.evaluation.suite_files import TaskFile
from jium.evaluation.suites import MNLI, Column, Suite, average, find_suite, merged_average
from jium.files import make_folder, write_text
from jium.messages import say

Rows = tuple[list[str], list[list[str]]]  # the header of a table, and what stands under it


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

    no_file: tasks that are not on disk; no_run: those that no run was given for. earlier: the
    figures of a report of the same files.
    """

    suite: Suite
    tasks: dict[str, Measured]
    no_file: list[str] = field(default_factory=list)
    no_run: list[str] = field(default_factory=list)
    earlier: Mapping[Column, float] = field(default_factory=dict)

    @property
    def figures(self) -> dict[Column, float]:
        """The published figures, by column; only those that were measured."""
        found = {
            (name, score.name): score.value
            for name, task in self.tasks.items()
            for score in task.scores
        }
        return {column: found[column] for column in self.suite.columns if column in found}

    @property
    def counted(self) -> list[Column]:
        """The columns that the mean is taken over, as far as they were measured."""
        return [column for column in self.suite.counted if column in self.figures]

    def averages(self, figures: Mapping[Column, float] | None = None) -> dict[str, float]:
        """The mean over `counted`, and, where both parts of MNLI are in it, that with these merged
        first; of the figures here or of others. Nothing where one of them is missing.
        """
        values = self.figures if figures is None else figures
        if not self.counted or not all(column in values for column in self.counted):
            return {}
        means = {"mean": average(values, self.counted)}
        if {task for task, _ in self.counted} >= set(MNLI):
            means["mean_mnli_merged"] = merged_average(values, self.counted)
        return means

    # ------------------------------------------------------------ for programs

    def values(self) -> Values:
        """Everything, as JSON holds it."""
        return {
            "suite": self.suite.name,
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

    def write(self, folder: Path) -> None:
        """Write suite-NAME.json and suite-NAME.md."""
        folder = make_folder(folder)
        document = json.dumps(self.values(), ensure_ascii=False, indent=2)
        write_text(folder / f"suite-{self.suite.name}.json", document + "\n")
        write_text(folder / f"suite-{self.suite.name}.md", self.markdown())

    # ------------------------------------------------------------ for people

    def measured(self) -> Rows:
        """Each task, with its figures in the published order."""
        header = [say("task"), say("run"), say("file"), say("rows"), say("dropped"), say("scores")]
        rows = []
        for name, one in self.tasks.items():
            wanted = next(task.metrics for task in self.suite.tasks if task.name == name)
            scores = {score.name: score for score in one.scores}
            shown = [_shown(scores[metric]) for metric in wanted if metric in scores]
            files = ", ".join(file.name for file in one.files)
            dropped = sum(one.dropped.values())
            rows.append([name, one.run, files, str(one.rows), str(dropped), "\n".join(shown)])
        return header, rows

    def beside(self) -> Rows:
        """The figures measured here, of an earlier report, and of others."""
        tasks = [task for task, _ in self.figures]
        titles = [f"{t} {metric}" if tasks.count(t) > 1 else t for t, metric in self.figures]
        titles = [title.removeprefix(f"{self.suite.name.upper()}-") for title in titles]
        means = {"mean": say("mean of {n}", n=len(self.counted)), "merged": say("MNLI merged")}
        titles += list(means.values())[: len(self.averages())]
        systems = [
            (say("measured here"), self.figures),
            *([(say("earlier report"), self.earlier)] if self.earlier else []),
            *((row.system, row.figures(self.suite)) for row in PUBLISHED[self.suite.name]),
        ]
        return [say("system"), *titles], [[name, *self._row(found)] for name, found in systems]

    def _row(self, figures: Mapping[Column, float]) -> list[str]:
        means = self.averages(figures) or dict.fromkeys(self.averages())
        return [_cell(value) for value in (*map(figures.get, self.figures), *means.values())]

    def notes(self) -> list[str]:
        """What a person must know to read the figures."""
        counted = ", ".join(f"{task} {metric}" for task, metric in self.counted) or "-"
        told = {"n": len(self.counted), "all": len(self.suite.counted), "tasks": counted}
        notes = [
            say("The mean is over {n} of {all} tasks: {tasks}.", **told),
            say("Published figures are of hidden test parts: near, but not the same rows."),
        ]
        if self.no_file:
            notes.append(say("Not on disk: {tasks}.", tasks=", ".join(self.no_file)))
        if self.no_run:
            notes.append(say("No run given for: {tasks}.", tasks=", ".join(self.no_run)))
        left_out = ", ".join(self.suite.left_out)
        return [*notes, say("Jium has no task for: {tasks}.", tasks=left_out)]

    def markdown(self) -> str:
        """The whole report."""
        files = [[file.name, file.sha256] for one in self.tasks.values() for file in one.files]
        sources = dict.fromkeys(row.source for row in PUBLISHED[self.suite.name])
        parts = [
            f"# {self.suite.name.upper()}",
            markdown_table(*self.measured()),
            markdown_table(*self.beside()),
            "\n".join(f"- {note}" for note in self.notes()),
            say("Published figures: {sources}", sources="; ".join(sources)),
            markdown_table([say("file"), "SHA-256"], files),
        ]
        return "\n\n".join(parts) + "\n"

    def tables(self) -> list[Table]:
        """Both tables, for a terminal."""
        return [_table(*self.measured()), _table(*self.beside())]


def read_suite_report(path: Path) -> SuiteReport:
    """Undo `SuiteReport.write`. Raises DataError where the file is no such report."""
    try:
        values = json.loads(path.read_text("utf-8"))
        tasks = {name: _task(one) for name, one in values["tasks"].items()}
        return SuiteReport(find_suite(values["suite"]), tasks)
    except FileNotFoundError:
        raise DataError("{path}: no such file.{near}", path=path, near="") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(
            "{path}: is no report of a suite ({problem}). Give suite-NAME.json, which jium "
            "evaluate --suite writes.",
            path=path,
            problem=f"{type(error).__name__}: {error}",
        ) from error


def _task(values: Values) -> Measured:
    files = [TaskFile(**file) for file in values["files"]]
    scores = [score_from_values(name, one) for name, one in values["scores"].items()]
    return Measured(values["run"], files, values["rows"], values["dropped"], scores)


def _shown(score: Score) -> str:
    near = score.interval
    return f"{score.name} {score.value:.2f}" + (
        f" [{near.low:.2f}, {near.high:.2f}]" if near else ""
    )


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None)
    for number, title in enumerate(header):
        table.add_column(title, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*map(Text, row))  # a path may hold brackets
    return table
