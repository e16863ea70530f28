"""What commands read and print."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jium.errors import DataError


def inputs(texts: list[str] | None, file: Path | None) -> Iterator[str]:
    """The texts a person gave, one by one, in order."""
    if not texts and file is None and sys.stdin.isatty():
        raise DataError(
            'no text. Give some as arguments, with --file FILE, or "-" to read standard input.'
        )
    for text in texts or ([] if file else ["-"]):
        if text == "-":
            yield from _standard_input()
        else:
            yield text
    if file is not None:
        from jium.data.lines import read_lines

        yield from (line or "" for _, line in read_lines(file))


def _standard_input() -> Iterator[str]:
    """Lines of standard input, which must be UTF-8 whatever the locale says."""
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            yield line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise DataError(
                "standard input: line {number} is not UTF-8 ({error}). Convert it first: "
                "iconv -f CP949 -t UTF-8",
                number=number,
                error=error.reason,
            ) from error


def chunks(texts: Iterator[str], size: int = 256) -> Iterator[list[str]]:
    from itertools import islice

    while chunk := list(islice(texts, size)):
        yield chunk


def file_texts(files: list[Path], columns: list[str] | None) -> Iterator[str]:
    """Every text cell of some files."""
    from jium.data.sources import find_files, read_rows

    for given in files:
        for file in find_files(given):
            for row in read_rows(file, columns=columns):
                yield from (value for value in row.values.values() if isinstance(value, str))


def show(what: Any) -> None:
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 120).print(what)


def task_of(run: Path | str, verb: str) -> Any:
    """The task of a run. Raises ConfigError where it does not know the verb."""
    from jium.errors import ConfigError
    from jium.tasks import load

    task = load(run)
    if not hasattr(task, verb):
        raise ConfigError(
            '{run}: was made for the task "{task}", which does not know "{verb}".',
            run=run,
            task=task.about()["task"],
            verb=verb,
        )
    return task
