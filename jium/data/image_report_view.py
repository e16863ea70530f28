"""The card of a set of pictures as text: Markdown, in the language of the person."""

from collections.abc import Sequence
from typing import NamedTuple

from jium.data.image_report import EXAMPLES, OTHER, ImageReport
from jium.messages import say

NAMED = 5  # pictures of a group of copies


class Section(NamedTuple):
    """A part of the card: a title, lines, and a table with its heads."""

    title: str
    lines: Sequence[str] = ()
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def title_of(report: ImageReport) -> str:
    """What the card is of."""
    return say("Pictures: {path}", path=report.path)


def markdown(report: ImageReport) -> str:
    """The whole card."""
    parts = [f"# {title_of(report)}"]
    for section in sections(report):
        parts.append(f"## {section.title}")
        parts += section.lines
        if section.rows:
            table = [section.heads, ["---"] * len(section.heads), *section.rows]
            parts.append("\n".join(f"| {' | '.join(map(_cell, row))} |" for row in table))
    return "\n\n".join(parts) + "\n"


def sections(report: ImageReport) -> list[Section]:
    """The parts of the card, in their order."""
    return [
        Section(say("What is here"), _heading(report)),
        _counted(report, say("Topics"), say("topic"), report.topics, _told_by_words()),
        _counted(report, say("Styles"), say("style"), report.styles),
        _counted(report, say("Languages of captions"), say("language"), report.languages),
        *(
            _counted(report, say("Classes: {name}", name=name), say("class"), counts)
            for name, counts in report.labels.items()
        ),
        _counted(report, say("Sizes"), say("width x height"), report.sizes, _sides(report)),
        _copies(report),
        _counted(report, say("Licences"), say("licence"), report.licences, _rights(report)),
        _removed(report),
    ]


def _heading(report: ImageReport) -> list[str]:
    lines = [
        say(
            "{pictures} pictures, {captioned} of them with captions: {captions} in all, {distinct} "
            "different ones.",
            pictures=f"{report.pictures:,}",
            captioned=f"{report.captioned:,}",
            captions=f"{report.captions:,}",
            distinct=f"{report.distinct:,}",
        )
    ]
    if report.column:
        lines.append(say("The pictures stand in the column {column}.", column=report.column))
    return lines


def _told_by_words() -> list[str]:
    return [
        say("Told by the words of captions and classes, not by the pictures; one may have several.")
    ]


def _counted(
    report: ImageReport, title: str, head: str, counts: dict[str, int], lines: Sequence[str] = ()
) -> Section:
    whole = max(report.pictures, 1)
    rows = [[name_of(name), f"{n:,}", f"{n / whole:.1%}"] for name, n in counts.items()]
    return Section(title, lines, (head, say("pictures"), say("share")), rows)


def name_of(name: str) -> str:
    """What the words of the report are in the language of the person."""
    names = {
        OTHER: say("not told by words"),
        "Korean": say("Korean"),
        "Latin letters": say("Latin letters"),
        "other scripts": say("other scripts"),
        "no letters": say("no letters"),
        "not given": say("not given"),
        "people": say("people"),
        "landscape and city": say("landscape and city"),
        "art styles": say("art styles"),
        "objects": say("objects"),
        "animals": say("animals"),
        "science fiction": say("science fiction"),
    }
    return names.get(name, name)


def _sides(report: ImageReport) -> list[str]:
    shares = [f"{_shape(name)} {n:,}" for name, n in report.shapes.items()]
    return [
        say(
            "Sides from {shortest} to {longest} pixels, half of them up to {median}. {shapes}.",
            shortest=f"{report.sides[0]:,}",
            longest=f"{report.sides[2]:,}",
            median=f"{report.sides[1]:,}",
            shapes=", ".join(shares) or "-",
        )
    ]


def _shape(name: str) -> str:
    return {"wide": say("wide"), "tall": say("tall"), "square": say("square")}[name]


def _copies(report: ImageReport) -> Section:
    lines = [
        say(
            "{copies} pictures stand there twice, to the pixel. {near} more have a near copy, in "
            "{groups} groups, by two perceptual hashes: dHash within 3 bits of 64, and pHash "
            "within 8. They see shapes, not colours. {flat} of one colour are not compared.",
            copies=f"{report.copies:,}",
            near=f"{report.near:,}",
            groups=f"{len(report.near_groups):,}",
            flat=f"{report.flat:,}",
        )
    ]
    groups = [f"{', '.join(group[:NAMED])}" for group in report.near_groups[:EXAMPLES]]
    rows = [
        [f"{len(g):,}", names]
        for g, names in zip(report.near_groups[:EXAMPLES], groups, strict=True)
    ]
    return Section(say("Copies"), lines, (say("pictures"), say("the first of them")), rows)


def _rights(report: ImageReport) -> list[str]:
    if report.licence_files:
        files = ", ".join(report.licence_files)
        return [say("Files that say what may be done with them: {files}", files=files)]
    if set(report.licences) <= {"not given"}:
        return [
            say(
                "Nothing here says what may be done with these pictures. Find out before anything "
                "made of them is published."
            )
        ]
    return []


def _removed(report: ImageReport) -> Section:
    rows = [
        [reason, f"{n:,}", "; ".join(report.examples.get(reason, []))]
        for reason, n in report.removed.items()
    ]
    lines = [] if rows else [say("Nothing was removed.")]
    heads = (say("reason"), say("pictures"), say("such as"))
    return Section(say("What filters removed"), lines, heads, rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
