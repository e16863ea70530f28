"""Sentences that are near in meaning: from a person's files to examples to train and measure on."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from jium.config import nearest
from jium.data.clean import as_text, cleaner
from jium.data.columns import SOURCE_NAMES, TARGET_NAMES, guess
from jium.data.duplicates import Seen, fingerprint
from jium.data.labels import PEEKED, TEXT_NAMES
from jium.data.row import Row
from jium.data.similar_data import Similar, SimilarData, Source
from jium.data.sources import find_files, read_rows
from jium.data.split import Split, choose_split
from jium.errors import DataError

Names = dict[str, str]  # of columns; "" for one of the usual names


# fmt: off
COLUMN_NAMES: dict[str, tuple[Sequence[str], ...]] = {  # the first group that is there counts
    "first": (
        ("sentence1", "premise", "anchor", "query", "question", "문장1"), SOURCE_NAMES,
    ),
    "second": (
        ("sentence2", "hypothesis", "positive", "answer", "문장2"), TARGET_NAMES,
    ),
    "score": (("score", "similarity", "점수", "유사도"),),
    "label": (("label", "gold_label", "라벨"),),
    "text": (TEXT_NAMES,),
}
# fmt: on
COLUMNS: dict[str, tuple[str, ...]] = {
    "scored": ("first", "second", "score"),
    "pairs": ("first", "second"),
    "nli": ("first", "second", "label"),
    "texts": ("text",),
}
ENTAILED, CONTRADICTED = ("entailment", "0", "함의"), ("contradiction", "2", "모순")
NEUTRAL = ("neutral", "1", "중립")


@dataclass
class Sentences:
    """What a [data] section holds, read whole.

    sources: training examples of each source. dropped: reason to number of rows.
    """

    data: SimilarData
    sources: list[list[Similar]] = field(default_factory=list)
    valid: list[Similar] = field(default_factory=list)
    test: list[Similar] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)

    def check(self) -> None:
        """Raise DataError where a source is empty, or nothing is there to validate with."""
        for source, found in zip(self.data.sources, self.sources, strict=True):
            if not found:
                raise DataError(
                    "{path}: no example to train on. Dropped: {dropped}.",
                    path=source.train,
                    dropped=", ".join(f"{why} {n}" for why, n in self.dropped.items()) or "0",
                )
        if not self.valid:
            raise DataError(
                "No pair with a score to validate with. Give data.valid=FILE, or a source of the "
                "kind scored, of which data.valid_share is set apart."
            )

    def texts(self) -> Iterator[str]:
        """Every sentence to train on."""
        for source in self.sources:
            for found in source:
                yield found.first
                if found.second != found.first:
                    yield found.second


def read_similar(data: SimilarData) -> Sentences:
    """Read all that `data` names. A pair that is measured on is not trained on.

    Raises DataError for a column that is absent and for a score that is none; and see `check`.
    """
    found = Sentences(data)
    held = Seen()
    for split, into in (("test", found.test), ("valid", found.valid)):
        into += read_measured(data, data.paths(getattr(data, split)), found.dropped)
        for example in into:
            held.add(_mark(example))
    for source in data.sources:
        kept = []
        for example in _read_source(data, source, found.dropped):
            place = _place(data, source, example)
            if place != "train":
                (found.test if place == "test" else found.valid).append(example)
            elif _mark(example) in held:
                found.dropped["held_out"] += 1
            else:
                kept.append(example)
        found.sources.append(kept)
    found.check()
    return found


def read_measured(
    data: SimilarData, paths: Sequence[str], dropped: Counter[str] | None = None
) -> list[Similar]:
    """Pairs with scores to measure on, by the columns that `data` names."""
    names = {"first": data.first, "second": data.second, "score": data.score}
    dropped = Counter() if dropped is None else dropped
    files = [file for path in paths for file in find_files(path)]
    return [
        example
        for file in files
        for example in _scored(data, _rows(data, file, names, "data", None, dropped))
    ]


def _read_source(data: SimilarData, source: Source, dropped: Counter[str]) -> Iterator[Similar]:
    names = {name: getattr(source, name) for name in COLUMNS[source.kind]}
    key = f"data.sources.{data.sources.index(source)}"
    for file in (file for path in data.paths(source.train) for file in find_files(path)):
        rows = islice(
            _rows(data, file, names, key, source.max_chars, dropped), source.limit or None
        )
        if source.kind == "scored":
            yield from _scored(data, rows)
        elif source.kind == "nli":
            yield from _triples(rows)
        else:  # a text alone is its own second sentence
            yield from (Similar(texts[0], texts[-1]) for _, texts in rows)


def _scored(data: SimilarData, rows: Iterator[tuple[Row, list[str]]]) -> Iterator[Similar]:
    """Pairs with scores, these brought to 0 to 1."""
    for row, (first, second, score) in rows:
        try:
            number = (float(score) - data.lowest) / (data.highest - data.lowest)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            raise DataError(
                "{path}: line {line}: the score {value!r} is not a number from {lowest:g} to "
                "{highest:g}. Set data.lowest and data.highest.",
                path=row.file,
                line=row.line,
                value=score,
                lowest=data.lowest,
                highest=data.highest,
            )
        yield Similar(first, second, number)


def _triples(rows: Iterator[tuple[Row, list[str]]]) -> Iterator[Similar]:
    """Of each premise: a hypothesis that follows, with one that contradicts, if there is one.

    As in supervised SimCSE (Gao et al., 2021, section 4).
    """
    follows: dict[str, list[str]] = {}
    contradicts: dict[str, list[str]] = {}
    for row, (premise, hypothesis, label) in rows:
        if label in ENTAILED:
            follows.setdefault(premise, []).append(hypothesis)
        elif label in CONTRADICTED:
            contradicts.setdefault(premise, []).append(hypothesis)
        elif label not in NEUTRAL:
            raise DataError(
                "{path}: line {line}: the label {value!r} is none of entailment, neutral, "
                "contradiction.",
                path=row.file,
                line=row.line,
                value=label,
            )
    for premise, hypotheses in follows.items():
        against = contradicts.get(premise, [""])
        for number, hypothesis in enumerate(hypotheses):
            negative = against[number % len(against)]
            yield Similar(premise, hypothesis, negative=negative)


def _rows(
    data: SimilarData,
    file: Path,
    names: Names,
    key: str,
    longest: int | None,
    dropped: Counter[str],
) -> Iterator[tuple[Row, list[str]]]:
    """Rows with the texts of their columns, sentences cleaned; those of no use are counted."""
    columns = _find(file, names, key)
    clean = cleaner(data if data.clean else None)
    for row in read_rows(file, columns=columns, strict=False):
        values = [as_text(row.values.get(column)) for column in columns]
        texts = [value for value in values if value is not None]
        if row.problem or len(texts) < len(values):
            dropped[row.problem or "not_text"] += 1
            continue
        n_sentences = 1 if len(texts) == 1 else 2
        texts = [clean(text) for text in texts[:n_sentences]] + texts[n_sentences:]
        if not all(text.strip() for text in texts):
            dropped["empty"] += 1
        elif longest is not None and max(map(len, texts[:n_sentences])) > longest:
            dropped["too_long"] += 1
        else:
            yield row, texts


def _find(file: Path, names: Names, key: str) -> list[str]:
    """The columns given, checked, or found among the usual names."""
    rows = islice(read_rows(file, strict=False), PEEKED)
    present = list(dict.fromkeys(name for row in rows if not row.problem for name in row.values))
    found = []
    for name, given in names.items():
        if given and given not in present:
            raise DataError(
                "{path}: no column {column!r}.{near} It has: {columns}. Name one: {key}",
                path=file,
                column=given,
                near=nearest(given, present),
                columns=", ".join(present),
                key=f"{key}.{name}",
            )
        groups = (guess(present, group) for group in COLUMN_NAMES[name])
        usual = [given] if given else next(filter(None, groups), [])
        if len(usual) != 1:
            raise DataError(
                "{path}: which column is the {what}? It has: {columns}. Name it: {key}",
                path=file,
                what=name,
                columns=", ".join(present) or "-",
                key=f"{key}.{name}",
            )
        found.append(usual[0])
    return found


def _place(data: SimilarData, source: Source, example: Similar) -> Split:
    """Of pairs with scores some are set apart, where no file is given."""
    if source.kind != "scored":
        return "train"
    valid_share = data.valid_share if data.valid is None else 0
    test_share = data.test_share if data.test is None else 0
    text = min(example.first, example.second)  # the same in either order
    return choose_split(text, data.seed, valid_share, test_share)


def _mark(example: Similar) -> int:
    """Of two sentences in either order."""
    return fingerprint(*sorted((example.first, example.second)))


def read_scored_file(path: str, **columns: Any) -> list[Similar]:
    """A file of pairs with scores, alone. columns: first, second, score, lowest, highest."""
    given = {name: value for name, value in columns.items() if value is not None}
    data = SimilarData(sources=[Source(kind="scored", train=path)], **given)
    found = read_measured(data, [path])
    if not found:
        raise DataError("{path}: holds no pair of sentences with a score.", path=path)
    return found
