"""Rows as questions, in NFC: tables, JSON Lines, Parquet, and the nested JSON of SQuAD.

An answer comes with the place where it stands. Where the passage says something else there, the
place is put right if the answer stands elsewhere in it, and what stands nowhere is no answer.
"""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from jium.config import nearest
from jium.data.clean import as_text
from jium.data.columns import guess
from jium.data.compressed import format_of
from jium.data.lines import read_text
from jium.data.question_data import Question, QuestionData
from jium.data.row import Row
from jium.data.sources import find_files, read_rows
from jium.data.split import Split
from jium.errors import DataError
from jium.text.composed import Composed

PEEKED = 50  # rows looked at to learn which columns there are

# fmt: off
NAMES: dict[str, tuple[str, ...]] = {
    "question": ("question", "query", "질문", "물음"),
    "context": ("context", "passage", "paragraph", "document", "지문", "본문", "문맥", "문단"),
    "answers": ("answers", "answer", "answers.text", "answer.text", "정답", "답", "답변"),
    "answer_starts": (
        "answer_starts", "answer_start", "answers.answer_start", "answer.answer_start", "starts",
        "start", "answer.start",
    ),
    "id": ("id", "guid", "question_id"),
    "title": ("title", "제목"),
    "is_impossible": ("is_impossible",),
}
# fmt: on
NEEDED = ("question", "context", "answers")
NONE = Question("", "")

Found = tuple[str, int | None]  # an answer, and where the file says that it begins


class QuestionRow(NamedTuple):
    """A row and the question in it; `problem` says why there is none.

    given: its split was given, by file.
    """

    row: Row
    pair: Question
    given: bool
    problem: str = ""


def read_questions(data: QuestionData, split: Split) -> Iterator[QuestionRow]:
    """Stream what is given for a split."""
    for path in data.paths(split):
        for file in find_files(path):
            yield from _file(file, data, given=split != "train")


def _file(file: Path, data: QuestionData, given: bool) -> Iterator[QuestionRow]:
    nested = _nested(file) if format_of(file) == ".json" else None
    columns = {name: name for name in NAMES} if nested is not None else _columns(file, data)
    wanted = [column for column in columns.values() if column]
    for row in read_rows(file, columns=wanted, strict=False) if nested is None else nested:
        yield _question_row(row, columns, given)


# ---------------------------------------------------------------- nested JSON


def _nested(file: Path) -> Iterator[Row] | None:
    """The questions of SQuAD's JSON (data, paragraphs, qas), a row each; None for a list of rows.

    Raises DataError, with the place, where a part is missing.
    """
    chunks = read_text(file)
    text = next(chunk for chunk in chunks if chunk.strip())
    if text.lstrip()[0] != "{":
        return None
    try:
        articles = json.loads(text + "".join(chunks))["data"]
    except (ValueError, RecursionError, KeyError) as error:
        raise DataError(
            "{path}: is neither a list of rows nor questions in the form of SQuAD ({error}): "
            '{{"data": [{{"paragraphs": [{{"context": ..., "qas": [...]}}]}}]}}.',
            path=file,
            error=repr(error) if isinstance(error, KeyError) else error,
        ) from error
    return _nested_rows(file, articles)


def _nested_rows(file: Path, articles: Any) -> Iterator[Row]:
    number = 0
    for a, article in enumerate(_list(file, articles, "data")):
        place = f"data[{a}].paragraphs"
        for p, paragraph in enumerate(_list(file, _get(article, "paragraphs"), place)):
            context, qas = _get(paragraph, "context"), _get(paragraph, "qas")
            for asked in _list(file, qas, f"{place}[{p}].qas"):
                number += 1
                values = {
                    "id": _get(asked, "id", _get(asked, "guid")),
                    "title": _get(article, "title"),
                    "context": context,
                    "question": _get(asked, "question"),
                    "answers": _get(asked, "answers", []),
                    "is_impossible": _get(asked, "is_impossible"),
                }
                yield Row(values, file, number)
    if not number:
        raise DataError("{path}: holds no question.", path=file)


def _get(part: Any, name: str, default: Any = None) -> Any:
    return part.get(name, default) if isinstance(part, dict) else default


def _list(file: Path, part: Any, place: str) -> list[Any]:
    if not isinstance(part, list):
        raise DataError(
            "{path}: {place} must be a list, as SQuAD has it; it is {found}.",
            path=file,
            place=place,
            found="missing" if part is None else type(part).__name__,
        )
    return part


# ---------------------------------------------------------------- columns


def _columns(file: Path, data: QuestionData) -> dict[str, str]:
    """Our name for a column to the one in the file; "" for one that may be absent, and is."""
    rows = islice(read_rows(file, strict=False), PEEKED)
    present = list(dict.fromkeys(name for row in rows if not row.problem for name in row.values))
    return {name: _find(file, present, getattr(data, name, None), name) for name in NAMES}


