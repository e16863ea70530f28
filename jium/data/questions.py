"""Questions on passages: from a person's files to split questions with their answers in place.

Questions on one passage stay together: a passage that is measured on is never trained on.
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from jium.data.duplicates import fingerprint
from jium.data.pairs import Prepared, prepare
from jium.data.preparing import Preparation, Progress
from jium.data.question_data import Question, QuestionData
from jium.data.question_rows import QuestionRow, read_questions
from jium.data.split import Split
from jium.errors import DataError

__all__ = ["Question", "QuestionData", "prepare_questions", "questions", "read_questions"]


def prepare_questions(
    data: QuestionData, out: str | Path, progress: Progress | None = None
) -> Prepared:
    """Read, check and split questions into the folder `out`, as `pairs.prepare` does pairs.

    Raises DataError where there is none to train on, or none with an answer.
    """
    return prepare(data, out, progress, of=QuestionPreparation)


def questions(prepared: Prepared, split: str) -> Iterator[Question]:
    """Stream the questions of a split from disk. Raises DataError for a split that is not there."""
    if split not in prepared.counts:
        raise DataError(
            "{path}: no split {split!r}. It has: {splits}.",
            path=prepared.folder,
            split=split,
            splits=", ".join(prepared.counts),
        )
    with open(prepared.folder / f"{split}.jsonl", encoding="utf-8", newline="\n") as file:
        for line in file:
            values = json.loads(line)
            yield Question(**values | {name: tuple(values[name]) for name in ("answers", "starts")})


class QuestionPreparation(Preparation):
    """The work of preparing questions."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.answered = 0  # of the questions to train on

    def _read(self, split: Split) -> Iterator[QuestionRow]:  # type: ignore[override]
        rows = read_questions(self.data, split)
        return islice(rows, self.data.limit) if split == "train" else rows

    def _texts(self, pair: Any) -> list[int]:
        """What must not be in two splits: the passage."""
        return [fingerprint(pair.context)]

    def _why_drop(self, found: Any, split: Split, place: Split) -> str:
        asked = found.pair
        if found.problem:
            return found.problem
        if split == "train" and len(asked.context) > self.data.max_chars:
            return "too_long"
        if reason := self._why_known(asked, place):
            return reason
        twice = split == "train" and self.data.drop_duplicates
        if twice and not self.seen.add(fingerprint(asked.question, asked.context)):
            return "duplicate"
        if place == "train":
            self.answered += bool(asked.answers)
        return ""

    def check(self, out: Path) -> None:
        if not self.counts["train"]:
            raise DataError(
                "no question to train on, from {rows} rows. Dropped: {dropped}. See {path}.",
                rows=self.rows,
                dropped=self.reasons(),
                path=out / "dropped.jsonl",
            )
        if not self.answered:
            raise DataError(
                "none of the {n} questions to train on has an answer. Is data.answers the right "
                "column?",
                n=self.counts["train"],
            )
