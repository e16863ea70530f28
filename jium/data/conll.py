"""Sentences in columns: a token and its tag a line, a blank line between sentences, as CoNLL's
shared tasks had them. The first cell of a line is the token, the last one the tag.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from jium.data.lines import read_lines
from jium.data.row import Row
from jium.errors import DataError
from jium.text.bio import part

DOCUMENT = "-DOCSTART-"
PEEKED = 1000  # lines looked at to learn whether sentences are parted by blank ones


def read_conll(path: Path) -> Iterator[Row]:
    """Stream the sentences of a file, each a row with the columns `tokens` and `tags` (lists); its
    line is that of its first token.

    Cells are parted by tabs where a line has one, else by spaces. Lines before a sentence that
    begin with # and do not end in a tag are notes. A sentence with a line of one cell has the
    problem "no_tag". Raises DataError where the first line of tokens is so.
    """
    sentence: list[list[str]] = []
    begins = 0
    problem = ""
    found = False
    for number, line in read_lines(path):
        if line is not None and not line.strip():
            if sentence or problem:
                yield _row(path, begins, sentence, problem)
            sentence, problem = [], ""
            continue
        if not sentence and not problem:
            begins = number
            if line is not None and _is_note(line):
                continue
        cells = _cells(line or "")
        if not found and len(cells) < 2:
            raise DataError(
                "{path}: line {line}: {text!r} is one cell; a token and its tag are needed, parted "
                "by a tab or a space, and a blank line between sentences.",
                path=path,
                line=number,
                text=(line or "")[:60],
            )
        found = True
        problem = problem or ("too_long" if line is None else "no_tag" if len(cells) < 2 else "")
        sentence.append(cells)
    if sentence or problem:
        yield _row(path, begins, sentence, problem)


def is_conll(path: Path) -> bool:
    """Whether a blank line stands between the lines of a file, as in no table."""
    after_blank = filled = False
    for _, line in islice(read_lines(path), PEEKED):
        if line is None or line.strip():
            if after_blank:
                return True
            filled = True
        after_blank = filled and line is not None and not line.strip()
    return False


def _is_note(line: str) -> bool:
    if line.startswith(DOCUMENT):
        return True
    letter, label = part(_cells(line)[-1])
    return line.startswith("#") and bool(label) and not letter


def _cells(line: str) -> list[str]:
    """The cells of a line; a token that is a space, before its tab, stays one."""
    if "\t" in line:
        return line.rstrip("\r\n\t ").split("\t")
    return line.split()


def _row(path: Path, line: int, sentence: list[list[str]], problem: str) -> Row:
    values = {"tokens": [c[0] for c in sentence if c], "tags": [c[-1] for c in sentence if c]}
    return Row(values, path, line, problem)
