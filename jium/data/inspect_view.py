"""The report of `inspect` on a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from jium.data.inspect import Column, Report
from jium.messages import say


def render(report: Report) -> Group:
    """The report as tables and lines, for `rich`, in the language of the person."""
    parts: list[RenderableType] = [Text(line) for line in _heading(report)]
    parts += [_columns(report), _first_rows(report)]
    if report.command:
        parts += [Text(say("To train a translator on it:")), Text("  " + report.command, "bold")]
    else:
        parts.append(Text(say("No two columns look like a source and a target.")))
    return Group(*parts)


def _heading(report: Report) -> list[str]:
    lines = [
        say(
            "{path}: {format}, {files} file(s), {rows} rows, {duplicates} of them duplicates",
            path=report.path,
            format=report.format,
            files=report.files,
            rows=f"{report.rows:,}",
            duplicates=f"{report.duplicates:,}",
        )
    ]
    if report.headerless:
        lines.append(say("The first line looks like data, so columns are named by number."))
    if report.problems:
        lines.append(say("Rows that cannot be read: {reasons}", reasons=_counts(report.problems)))
    return lines


def _columns(report: Report) -> Table:
    table = Table(
        say("column"),
        say("type"),
        say("empty"),
        say("characters"),
        say("scripts"),
        say("odd"),
        caption=say("characters: shortest / median / 95 % / longest"),
    )
    for column in report.columns:
        table.add_row(
            Text(column.name),
            ", ".join(column.types),
            f"{column.empty:.1%}",
            _lengths(column),
            ", ".join(
                f"{name} {share:.0%}" for name, share in column.scripts.items() if share > 0.005
            ),
            _counts(column.odd),
        )
    return table


def _lengths(column: Column) -> str:
    lengths = (column.shortest, column.median, column.p95, column.longest)
    return " / ".join(f"{length:,}" for length in lengths)


def _first_rows(report: Report) -> Table:
    table = Table()
    for column in report.columns:
        table.add_column(Text(column.name))
    for row in report.first:
        table.add_row(*(Text(row.get(column.name, "")) for column in report.columns))
    return table


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
