"""Labelled texts: from a person's files to clean, split texts with what is to be said of them.

That is a class, several classes (or none), or a number; of one text, or of two. A labelled text is
kept as a pair: the text is its source, the name of its class its target. So it is prepared as pairs
are, streamed, and nothing is trained on that is measured on.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import field
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

from jium.config import config, nearest
from jium.data.clean import as_text, cleaner
from jium.data.columns import by_number, guess
from jium.data.duplicates import fingerprint
from jium.data.pair_data import Pair, Paths
from jium.data.pair_rows import PairRow, as_written
from jium.data.pairs import Prepared, prepare
from jium.data.preparing import Preparation, Progress
from jium.data.row import Row
from jium.data.sources import find_files, read_rows
from jium.data.split import Shares, Split
from jium.errors import ConfigError, DataError
from jium.ranges import at_least
from jium.text.normalise import Cleaning

PEEKED = 50  # rows looked at to learn which columns there are
MOST_CLASSES = 1000
SEPARATOR = "\t"  # between the classes of one text, which hold none

# fmt: off
TEXT_NAMES = (
    "text", "document", "sentence", "review", "comment", "content", "tweet", "utterance",
    "글", "문장", "본문", "리뷰", "댓글", "내용",
)
LABEL_NAMES = (
    "label", "class", "category", "sentiment", "topic", "intent", "emotion",
    "라벨", "레이블", "분류", "감성", "감정", "주제",
)
SCORE_NAMES = ("score", "similarity", "rating", "label", "점수", "유사도", "평점")
PAIR_NAMES = (
    ("sentence1", "sentence2"), ("premise", "hypothesis"), ("question1", "question2"),
    ("question", "sentence"), ("text1", "text2"), ("#1 string", "#2 string"),
)
# fmt: on


@config
class LabelData(Cleaning, Shares):
    """Where labelled texts come from, and what is done to them."""

    both_directions: ClassVar[bool] = False  # pairs have two; a label is not read

    train: Paths  # files or folders
    valid: Paths | None = None  # None: split off from train
    test: Paths | None = None
    folder: str | None = None  # where those files are; they are named relative to it
    text: str | int | None = None  # column by name; None: one of the usual names; 0, 1, ...: no
    label: str | int | None = None  # header line
    second: str | int | None = None  # the other text, where two are judged together
    gives: Literal["label", "labels", "score"] = "label"  # one class, several or none, a number
    classes: list[str] = field(default_factory=list)  # labels: a column each, with 1 or 0
    names: dict[str, str] = field(default_factory=dict)  # what a label is called: "1" = "positive"
    clean: bool = True  # False: none of the cleaning, texts stay as they stand
    max_chars: int = 100_000  # longer texts are not trained on
    drop_duplicates: bool = True  # texts that stand in train twice with the same label
    limit: int | None = None  # rows read of train at most: the first

    def __post_init__(self) -> None:
        for part in (Cleaning, Shares):
            part.__post_init__(self)
        if self.text is not None and self.text == self.label:
            raise ConfigError("is the text column too: {column!r}.", key="label", column=self.label)
        if self.classes and (self.gives != "labels" or self.label is not None):
            raise ConfigError(
                'are columns of 1 and 0: they need gives="labels", and no label column.',
                key="classes",
            )
        if by_number(*self.columns) and None in self.columns and not self.classes:
            raise ConfigError(
                "give text and label both by number (a file without a header line) or by name.",
                key="text",
            )
        at_least(1, max_chars=self.max_chars, limit=self.limit)

    @property
    def columns(self) -> tuple[str | None, str | None]:
        """Text and label, as text."""
        text, label = (None if c is None else str(c) for c in (self.text, self.label))
        return text, label

    def paths(self, split: str) -> list[str]:
        """The files and folders given for a split."""
        given: Paths | None = getattr(self, split)
        paths = [given] if isinstance(given, str) else given or []
        return [str(Path(self.folder or "") / path) for path in paths]


def prepare_labels(data: LabelData, out: str | Path, progress: Progress | None = None) -> Prepared:
    """Read, clean and split labelled texts into the folder `out`, as `pairs.prepare` does pairs.

    Raises DataError where there are no two classes to tell apart.
    """
    return prepare(data, out, progress, of=LabelPreparation)


def read_labelled(data: LabelData, split: Split) -> Iterator[PairRow]:
    """Stream what is given for a split, cleaned: the text as source, its label as target."""
    for path in data.paths(split):
        for file in find_files(path):
            yield from _file(file, data, given=split != "train")


class LabelPreparation(Preparation):
    """The work of preparing labelled texts."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.classes: Counter[str] = Counter()  # of the texts to train on

    def _read(self, split: Split) -> Iterator[PairRow]:
        rows = read_labelled(self.data, split)
        return islice(rows, self.data.limit) if split == "train" else rows

    def _why_drop(self, found: PairRow, split: Split, place: Split) -> str:
        text, label = found.pair.source, found.pair.target
        if reason := found.problem or _why_empty(text, label, self.data.gives):
            return reason
        if self.data.second is not None and not found.pair.second.strip():
            return "empty_second"
        if split == "train" and len(text) + len(found.pair.second) > self.data.max_chars:
            return "too_long"
        if reason := self._why_known(found.pair, place):
            return reason
        twice = split == "train" and self.data.drop_duplicates
        if twice and not self.seen.add(fingerprint(text, found.pair.second, label)):
            return "duplicate"
        if place == "train":
            several = self.data.gives == "labels"
            self.classes.update(filter(None, label.split(SEPARATOR)) if several else [label])
        return ""

    def check(self, out: Path) -> None:
        if not self.counts["train"]:
            raise DataError(
                "no text to train on, from {rows} rows. Dropped: {dropped}. See {path}.",
                rows=self.rows,
                dropped=self.reasons(),
                path=out / "dropped.jsonl",
            )
        if self.data.gives == "score":
            return
        if not self.classes:
            raise DataError(
                "none of the {n} texts to train on has a label. Is data.classes right?",
                n=self.counts["train"],
            )
        if len(self.classes) == 1 and self.data.gives == "label":
            raise DataError(
                "all {n} texts to train on have the label {label!r}; two classes at least are "
                "needed. Is data.label the right column?",
                n=self.counts["train"],
                label=next(iter(self.classes)),
            )
        if len(self.classes) > MOST_CLASSES:
            raise DataError(
                "{n} different labels, {label!r} among them; at most {most}. Is data.label the "
                "right column?",
                n=len(self.classes),
                label=next(iter(self.classes)),
                most=MOST_CLASSES,
            )


