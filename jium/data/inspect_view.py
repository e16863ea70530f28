"""The report of `inspect` on a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from jium.data.inspect import Report
from jium.data.inspect_column import Column
from jium.data.korean_sample import Korean
from jium.messages import language, say


def render(report: Report) -> Group:
    """The report as tables and lines, for `rich`, in the language of the person."""
    parts: list[RenderableType] = [Text(line) for line in _heading(report)]
    parts += [_columns(report), *_korean(report), _first_rows(report)]
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
        say("repeated"),
        say("odd"),
        caption=say("characters: shortest / median / 95 % / longest")
        + "\n"
        + say("repeated: letter for letter / but for case, spaces and punctuation"),
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
            f"{column.repeated:,} / {column.repeated_loosely:,}",
            _counts(column.odd),
        )
    return table


def _lengths(column: Column) -> str:
    lengths = (column.shortest, column.median, column.p95, column.longest)
    return " / ".join(f"{length:,}" for length in lengths)


def _korean(report: Report) -> list[RenderableType]:
    """How each Korean column is written, or what is needed to tell."""
    written = [(column.name, column.korean) for column in report.columns if column.korean]
    if not written and any({"ko", "mixed"} & column.languages.keys() for column in report.columns):
        return [Text(say('Spacing and speech levels are told by Kiwi: pip install "jium[ko]"'))]
    return [Text(line) for name, korean in written for line in _korean_lines(name, korean)]


def _korean_lines(column: str, korean: Korean) -> list[str]:
    return [
        say(
            "{column}: spacing as Kiwi's at {spacing:.1%} of places, F1 of spaces {f1:.1%} (a "
            "sample of {texts} texts)",
            column=column,
            spacing=korean.spacing,
            f1=korean.spaces_f1,
            texts=f"{korean.texts:,}",
        ),
        say(
            "{column}: speech levels of {sentences} sentences: {levels}; {mixed:.0%} of the texts "
            "mix levels",
            column=column,
            sentences=f"{korean.sentences:,}",
            levels=", ".join(f"{level_name(n)} {share:.0%}" for n, share in korean.levels.items()),
            mixed=korean.mixed,
        ),
    ]


def level_name(level: str) -> str:
    """A speech level in the language of the person: 해요체, or haeyo."""
    from jium.text.speech_level import LEVELS

    if level == "none":
        return say("no level")
    return LEVELS[level] if language() == "ko" else level


def _first_rows(report: Report) -> Table:
    table = Table()
    for column in report.columns:
        table.add_column(Text(column.name))
    for row in report.first:
        table.add_row(*(Text(row.get(column.name, "")) for column in report.columns))
    return table


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
