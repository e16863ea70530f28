"""Rows of a data set, such as lists of dicts or what `datasets` gives, as packed batches.

A row has text, or input_ids that somebody has made already. What a collator has padded is unpadded
by its attention mask, so that both ways the model sees the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from jium.config import nearest
from jium.data.columns import guess
from jium.data.epochs import START, Position
from jium.data.labels import LABEL_NAMES, SCORE_NAMES, TEXT_NAMES, usual_pair
from jium.data.text_batches import TextBatch, TextRows
from jium.errors import DataError
from jium.objectives.loss import IGNORE
from jium.tasks.answer import Answerer
from jium.tasks.classify import Classifier
from jium.tasks.tag import Tagger
from jium.tasks.token_reader import Text, TokenReader
from jium.text.bio import tag_names
from jium.text.normalise import clean

Task = Classifier | Tagger | Answerer
Row = Mapping[str, Any]

TARGETS = ("labels", "label", "label_ids")
SPAN = ("start_positions", "end_positions")
FOR_MODELS = ("input_ids", "attention_mask", "token_type_ids", *TARGETS, *SPAN)
AT_ONCE = 1000  # texts encoded at a time


class Example(NamedTuple):
    """One text, or two, as the model reads it.

    said: what its row says of it, numbered as its rows number it: a class, (classes,) 0 or 1, a
    score, (time,) tags, or the (2,) places of a span; None where it says nothing.
    """

    ids: NDArray[np.int64]
    segments: NDArray[np.int64] | None
    said: Any = None


# ---------------------------------------------------------------- what rows hold


class Columns(NamedTuple):
    """Where a row has what; text is None where it has input_ids."""

    text: str | None
    second: str | None
    target: str | None
    span: bool


def find_columns(dataset: Any) -> Columns:
    """The columns of a data set. Raises DataError for one that has no length, no row or no text."""
    if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
        raise DataError(
            "a data set needs a length and rows by number; a {kind} has not. Give list(dataset).",
            kind=type(dataset).__name__,
        )
    if not len(dataset):
        raise DataError("a data set without a row.")
    if not isinstance(row := dataset[0], Mapping):
        raise DataError("a row must be a dict; got a {kind}.", kind=type(row).__name__)
    present = [str(name) for name in row]
    span = set(SPAN) <= set(present)
    target = next((name for name in TARGETS if name in present), None)
    if "input_ids" in present:
        return Columns(None, None, target, span)
    text, second = usual_pair(present)
    text = text or next(iter(guess(present, TEXT_NAMES)), None)
    if text is None:
        raise DataError(
            "rows have no text and no input_ids, but {columns}. Rename the column to text.",
            columns=", ".join(present),
        )
    if target is None:
        usual = [*guess(present, LABEL_NAMES), *guess(present, SCORE_NAMES)]
        target = next((name for name in usual if name not in (text, second)), None)
    return Columns(text, second, target, span)


def names_in(dataset: Any, column: str | None) -> list[str] | None:
    """The names of classes or tags that a `datasets.Dataset` knows, by number."""
    feature = (getattr(dataset, "features", None) or {}).get(column)
    names = getattr(feature, "names", None) or getattr(
        getattr(feature, "feature", None), "names", None
    )
    return names and [str(name) for name in names]


def rows_of(dataset: Any) -> Iterator[Row]:
    """The rows, in order."""
    return (dataset[number] for number in range(len(dataset)))


# ---------------------------------------------------------------- rows to examples


@dataclass
class RowReader:
    """Makes examples for a task; names: of its classes or tags, as the rows number them.

    order: (names,) the output of the model that each stands for.
    """

    task: Task
    names: list[str]

    def __post_init__(self) -> None:
        known = outputs(self.task)
        for name in self.names:
            if name not in known:
                raise DataError(
                    "label {label!r} is not one that the model has.{near} It has: {known}.",
                    label=name,
                    near=nearest(name, known),
                    known=", ".join(known[:30]),
                )
        self.order = np.array([known.index(name) for name in self.names], np.int64)
        config: Any = self.task.model.config
        self.max_len, self.vocab_size = int(config.max_len), int(config.vocab_size)

    def read(self, dataset: Any) -> list[Example]:
        """All rows, texts encoded with the frame of the task."""
        columns = find_columns(dataset)
        made = (self._encoded(row, columns) for row in rows_of(dataset))
        found = self._from_text(dataset, columns) if columns.text is not None else made
        return [self._checked(example, number) for number, example in enumerate(found)]

    def collated(self, batch: Mapping[str, Any]) -> list[Example]:
        """The texts of a padded batch: what its attention mask leaves of each row."""
        if "input_ids" not in batch:
            raise DataError("the collator must give input_ids; it gives {n}.", n=", ".join(batch))
        ids = np.asarray(batch["input_ids"])
        masks = np.asarray(batch.get("attention_mask", np.ones_like(ids))).astype(bool)
        columns = Columns(None, None, next((n for n in TARGETS if n in batch), None), False)
        columns = columns._replace(span=set(SPAN) <= set(batch))
        found = []
        for number, mask in enumerate(masks):
            row = {name: np.asarray(batch[name])[number] for name in FOR_MODELS if name in batch}
            example = self._encoded({**row, "attention_mask": mask}, columns)
            found.append(self._checked(example, number))
        return found

    def pack(self, examples: Sequence[Example], after: Position = START) -> TextBatch:
        """Texts in one row, what is said of them as the model numbers it."""
        targets = None
        if all(example.said is not None for example in examples):
            said = [example.said for example in examples]
            targets = self._by_token(said) if isinstance(self.task, Tagger) else self._by_text(said)
        rows = TextRows([(example.ids, example.segments) for example in examples], targets)
        return rows.batch(np.arange(len(examples)), after)

    # ------------------------------------------------------------ what is said of a row

    def _said(self, row: Row, columns: Columns) -> Any:
        task = self.task
        if isinstance(task, Answerer):
            return np.array([int(row[name]) for name in SPAN]) if columns.span else None
        if columns.target is None:
            return None
        given = row[columns.target]
        if isinstance(task, Tagger):
            return np.array([self._number(one) for one in given], np.int64)
        gives = task.gives
        if (np.ndim(given) > 0) != (gives == "labels"):
            raise DataError(
                "a row says {given!r}; the model gives a {gives}.", given=given, gives=gives
            )
        if gives == "label":
            return self._number(given)
        return float(given) if gives == "score" else self._several(given)

    def _number(self, given: Any) -> int:
        """The number of a class or tag, given so or by name."""
        if isinstance(given, str):
            if given in self.names:
                return self.names.index(given)
        elif given is not None and int(given) == given:
            ignored = given == IGNORE and isinstance(self.task, Tagger)
            if ignored or 0 <= given < len(self.names):
                return int(given)
        raise DataError(
            "label {label!r} is not one that the model has.{near} It has: {known}.",
            label=given if isinstance(given, str | None) else np.asarray(given).item(),
            near=nearest(str(given), self.names),
            known=", ".join(self.names[:30]),
        )

    def _several(self, given: Any) -> NDArray[np.int64]:
        """Of several classes a 0 or 1 each; names are those that apply."""
        if any(isinstance(one, str) for one in given):
            found = np.zeros(len(self.names), np.int64)
            found[[self._number(one) for one in given]] = 1
            return found
        if len(given) != len(self.names):
            raise DataError(
                "a row says {n} classes, and the model has {known}.",
                n=len(given),
                known=len(self.names),
            )
        return np.asarray(given).astype(np.int64)

    def _by_token(self, said: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
        return [np.where(tags == IGNORE, IGNORE, self.order[tags.clip(min=0)]) for tags in said]

    def _by_text(self, said: list[Any]) -> NDArray:
        if isinstance(self.task, Answerer):
            return np.stack(said)
        gives = self.task.gives if isinstance(self.task, Classifier) else ""
        if gives == "score":
            return np.array(said, np.float32)
        if gives == "label":
            return self.order[said]
        table = np.zeros((len(said), len(outputs(self.task))), np.int64)
        table[:, self.order] = said
        return table

    # ------------------------------------------------------------ what is read of a row

    def _encoded(self, row: Row, columns: Columns) -> Example:
        """A row that has input_ids already, without what its mask hides."""
        ids = np.asarray(row["input_ids"], np.int64)
        mask = np.asarray(row.get("attention_mask", np.ones_like(ids))).astype(bool)
        segments = np.asarray(row.get("token_type_ids", np.zeros_like(ids)), np.int64)[mask]
        said = self._said(row, columns)
        if isinstance(self.task, Tagger) and said is not None:
            if len(said) != len(ids):
                raise DataError(
                    "a row has {tags} labels for {tokens} tokens.", tags=len(said), tokens=len(ids)
                )
            said = said[mask]
        if isinstance(self.task, Answerer) and said is not None:
            said = np.array([int(mask[:place].sum()) for place in said])
        return Example(ids[mask], segments if segments.any() else None, said)

    def _from_text(self, dataset: Any, columns: Columns) -> Iterator[Example]:
        if not isinstance(self.task, Classifier):
            raise DataError(
                "tags and spans need rows with input_ids, whose tokens they count. A recipe reads "
                "them from texts: jium train entities-ko, jium train answers-ko."
            )
        reader = cast(TokenReader, self.task.reader)
        rows: list[Row] = []
        for row in rows_of(dataset):
            rows.append(row)
            if len(rows) == AT_ONCE:
                yield from self._texts(rows, columns, reader)
                rows = []
        yield from self._texts(rows, columns, reader)

    def _texts(self, rows: list[Row], columns: Columns, reader: TokenReader) -> Iterator[Example]:
        texts = [self._text(row, columns) for row in rows]
        for row, (ids, segments) in zip(rows, reader.encode(texts), strict=True):
            yield Example(ids, segments, self._said(row, columns))

    def _text(self, row: Row, columns: Columns) -> Text:
        names = [name for name in (columns.text, columns.second) if name is not None]
        texts = [str(row[name]) for name in names]
        if isinstance(self.task, Classifier) and self.task.cleaning is not None:
            texts = [clean(text, self.task.cleaning) for text in texts]
        return (texts[0], texts[1]) if len(texts) == 2 else texts[0]

    def _checked(self, example: Example, number: int) -> Example:
        if not len(example.ids):
            raise DataError("row {number}: there is no token in it.", number=number)
        if len(example.ids) > self.max_len:
            raise DataError(
                "row {number}: {n} tokens, and the model takes {max_len}. Truncate.",
                number=number,
                n=len(example.ids),
                max_len=self.max_len,
            )
        if example.ids.max() >= self.vocab_size or example.ids.min() < 0:
            raise DataError(
                "row {number}: has token {id}, and the model knows {n}. Encode with the tokenizer "
                "of the model.",
                number=number,
                id=int(example.ids.max()),
                n=self.vocab_size,
            )
        if isinstance(self.task, Answerer) and example.said is not None:
            start, end = example.said
            if not 0 <= start <= end < len(example.ids):
                raise DataError(
                    "row {number}: an answer from token {start} to {end} of {n}.",
                    number=number,
                    start=int(start),
                    end=int(end),
                    n=len(example.ids),
                )
        return example


def outputs(task: Task) -> list[str]:
    """The names of what a head gives, in its order."""
    if isinstance(task, Tagger):
        return tag_names(task.labels)
    return ["start", "end"] if isinstance(task, Answerer) else task.labels
