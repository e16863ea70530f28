"""Spans of text as tags, and back: B begins an entity, I goes on with it, O is outside of any
(Ramshaw and Marcus, 1995, https://arxiv.org/abs/cmp-lg/9505040).

Other ways to write the same are read: E and S (or L and U) for the last and the only unit of an
entity, bare labels, and the letter behind the label, as in PS-B.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

OUTSIDE = "O"
Scheme = Literal["bio", "bioes", "io"]
LETTERS: dict[Scheme, str] = {"bio": "BI", "bioes": "BIESLUM", "io": "I"}  # and no letter: io
_BEGINS, _ENDS = frozenset("BSU"), frozenset("ESLU")
_TAG = re.compile(r"([BIESLUM])[-_](.+)|(.+)[-_]([BIESLUM])", re.DOTALL)


class Span(NamedTuple):
    """From character `start` up to, and without, `end`: something called `label`."""

    start: int
    end: int
    label: str


# ---------------------------------------------------------------- reading tags


def part(tag: str) -> tuple[str, str]:
    """The letter of a tag and its label: ("B", "PS") of B-PS or PS_B, ("", "PS") of PS, ("", "")
    of O.
    """
    if tag in (OUTSIDE, ""):
        return "", ""
    found = _TAG.fullmatch(tag)
    if found is None:
        return "", tag
    before, label, other_label, behind = found.groups()
    return (before, label) if before else (behind, other_label)


def find_scheme(tags: Iterable[str]) -> Scheme | None:
    """How some tags are written; None where some have a letter and others have none."""
    letters = {letter for letter, label in map(part, tags) if label}
    if letters <= {""} or letters == {"I"}:
        return "io"
    if "" in letters:
        return None
    return "bio" if letters <= {"B", "I"} else "bioes"


def fits(tag: str, scheme: Scheme) -> bool:
    """Whether a tag can stand in texts that are tagged so."""
    letter, label = part(tag)
    return not label or (letter in LETTERS[scheme] if letter else scheme == "io")


def read_tags(tags: Sequence[str], scheme: Scheme = "bio") -> tuple[list[Span], int]:
    """The entities of units with tags, as spans of unit numbers, and how many of them began with an
    I (or E) that follows nothing of its label: it is read as a beginning, as CoNLL's scorer does.
    """
    spans: list[Span] = []
    repaired = 0
    open_label = ""  # of the last span, while it can go on
    for place, (letter, label) in enumerate(map(part, tags)):
        if label and label == open_label and letter not in _BEGINS:
            spans[-1] = spans[-1]._replace(end=place + 1)
        elif label:
            spans.append(Span(place, place + 1, label))
            repaired += scheme != "io" and letter not in _BEGINS
        open_label = "" if letter in _ENDS else label
    return spans, repaired


# ---------------------------------------------------------------- numbered tags


def tag_names(labels: Sequence[str]) -> list[str]:
    """The tags of some labels by number: O, then B and I of each label."""
    return [OUTSIDE, *(f"{letter}-{label}" for label in labels for letter in "BI")]


def to_tags(
    spans: Sequence[Span], starts: NDArray, ends: NDArray, labels: Sequence[str]
) -> NDArray[np.int64]:
    """The number of the tag of each unit, in the order of `tag_names`.

    starts, ends: (units,) the characters of each unit, in order. A unit belongs to a span where
    they share a character; of two spans in one unit the later one has it. A label that is not among
    `labels` is outside.
    """
    tags = np.zeros(len(starts), np.int64)
    numbers = {label: number for number, label in enumerate(labels)}
    for start, end, label in spans:
        first, last = np.searchsorted(ends, start, "right"), np.searchsorted(starts, end, "left")
        if label in numbers and first < last:
            tags[first:last] = 2 * numbers[label] + 2
            tags[first] -= 1
    return tags


def from_tags(tags: Sequence[int], labels: Sequence[str]) -> list[Span]:
    """The entities of numbered tags, as spans of unit numbers."""
    names = tag_names(labels)
    return read_tags([names[tag] for tag in tags])[0]