class LabelColumns(NamedTuple):
    """Where text, label and second text stand; labels: a column each class, where they have one."""

    text: str
    label: str | None
    second: str | None
    classes: tuple[str, ...] = ()

    @property
    def all(self) -> list[str]:
        """Every column that is read."""
        return [c for c in (self.text, self.label, self.second, *self.classes) if c is not None]


def find_label_columns(path: Path, present: list[str], data: LabelData) -> LabelColumns:
    """The columns given, checked, or found among the usual names.

    Raises DataError, with what is there and what to type, for a column that is absent or in doubt.
    """
    text, label = data.columns
    second = None if data.second is None else str(data.second)
    given = [("text", text), ("label", label), ("second", second)]
    for side, column in [*given, *(("classes", name) for name in data.classes)]:
        if column is not None and column not in present:
            raise DataError(
                "{path}: no column {column!r}.{near} It has: {columns}. Name one: data.{side}=...",
                path=path,
                column=column,
                near=nearest(column, present),
                columns=", ".join(present),
                side=side,
            )
    if text is None and second is None:
        text, second = usual_pair(present)
    usual = SCORE_NAMES if data.gives == "score" else LABEL_NAMES
    text = text or _only(path, present, "text", TEXT_NAMES, second)
    if label is None and not data.classes:
        label = _only(path, present, "label", usual, text, second)
    return LabelColumns(text, label, second, tuple(data.classes))


def usual_pair(present: list[str]) -> tuple[str | None, str | None]:
    """Two columns that usually hold two texts to be judged together, if there are such."""
    for first, second in PAIR_NAMES:
        if first in present and second in present:
            return first, second
    return None, None


def _only(
    path: Path, present: list[str], side: str, names: tuple[str, ...], *taken: str | None
) -> str:
    """The one column with a usual name. Raises DataError where there is none, or more."""
    usual = [column for column in guess(present, names) if column not in taken]
    if len(usual) != 1:
        raise DataError(
            "{path}: which column is the {side}? It has: {columns}. Name it: data.{side}=... "
            "(or data.text=0 data.label=1 where the first line is data already)",
            path=path,
            side=side,
            columns=", ".join(present) or "-",
        )
    return usual[0]


def _file(file: Path, data: LabelData, given: bool) -> Iterator[PairRow]:
    header = not by_number(*data.columns)
    rows = islice(read_rows(file, header=header, strict=False), PEEKED)
    present = list(dict.fromkeys(name for row in rows if not row.problem for name in row.values))
    columns = find_label_columns(file, present, data)
    clean = cleaner(data if data.clean else None)
    for row in read_rows(file, header=header, columns=columns.all, strict=False):
        yield _labelled(row, columns, data, clean, given)


def _labelled(
    row: Row, columns: LabelColumns, data: LabelData, clean: Callable[[str], str], given: bool
) -> PairRow:
    text = as_text(row.values.get(columns.text))
    second = as_text(row.values.get(columns.second)) if columns.second else ""
    label = None if row.problem else _label(row, columns, data)
    if row.problem or text is None or second is None or label is None:
        return PairRow(row, Pair("", ""), given, row.problem or "not_text")
    if data.gives == "score" and not _is_number(label):
        return PairRow(row, Pair("", ""), given, "not_a_number")
    return PairRow(row, Pair(clean(text), label, second=clean(second)), given)


def _label(row: Row, columns: LabelColumns, data: LabelData) -> str | None:
    """What is to be said of a text, as text: a class, classes with SEPARATOR between, a number."""
    if columns.classes:
        found = [c for c in columns.classes if _is_yes(row.values.get(c))]
    elif isinstance(value := row.values.get(columns.label or ""), list):
        if data.gives != "labels":
            return None
        found = [as_text(label) or "" for label in value]
    else:
        text = as_text(value)
        if text is None:
            return None
        found = [text] if text.strip() or data.gives != "labels" else []
    named = (as_written(label) for label in found)
    return SEPARATOR.join(data.names.get(label, label) for label in named)


def _is_yes(value: Any) -> bool:
    return str(value).strip().lower() in ("1", "1.0", "true", "yes", "y")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _why_empty(text: str, label: str, gives: str) -> str:
    if not text.strip():
        return "empty_text"
    return "" if label.strip() or gives == "labels" else "empty_label"
