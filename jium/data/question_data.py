"""What a person says about their questions: the [data] section of a recipe, and one row of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from jium.config import config
from jium.data.pair_data import Paths
from jium.data.passages import Windows
from jium.data.split import Shares
from jium.ranges import at_least

COLUMNS = ("question", "context", "answers", "answer_starts", "id", "title")


@config
class QuestionData(Windows, Shares):
    """Where questions with their passages and answers come from.

    Nothing is cleaned, for an answer is a place in its passage: passages stay as they are written,
    but for NFC.
    """

    both_directions: ClassVar[bool] = False  # pairs have two; an answer is not read

    train: Paths  # files or folders
    valid: Paths | None = None  # None: split off from train, passage by passage
    test: Paths | None = None
    folder: str | None = None  # where those files are; they are named relative to it
    question: str | None = None  # columns by name; None: one of the usual names
    context: str | None = None
    answers: str | None = None
    answer_starts: str | None = None  # the first character of each answer in its passage, from 0
    id: str | None = None
    title: str | None = None
    max_chars: int = 100_000  # longer passages are not trained on
    drop_duplicates: bool = True  # questions that stand in train twice with the same passage
    limit: int | None = None  # questions read of train at most: the first

    def __post_init__(self) -> None:
        for part in (Windows, Shares):
            part.__post_init__(self)
        at_least(1, max_chars=self.max_chars, limit=self.limit)

    def paths(self, split: str) -> list[str]:
        """The files and folders given for a split."""
        given: Paths | None = getattr(self, split)
        paths = [given] if isinstance(given, str) else given or []
        return [str(Path(self.folder or "") / path) for path in paths]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its passage, and every answer that counts as true.

    answers: none where the passage does not answer it. starts: the first character of each in the
    context. moved: how many of them the file placed elsewhere.
    """

    question: str
    context: str
    answers: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()
    id: str = ""
    title: str = ""
    moved: int = 0

    @property
    def source(self) -> str:
        """The text that decides the split: questions on one passage stay together."""
        return self.context
