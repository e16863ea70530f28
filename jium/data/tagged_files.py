"""Files as tagged texts: which columns they stand in, what a tag belongs to, how tags are written.

All that is seen in the first rows of a file, as far as a person does not say it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from jium.config import nearest
from jium.data.compressed import format_of
from jium.data.conll import is_conll, read_conll
from jium.data.labels import PEEKED, TEXT_NAMES
from jium.data.row import Row
from jium.data.sources import read_rows
from jium.data.tagged_rows import Shape, TaggedRow, Unusable, as_list
from jium.errors import DataError
from jium.text.bio import Scheme, find_scheme, part

# fmt: off
TOKEN_NAMES = ("tokens", "words", "characters", "토큰", "단어", "음절")
TAG_NAMES = ("tags", "ner_tags", "bio_tags", "bio", "ner", "tag", "labels", "태그", "개체명_태그")
ENTITY_NAMES = ("entities", "entity", "spans", "ner_spans", "개체", "개체명")
# fmt: on


def read_tagged_file(file: Path, data: Any) -> Iterator[TaggedRow]:
    """The rows of a file. Raises DataError where its columns or its tags cannot be made out, and
    where most of its first rows cannot be used.

    data: a TaggedData, for what a person says of columns, scheme and level.
    """
    peeked = [row for row in islice(_rows(file), PEEKED) if not row.problem]
    shape = find_shape(file, peeked, data)
    _check_first(file, [shape.read(row) for row in peeked], shape)
    for row in _rows(file):
        yield shape.read(row)


def find_shape(file: Path, rows: Sequence[Row], data: Any) -> Shape:
    """How the first rows of a file say what their entities are."""
    present = list(dict.fromkeys(name for row in rows for name in row.values))
    tags = _column(file, present, "tags", data.tags, [ENTITY_NAMES, TAG_NAMES])
    values = [value for row in rows if (value := row.values.get(tags)) not in (None, [], "")]
    spans = _has_places(values[0]) if values else _plain(tags) in ENTITY_NAMES
    usual = [TEXT_NAMES] if spans else [TOKEN_NAMES, TEXT_NAMES]
    text = _column(file, [name for name in present if name != tags], "text", data.text, usual)
    if spans:
        return Shape(text, tags, "spans")
    tokens = isinstance(next((row.values.get(text) for row in rows), None), list)
    tokens = tokens or _plain(text) in TOKEN_NAMES
    scheme = data.scheme if data.scheme != "auto" else _scheme(file, rows, tags, data.names)
    units = [data.level] if data.level != "auto" else ["characters", "words"]
    shapes = [Shape(text, tags, unit, tokens, scheme, tuple(data.names)) for unit in units]
    if tokens and len(units) > 1:
        spaces = any(str(t).isspace() for row in rows for t in _list(row.values.get(text)))
        return shapes[0 if spaces else 1]
    return max(shapes, key=lambda shape: sum(not shape.read(row).problem for row in rows))


def _rows(file: Path) -> Iterator[Row]:
    kind = format_of(file)
    if kind == ".txt" or (kind == ".tsv" and is_conll(file)):
        return read_conll(file)
    return read_rows(file, strict=False)


def _column(
    file: Path, present: list[str], side: str, given: str | None, usual: Sequence[Sequence[str]]
) -> str:
    if given is not None and given not in present:
        raise DataError(
            "{path}: no column {column!r}.{near} It has: {columns}. Name one: data.{side}=...",
            path=file,
            column=given,
            near=nearest(given, present),
            columns=", ".join(present),
            side=side,
        )
    if given is not None:
        return given
    for names in usual:
        found = [name for name in present if _plain(name) in names]
        if len(found) == 1:
            return found[0]
        if found:
            break
    raise DataError(
        "{path}: which column is the {side}? It has: {columns}. Name it: data.text=... "
        "data.tags=... (tags as a list for each text, or entities with start, end and label)",
        path=file,
        side=side,
        columns=", ".join(present) or "-",
    )


def _plain(name: str) -> str:
    """`ner_tags` of `NER Tags` and `data.ner-tags`."""
    return re.sub(r"[\s-]+", "_", name.rsplit(".", 1)[-1].strip().lower())


def _has_places(value: Any) -> bool:
    first = next(iter(_list(value)), None)
    return isinstance(first, dict | list | tuple)


def _list(value: Any) -> list[Any]:
    try:
        return as_list(value, "")
    except Unusable:
        return []


def _scheme(file: Path, rows: Sequence[Row], column: str, names: Sequence[str]) -> Scheme:
    """How the tags of the first rows are written."""
    tags: dict[str, int] = {}  # with the first line of each
    for row in rows:
        for value in _list(row.values.get(column)):
            if isinstance(value, int) and not names:
                raise DataError(
                    "{path}: line {line}: the tags are numbers, such as {value}. Name them in "
                    'their order: data.names=["O", "B-PS", "I-PS", ...]',
                    path=file,
                    line=row.line,
                    value=value,
                )
            if isinstance(value, int):
                value = names[value] if 0 <= value < len(names) else "O"
            tags.setdefault("O" if value is None else str(value), row.line)
    if (scheme := find_scheme(tags)) is not None:
        return scheme
    bare = next(tag for tag in tags if part(tag)[1] and not part(tag)[0])
    raise DataError(
        "{path}: line {line}: no scheme has the tag {tag!r} beside {other!r}. Known: bio (B-PS "
        "I-PS O), bioes (B-PS I-PS E-PS S-PS O), io (PS O). Mend the tag, or give data.scheme=bio "
        "to leave out rows with others.",
        path=file,
        line=tags[bare],
        tag=bare,
        other=next(tag for tag in tags if part(tag)[0]),
    )


def _check_first(file: Path, rows: Sequence[TaggedRow], shape: Shape) -> None:
    """Raise DataError where most of the first rows cannot be used, with what is wrong in one."""
    wrong = [found for found in rows if found.problem not in ("", "empty_text")]
    if len(wrong) * 2 <= len(rows):
        return
    first = wrong[0]
    place = {"path": file, "line": first.row.line, "wrong": len(wrong), "rows": len(rows)}
    if first.problem == "tags_length":
        raise DataError(
            "{path}: line {line}: {n_tags} tags for {n_units} characters, and so in {wrong} of the "
            "first {rows} rows. Each character has a tag, spaces too; where each word has one, "
            "give data.level=words."
            if shape.unit == "characters"
            else "{path}: line {line}: {n_tags} tags for {n_units} words, and so in {wrong} of the "
            "first {rows} rows. Each word has a tag; where each character has one, give "
            "data.level=characters.",
            n_tags=first.found["n_tags"],
            n_units=first.found["n_units"],
            **place,
        )
    raise DataError(
        "{path}: line {line}: cannot be used: {problem} {found}, and so {wrong} of the first "
        "{rows} rows.",
        problem=first.problem,
        found=json.dumps(first.found, ensure_ascii=False),
        **place,
    )
