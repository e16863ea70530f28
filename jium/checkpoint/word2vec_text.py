"""The text format of word2vec: a line with the sizes, then a word and its numbers on each line.

gensim, fastText and the word2vec program read and write it. GloVe's files have no first line.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jium.data.lines import read_lines
from jium.errors import DataError
from jium.files import explained, whole_file

Line = tuple[int, str]


def read_vectors(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Words, in NFC, and their vectors, (words, dim).

    Raises DataError, naming the line, for a number that is none or not finite, a line of another
    length, a word that stands twice, and a file that ends too early.
    """
    lines = ((number, (line or "").rstrip()) for number, line in read_lines(path))
    first = next(lines)
    sizes = _sizes(first[1])
    rows = lines if sizes else chain([first], lines)
    dim = sizes[1] if sizes else len(first[1].split(" ")) - 1
    places: dict[str, int] = {}  # word to line
    vectors: list[NDArray[np.float32]] = []
    for number, line in rows:
        if not line:
            continue
        word, vector = _parse(path, number, line, dim)
        if word in places:
            raise DataError(
                "{path}: line {line}: the word {word!r} stands on line {first} already. Take one "
                "of the two out.",
                path=path,
                line=number,
                word=word,
                first=places[word],
            )
        places[word] = number
        vectors.append(vector)
    _check(path, len(vectors), sizes)
    return list(places), np.stack(vectors)


def write_vectors(path: Path, words: Sequence[str], vectors: NDArray[np.float32]) -> None:
    """Write the format; numbers are exact, so that reading them gives the same vectors."""
    row = " ".join(["%.9g"] * vectors.shape[1])
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(f"{len(words)} {vectors.shape[1]}\n")
        for word, vector in zip(words, vectors.tolist(), strict=True):
            file.write(f"{word} {row % tuple(vector)}\n")


def _sizes(line: str) -> tuple[int, int] | None:
    """(words, dim) of a first line that says so."""
    parts = line.split()
    if len(parts) == 2 and all(part.isdecimal() for part in parts):
        return int(parts[0]), int(parts[1])
    return None


def _parse(path: Path, number: int, line: str, dim: int) -> tuple[str, NDArray[np.float32]]:
    word, *values = line.split(" ")
    if len(values) != dim or not dim:
        raise DataError(
            "{path}: line {line}: {word!r} has {n} numbers; {dim} are needed.",
            path=path,
            line=number,
            word=word[:40],
            n=len(values),
            dim=dim or 1,
        )
    try:
        vector = np.array(values, np.float32)
    except ValueError as error:
        raise _not_a_number(path, number, word, _first_wrong(values)) from error
    if not np.isfinite(vector).all():
        wrong = values[int(np.argmin(np.isfinite(vector)))]
        raise _not_a_number(path, number, word, wrong)
    return unicodedata.normalize("NFC", word), vector


def _not_a_number(path: Path, number: int, word: str, value: str) -> DataError:
    return DataError(
        "{path}: line {line}: the vector of {word!r} holds {value!r}, which is not a finite "
        "number. Take the line out, or make the vectors anew.",
        path=path,
        line=number,
        word=word,
        value=value,
    )


def _first_wrong(values: Sequence[str]) -> str:
    def wrong() -> Iterator[str]:
        for value in values:
            try:
                float(value)
            except ValueError:
                yield value

    return next(wrong(), "")


def _check(path: Path, n_words: int, sizes: tuple[int, int] | None) -> None:
    if sizes and n_words != sizes[0]:
        raise DataError(
            "{path}: the first line says {wanted} words, but there are {n}. Copy or download it "
            "again.",
            path=path,
            wanted=sizes[0],
            n=n_words,
        )
    if not n_words:
        raise DataError("{path}: holds no vector.", path=path)