def _find(file: Path, present: list[str], given: str | None, name: str) -> str:
    if given is not None and given not in present:
        raise DataError(
            "{path}: no column {column!r}.{near} It has: {columns}. Name one: {key}",
            path=file,
            column=given,
            near=nearest(given, present),
            columns=", ".join(present),
            key=f"data.{name}=...",
        )
    exact = [column for column in present if column.strip().lower() in NAMES[name]]
    found = [given] if given else exact or guess(present, NAMES[name])
    if len(found) > 1 or (not found and name in NEEDED):
        raise DataError(
            "{path}: which column is the {what}? It has: {columns}. Name it: {key}",
            path=file,
            what=name,
            columns=", ".join(present) or "-",
            key=f"data.{name}=...",
        )
    return found[0] if found else ""


# ---------------------------------------------------------------- a row


def _question_row(row: Row, columns: dict[str, str], given: bool) -> QuestionRow:
    if row.problem:
        return QuestionRow(row, NONE, given, row.problem)
    values = {name: row.values.get(column) for name, column in columns.items()}
    texts = [as_text(values[name]) for name in ("question", "context", "id", "title")]
    answers = _answers(values["answers"], values["answer_starts"])
    question, context, *about = (text or "" for text in texts)
    if None in texts or answers is None:
        return QuestionRow(row, NONE, given, "not_text" if None in texts else "bad_answers")
    for name, text in (("empty_question", question), ("empty_context", context)):
        if not text.strip():
            return QuestionRow(row, NONE, given, name)
    if values["is_impossible"] in (True, "true", "True"):
        answers = []  # SQuAD 2 may still name a plausible one
    composed = Composed.of(context)
    placed = [place_answer(composed, *answer) for answer in answers]
    kept = {(text, start): moved for text, start, moved in filter(None, placed)}
    if answers and not kept:
        return QuestionRow(row, NONE, given, "answer_not_there")
    found = Question(
        question=unicodedata.normalize("NFC", question),
        context=composed.text,
        answers=tuple(answer for answer, _ in kept),
        starts=tuple(start for _, start in kept),
        id=about[0],
        title=about[1],
        moved=sum(kept.values()),
    )
    return QuestionRow(row, found, given)


def _answers(texts: Any, starts: Any) -> list[Found] | None:
    """The answers of a row with their places; None where they cannot be understood.

    One may be a value of its own, {"text": ..., "answer_start": ...}, or, in a table, a list of
    them written as JSON.
    """
    texts, starts = _values(texts), _values(starts, (int, float, str))
    if texts and all(isinstance(one, dict) for one in texts):
        starts = [one.get("answer_start", one.get("start")) for one in texts]
        texts = [one.get("text") for one in texts]
    texts = [as_text(text) for text in texts]
    if None in texts or len(starts) not in (0, len(texts)):
        return None
    places = [_number(start) for start in starts] or [None] * len(texts)
    return [(text, start) for text, start in zip(texts, places, strict=True) if text]


def _values(value: Any, kinds: Any = (str, dict)) -> list[Any]:
    """What a cell holds: a list, a list of such kinds written as JSON, or one value."""
    if isinstance(value, str) and value.startswith("["):
        try:
            found = json.loads(value)
        except ValueError:
            return [value]
        value = found if all(isinstance(one, kinds) for one in found) else [value]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return [] if value is None or value == "" else [value]


def _number(value: Any) -> int | None:
    try:
        number = float(value)  # a table may say 12.0
        return int(number) if number == int(number) else None
    except (TypeError, ValueError, OverflowError):
        return None


def place_answer(context: Composed, answer: str, start: int | None) -> tuple[str, int, bool] | None:
    """The answer, the character of the composed context at which it begins, and whether the file
    said otherwise; None where it stands nowhere, or in several places and the file names none.

    start: a place in the context as given. Of several places the one nearest to it is taken.
    """
    answer = unicodedata.normalize("NFC", answer)
    if start is not None:
        start = context.inside(start, start + 1)[0] if 0 <= start < context.begins[-1] else start
        if start >= 0 and context.text.startswith(answer, start):
            return answer, start, False
    answer = answer if answer in context.text else answer.strip()
    places = list(_places(context.text, answer)) if answer else []
    if not places or (start is None and len(places) > 1):
        return None
    place = places[0] if start is None else min(places, key=lambda at: abs(at - start))
    return answer, place, start is not None


def _places(context: str, answer: str) -> Iterator[int]:
    at = context.find(answer)
    while at >= 0:
        yield at
        at = context.find(answer, at + 1)
