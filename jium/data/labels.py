"""Labelled texts: from a person's files to clean, split texts with the names of their classes.

A labelled text is kept as a pair: the text is its source, the name of its class its target. So it
is prepared as pairs are, streamed, and nothing is trained on that is measured on.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import field
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from jium.config import config, nearest
from jium.data.clean import as_text, cleaner
from jium.data.columns import by_number, guess
from jium.data.duplicates import fingerprint
from jium.data.pair_data import Pair, Paths
from jium.data.pair_rows import PairRow, as_written
from jium.data.pairs import Prepared, prepare
from jium.data.preparing import Preparation, Progress
from jium.data.sources import find_files, read_rows
from jium.data.split import Shares, Split
from jium.errors import ConfigError, DataError
from jium.text.normalise import Cleaning

PEEKED = 50  # rows looked at to learn which columns there are
MOST_CLASSES = 1000

# fmt: off
TEXT_NAMES = (
    "text", "document", "sentence", "review", "comment", "content", "tweet", "utterance",
    "글", "문장", "본문", "리뷰", "댓글", "내용",
)
LABEL_NAMES = (
    "label", "class", "category", "sentiment", "topic", "intent", "emotion",
    "라벨", "레이블", "분류", "감성", "감정", "주제",
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
        if by_number(*self.columns) and None in self.columns:
            raise ConfigError(
                "give text and label both by number (a file without a header line) or by name.",
                key="text",
            )
        for key in ("max_chars", "limit"):
            if (value := getattr(self, key)) is not None and value < 1:
                raise ConfigError("must be 1 or more; got {value}.", key=key, value=value)

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
        if reason := found.problem or _why_empty(text, label):
            return reason
        if split == "train" and len(text) > self.data.max_chars:
            return "too_long"
        if reason := self._why_known(found.pair, place):
            return reason
        twice = split == "train" and self.data.drop_duplicates
        if twice and not self.seen.add(fingerprint(text, label)):
            return "duplicate"
        if place == "train":
            self.classes[label] += 1
        return ""

    def check(self, out: Path) -> None:
        if not self.classes:
            raise DataError(
                "no text to train on, from {rows} rows. Dropped: {dropped}. See {path}.",
                rows=self.rows,
                dropped=self.reasons(),
                path=out / "dropped.jsonl",
            )
        if len(self.classes) == 1:
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


def find_label_columns(path: Path, present: list[str], data: LabelData) -> tuple[str, str]:
    """The text and label columns given, checked, or found among the usual names.

    Raises DataError, with what is there and what to type, for a column that is absent or in doubt.
    """
    found = []
    for side, given, names in zip(
        ("text", "label"), data.columns, (TEXT_NAMES, LABEL_NAMES), strict=True
    ):
        if given is not None and given not in present:
            raise DataError(
                "{path}: no column {column!r}.{near} It has: {columns}. Name one: data.{side}=...",
                path=path,
                column=given,
                near=nearest(given, present),
                columns=", ".join(present),
                side=side,
            )
        usual = [given] if given is not None else guess(present, names)
        if len(usual) != 1:
            raise DataError(
                "{path}: which column is the {side}? It has: {columns}. Name it: data.{side}=... "
                "(or data.text=0 data.label=1 where the first line is data already)",
                path=path,
                side=side,
                columns=", ".join(present) or "-",
            )
        found.append(usual[0])
    return found[0], found[1]


def _file(file: Path, data: LabelData, given: bool) -> Iterator[PairRow]:
    header = not by_number(*data.columns)
    rows = islice(read_rows(file, header=header, strict=False), PEEKED)
    present = list(dict.fromkeys(name for row in rows if not row.problem for name in row.values))
    columns = find_label_columns(file, present, data)
    clean = cleaner(data if data.clean else None)
    for row in read_rows(file, header=header, columns=columns, strict=False):
        text, label = (as_text(row.values.get(column)) for column in columns)
        if row.problem or text is None or label is None:
            yield PairRow(row, Pair("", ""), given, row.problem or "not_text")
            continue
        label = as_written(label)
        yield PairRow(row, Pair(clean(text), data.names.get(label, label)), given)


def _why_empty(text: str, label: str) -> str:
    if not text.strip():
        return "empty_text"
    return "" if label.strip() else "empty_label"
