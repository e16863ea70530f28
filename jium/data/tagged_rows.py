"""Rows as tagged texts: tags of characters or of words, or entities by their places.

text + tags       a tag for each character (spaces too), or for each word of the text
tokens + tags     words with tags, joined by spaces; or characters, joined as they are
text + entities   [{"start": 0, "end": 2, "label": "PS"}], or [[0, 2, "PS"]]
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jium.data.clean import as_text
from jium.data.row import Row
from jium.text.bio import Scheme, Span, fits, read_tags
from jium.text.composed import Composed

LABEL_KEYS = ("label", "type", "entity", "tag", "labels")


@dataclass(frozen=True)
class Tagged:
    """A text in NFC and the entities in it, by the order of their places, none over another."""

    text: str
    spans: tuple[Span, ...] = ()

    @property
    def source(self) -> str:
        """What decides its split."""
        return self.text


class TaggedRow(NamedTuple):
    """A row and what is in it; `problem` says why it is of no use.

    given: its split was given, by file. unit: what a tag belonged to. repaired: entities that began
    with an I. found: figures that explain the problem.
    """

    row: Row
    pair: Tagged
    given: bool = False
    problem: str = ""
    unit: str = ""
    repaired: int = 0
    found: dict[str, Any] = {}


@dataclass(frozen=True)
class Shape:
    """How a file says what its entities are.

    unit: what a tag belongs to; "spans" where places are given. tokens: the text stands as a list
    of units.
    """

    text: str
    tags: str
    unit: str = "characters"
    tokens: bool = False
    scheme: Scheme = "bio"
    names: Sequence[str] = field(default_factory=tuple)  # of tags that are numbers

    def read(self, row: Row) -> TaggedRow:
        """What is in a row."""
        if row.problem:
            return TaggedRow(row, Tagged(""), problem=row.problem)
        try:
            text, spans, repaired = self._parts(row)
            return TaggedRow(row, _composed(text, spans), unit=self.unit, repaired=repaired)
        except Unusable as why:
            return TaggedRow(row, Tagged(""), problem=why.reason, found=why.found)

    def _parts(self, row: Row) -> tuple[str, list[Span], int]:
        value = row.values.get(self.tags)
        if self.unit == "spans":
            text = self._text(row)
            return text, [_span(item, text) for item in as_list(value, "not_entities")], 0
        tags = [self._tag(tag) for tag in as_list(value, "not_tags")]
        text, units = self._units(row, len(tags))
        if len(tags) != len(units):
            raise Unusable("tags_length", n_tags=len(tags), n_units=len(units))
        spans, repaired = read_tags(tags, self.scheme)
        found = [Span(units[s.start][0], units[s.end - 1][1], s.label) for s in spans]
        return text, found, repaired

    def _text(self, row: Row) -> str:
        text = as_text(row.values.get(self.text))
        if text is None:
            raise Unusable("not_text")
        if not text.strip():
            raise Unusable("empty_text")
        return text

    def _units(self, row: Row, n_tags: int) -> tuple[str, list[tuple[int, int]]]:
        """The text, and the characters of each unit in it."""
        if self.tokens:
            value = row.values.get(self.text)
            return joined(as_list(value, "not_text"), "" if self.unit == "characters" else " ")
        text = self._text(row)
        if self.unit == "words":
            return text, [word.span() for word in re.finditer(r"\S+", text)]
        if len(text) != n_tags and len(unicodedata.normalize("NFC", text)) == n_tags:
            text = unicodedata.normalize("NFC", text)  # it was tagged so
        return text, [(place, place + 1) for place in range(len(text))]

    def _tag(self, value: Any) -> str:
        if isinstance(value, int) and self.names:
            value = self.names[value] if 0 <= value < len(self.names) else value
        tag = "O" if value is None else str(value)
        if not fits(tag, self.scheme):
            raise Unusable("unknown_tag", tag=tag)
        return tag


class Unusable(Exception):
    """A row is of no use, for a reason."""

    def __init__(self, reason: str, **found: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.found = found


def joined(tokens: Sequence[Any], between: str) -> tuple[str, list[tuple[int, int]]]:
    """Tokens as a text, and the characters of each in it."""
    places, end = [], -len(between)
    for token in map(str, tokens):
        start = end + len(between)
        end = start + len(token)
        places.append((start, end))
    text = between.join(map(str, tokens))
    if not text.strip():
        raise Unusable("empty_text")
    return text, places


def as_list(value: Any, reason: str) -> list[Any]:
    """A list, or text that stands for one: as JSON, or parted by spaces."""
    if isinstance(value, str) and value.lstrip().startswith("[") and "]" in value:
        try:
            value = json.loads(value)
        except ValueError:
            raise Unusable(reason) from None
    if isinstance(value, str):
        return value.split()
    if isinstance(value, list):
        return value
    raise Unusable(reason)


# ---------------------------------------------------------------- entities by their places


def _span(item: Any, text: str) -> Span:
    """An entity as a person gives it."""
    start: Any
    end: Any
    if isinstance(item, dict):
        label = next((item[key] for key in LABEL_KEYS if item.get(key)), None)
        start, end = item.get("start"), item.get("end")
    elif isinstance(item, list | tuple) and len(item) >= 3:
        start, end, label = item[:3]
    else:
        raise Unusable("not_entities", entity=item)
    if isinstance(label, list) and len(label) == 1:
        label = label[0]  # as Label Studio has it
    if not _whole(start) or not _whole(end) or not isinstance(label, str) or not label:
        raise Unusable("not_entities", entity=item)
    if not 0 <= start < end <= len(text):
        raise Unusable("outside_text", entity=item, n_characters=len(text))
    said = item.get("text") if isinstance(item, dict) else None
    if isinstance(said, str) and said != text[start:end]:
        raise Unusable("other_text", entity=item, text_there=text[start:end])
    return Span(start, end, label)


def _whole(place: Any) -> bool:
    return isinstance(place, int) and not isinstance(place, bool)


def _composed(text: str, spans: Sequence[Span]) -> Tagged:
    """In NFC, the spans moved with it."""
    whole = Composed.of(text)
    moved = sorted(Span(*whole.inside(s.start, s.end), s.label) for s in spans)
    for before, after in zip(moved, moved[1:], strict=False):
        if before.end > after.start:
            raise Unusable("overlap", entities=[list(before), list(after)])
    return Tagged(whole.text, tuple(moved))
