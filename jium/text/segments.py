"""Cutting a text into parts that a model can take, at the best places there are."""

import re
from collections.abc import Callable

# Where to cut, best first; the white space between two parts is a part of its own.
_PLACES = [re.compile(r"(\n+)"), re.compile(r"((?<=[.!?。！？…])\s+)"), re.compile(r"(\s+)")]


def segments(text: str, count: Callable[[str], int], room: int) -> list[str]:
    """Parts that, joined, are `text` again; each is white space, or at most `room` long by `count`.

    Lines always stand alone; within one, sentences, words and at last characters are kept together
    as far as there is room.
    """
    lines = [part for part in _PLACES[0].split(text) if part]
    return [part for line in lines for part in _cut(line, 1, count, room)]


def _cut(text: str, level: int, count: Callable[[str], int], room: int) -> list[str]:
    if text.isspace() or count(text) <= room:
        return [text]
    if level == len(_PLACES):
        half = len(text) // 2
        if not half:
            return [text]
        return [
            part for piece in (text[:half], text[half:]) for part in _cut(piece, level, count, room)
        ]
    pieces = [piece for piece in _PLACES[level].split(text) if piece]
    runs = _together(pieces, count, room)
    return [part for run in runs for part in _cut(run, level + 1, count, room)]


def _together(pieces: list[str], count: Callable[[str], int], room: int) -> list[str]:
    """Neighbours joined while they fit; white space between two runs stays apart."""
    runs: list[str] = []
    used = room + 1
    for piece in pieces:
        length = count(piece)
        if used + length <= room:
            runs[-1] += piece
            used += length
        else:
            runs.append(piece)
            used = room + 1 if piece.isspace() else length
    return [part for run in runs for part in re.split(r"(\s+$)", run) if part]
