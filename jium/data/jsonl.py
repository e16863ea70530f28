"""JSON: .jsonl (an object a line) and .json (a list of objects), both streamed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jium.data.lines import MAX_LINE, read_lines, read_text
from jium.data.row import Row, flat
from jium.errors import DataError


def read_jsonl(path: Path) -> Iterator[Row]:
    """Stream the objects of a .jsonl, blank lines aside.

    A line that is not an object has the problem "not_json". Raises DataError where the first is so.
    """
    first = True
    for number, line in read_lines(path):
        if line is None:
            yield Row({}, path, number, "too_long")
        elif line.strip():
            values, error = _parse(line)
            if first and error:
                raise _not_object(path, number, error)
            problem = "not_json" if error else ""
            yield Row({"line": line} if error else flat(values), path, number, problem)
            first = False


def _parse(line: str) -> tuple[dict[str, Any], str]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {}, str(error)
    if not isinstance(values, dict):
        return {}, type(values).__name__
    return values, ""


def _not_object(path: Path, number: int, error: str) -> DataError:
    return DataError(
        "{path}: line {line}: is not a JSON object ({error}). A .jsonl has one a line, as in "
        '{{"source": "...", "target": "..."}}',
        path=path,
        line=number,
        error=error,
    )


def read_json(path: Path) -> Iterator[Row]:
    """Stream the objects of a .json that is a list of them. Raises DataError where it is not."""
    text = _Text(path)
    if text.peek() != "[":
        raise _not_list(path, f"it begins with {text.peek()!r}")
    text.skip()
    number = 0
    while text.peek() != "]":
        if number and text.skip() != ",":
            raise _not_list(path, f"no comma after object {number}")
        number += 1
        values = text.value(number)
        if not isinstance(values, dict):
            raise _not_list(path, f"item {number} is {type(values).__name__}")
        yield Row(flat(values), path, number)
    if not number:
        raise DataError("{path}: is empty.", path=path)


def _not_list(path: Path, found: str) -> DataError:
    return DataError(
        "{path}: is not a list of objects: {found}. Write [{{...}}, {{...}}], or one object a "
        "line and name the file .jsonl.",
        path=path,
        found=found,
    )


class _Text:
    """A window on the text of a file, wide enough for one value."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.chunks = read_text(path)
        self.window = ""
        self.start = 0
        self.decoder = json.JSONDecoder()

    def peek(self) -> str:
        """The next character that is not white space; "" at the end."""
        while True:
            while self.start < len(self.window):
                if not self.window[self.start].isspace():
                    return self.window[self.start]
                self.start += 1
            if not self._more(1):
                return ""

    def skip(self) -> str:
        character = self.peek()
        self.start += 1
        return character

    def value(self, number: int) -> Any:
        """The next JSON value. More text is read until it is whole, twice as much each time."""
        self.peek()
        size = 2**10
        while True:
            try:
                value, self.start = self.decoder.raw_decode(self.window, self.start)
                return value
            except (ValueError, RecursionError) as error:
                size *= 2
                if size > MAX_LINE or not self._more(size):
                    raise _not_list(self.path, f"item {number}: {error}") from error

    def _more(self, size: int) -> bool:
        """Widen the window by `size` characters or more; False at the end of the file."""
        parts = [self.window[self.start :]]
        added = 0
        while added < size and (chunk := next(self.chunks, "")):
            parts.append(chunk)
            added += len(chunk)
        self.window, self.start = "".join(parts), 0
        return added > 0
