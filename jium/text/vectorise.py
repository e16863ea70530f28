"""Texts as counts: bag of words, n-grams, TF-IDF and one-hot vectors.

What is counted is a matter of the analyser: words, characters, morphemes (by Kiwi) or jamo, alone
or in n-grams. Words of one letter count: scikit-learn's own pattern drops `a`, 나 and 너.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from jium.config import build, config, to_values
from jium.errors import ConfigError, DataError, RunError, require
from jium.files import write_text
from jium.ranges import at_least
from jium.text.hangul import to_jamo
from jium.text.korean import kiwi
from jium.text.ngrams import Found, Index, Units, characters, find, words

FILE = "vocabulary.json"
ROWS = 4096  # texts counted at a time
_WORD = re.compile(r"\w+")


@config
class Ngrams:
    """What to count."""

    analyser: Literal["word", "char", "morpheme", "jamo"] = "word"
    min_n: int = 1  # units in the shortest n-gram
    max_n: int = 1  # and in the longest
    lowercase: bool = True
    min_texts: int = 1  # an n-gram that fewer texts hold is left out
    max_features: int | None = None  # keep the commonest only
    stop_words: list[str] = field(default_factory=list)  # words, or morphemes by form, not counted
    tags: list[str] = field(default_factory=list)  # morphemes whose tag begins so, as "N"; all
    order: Literal["seen", "sorted"] = "seen"  # of columns: as they come in the texts, or by code

    def __post_init__(self) -> None:
        if not 1 <= self.min_n <= self.max_n:
            raise ConfigError(
                "must be at least min_n, and that at least 1; got min_n={low}, max_n={high}.",
                key="max_n",
                low=self.min_n,
                high=self.max_n,
            )
        at_least(1, min_texts=self.min_texts, max_features=self.max_features)
        if self.stop_words and self.analyser not in ("word", "morpheme"):
            raise ConfigError(
                "are for the word and morpheme analysers; this is {analyser}.",
                key="stop_words",
                analyser=self.analyser,
            )
        if self.tags and self.analyser != "morpheme":
            raise ConfigError(
                "are for the morpheme analyser; this is {analyser}.",
                key="tags",
                analyser=self.analyser,
            )


class Table(NamedTuple):
    """Texts by n-grams: the name of each column, and a SciPy CSR (texts, columns)."""

    columns: list[str]
    rows: Any


def bag_of_words(texts: Sequence[str], **settings: Any) -> Table:
    """How often each n-gram stands in each text. settings: any of `Ngrams`.

    Raises DataError where nothing is left to count.
    """
    vectoriser, rows = Vectoriser.fit([build(Ngrams, settings)], texts)
    return Table(vectoriser.columns, rows)


def tfidf(texts: Sequence[str], sublinear: bool = False, **settings: Any) -> Table:
    """Counts times idf = ln((1 + texts) / (1 + texts with it)) + 1, each row made of length 1.

    sublinear: 1 + ln(count) instead of the count. settings: any of `Ngrams`.
    """
    table = bag_of_words(texts, **settings)
    weighting = require("sklearn.feature_extraction.text", "classic")
    transformer = weighting.TfidfTransformer(sublinear_tf=sublinear)
    return Table(table.columns, transformer.fit_transform(table.rows.astype(np.float64)))


def one_hot(vocabulary: Sequence[str]) -> Table:
    """A vector for each word, 1 in its own column: all words are equally unlike one another."""
    columns = list(dict.fromkeys(vocabulary))
    if not columns:
        raise DataError("There is no word. Give at least one.")
    place = {word: number for number, word in enumerate(columns)}
    identity = require("scipy.sparse", "classic").eye_array(len(columns), format="csr")
    return Table(columns, identity[[place[word] for word in vocabulary]])


def cosines(rows: Any) -> NDArray[np.float64]:
    """The cosine of every row with every other; 0 where a row is all zeros."""
    dense = np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, dtype=np.float64)
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    unit = np.divide(dense, lengths, out=np.zeros_like(dense), where=lengths > 0)
    return unit @ unit.T


# ---------------------------------------------------------------- counting


class Vectoriser:
    """One or more kinds of n-grams counted side by side: what a model of counts has for a
    tokenizer.

    blocks: the n-grams of each kind, which are the columns of its counts.
    """

    def __init__(self, kinds: Sequence[Ngrams], blocks: Sequence[list[str]]) -> None:
        self.kinds = list(kinds)
        self.blocks = list(blocks)
        self._indices = [
            Index(_known(kind, block)) for kind, block in zip(kinds, blocks, strict=True)
        ]

    @classmethod
    def fit(cls, kinds: Sequence[Ngrams], texts: Sequence[str]) -> tuple[Self, Any]:
        """Learn the n-grams of some texts; gives their counts too, as a call would.

        Raises DataError where a kind finds none.
        """
        if isinstance(texts, str):
            raise DataError("Texts are a list, not one string.")
        found = [_learn(kind, texts) for kind in kinds]
        counts = require("scipy.sparse", "classic").hstack([t.rows for t in found], format="csr")
        return cls(kinds, [table.columns for table in found]), counts

    @property
    def columns(self) -> list[str]:
        """What is counted, in the order of the counts."""
        return [ngram for block in self.blocks for ngram in block]

    def __call__(self, texts: Sequence[str]) -> Any:
        """Count the known n-grams: (texts, columns), a SciPy CSR."""
        pairs = zip(self._indices, self.kinds, strict=True)
        blocks = [index.count(_units(kind, texts)) for index, kind in pairs]
        return require("scipy.sparse", "classic").hstack(blocks, format="csr")

    def batches(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], tuple[Any]]]:
        """The counts of some texts at a time, with their numbers."""
        for start in range(0, len(texts), ROWS):
            part = texts[start : start + ROWS]
            yield np.arange(start, start + len(part)), (self(part),)

    def save(self, run: Path) -> None:
        """Write vocabulary.json."""
        pairs = zip(self.kinds, self.blocks, strict=True)
        values = [to_values(kind) | {"ngrams": block} for kind, block in pairs]
        write_text(run / FILE, json.dumps({"features": values}, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, run: Path) -> Self:
        """Undo `save`. Raises RunError where the file is missing or damaged."""
        path = run / FILE
        if not path.is_file():
            raise RunError("{run}: has no vocabulary.json. Copy the run again.", run=run)
        try:
            values = json.loads(path.read_text("utf-8"))["features"]
            blocks = [list(map(str, one.pop("ngrams"))) for one in values]
            return cls([build(Ngrams, one) for one in values], blocks)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, ConfigError) as error:
            raise RunError(
                "{path}: is damaged ({error}). Copy the run again.", path=path, error=error
            ) from error


def _learn(kind: Ngrams, texts: Sequence[str]) -> Table:
    units = _units(kind, texts)
    found = find(units, range(kind.min_n, kind.max_n + 1), kind.min_texts)
    if not len(found.starts):
        raise DataError(
            "nothing to count: {texts} texts, {filled} of them not empty, hold no {analyser} "
            "n-gram of {low} to {high} in {least} texts or more.",
            texts=len(texts),
            filled=sum(bool(text.strip()) for text in texts),
            analyser=kind.analyser,
            low=kind.min_n,
            high=kind.max_n,
            least=kind.min_texts,
        )
    names = [units.show(int(start), int(n)) for start, n in zip(*found[:2], strict=True)]
    order = _order(kind, units, found, names)
    return Table([names[i] for i in order], found.counts[:, order])


def _order(kind: Ngrams, units: Units, found: Found, names: list[str]) -> NDArray[np.intp]:
    """The columns that stay, in their order."""
    if kind.order == "sorted":
        order = np.array(sorted(range(len(names)), key=names.__getitem__))
    else:  # text by text, and in each the shorter n-grams first
        order = np.lexsort((found.starts, found.sizes, units.texts[found.starts]))
    if kind.max_features is None or kind.max_features >= len(order):
        return order
    totals = np.asarray(found.counts.sum(axis=0)).ravel()[order]
    commonest = np.argsort(-totals, kind="stable")[: kind.max_features]
    return order[np.sort(commonest)]


# ---------------------------------------------------------------- analysers


def _units(kind: Ngrams, texts: Sequence[str]) -> Units:
    composed = [unicodedata.normalize("NFC", text) for text in texts]
    if kind.lowercase:
        composed = [text.lower() for text in composed]
    return ANALYSERS[kind.analyser](kind, composed)


def _known(kind: Ngrams, ngrams: list[str]) -> Units:
    """Columns cut into the units they were made of."""
    if kind.analyser in ("char", "jamo"):
        return characters(ngrams)
    return words([ngram.split(" ") for ngram in ngrams])


def _words(kind: Ngrams, texts: list[str]) -> Units:
    stop = set(kind.stop_words)
    return words([[w for w in _WORD.findall(text) if w not in stop] for text in texts])


def _morphemes(kind: Ngrams, texts: list[str]) -> Units:
    stop, tags = set(kind.stop_words), tuple(kind.tags) or ("",)
    return words(
        [
            ["_".join(f"{m.form}/{m.tag}".split()) for m in found if m.form not in stop
             and m.tag.startswith(tags)]
            for found in kiwi().tokenize(texts)
        ]
    )  # fmt: skip


def _jamo(kind: Ngrams, texts: list[str]) -> Units:
    return characters([to_jamo(text) for text in texts])


ANALYSERS: dict[str, Callable[[Ngrams, list[str]], Units]] = {
    "word": _words,
    "char": lambda kind, texts: characters(texts),
    "morpheme": _morphemes,
    "jamo": _jamo,
}
