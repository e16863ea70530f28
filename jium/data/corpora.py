"""A corpus as one long row of word numbers on disk: what word vectors are learned from.

A corpus is a folder: `vocabulary.json`, and for each split `SPLIT.bin` (int32: the words of a text,
then -1), with `corpus.json` written last. Texts are read and cut into words once: words are
numbered as they come, and numbered anew by frequency when all have been counted.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from jium.config import config
from jium.data.split import choose_split
from jium.data.texts import TextData, Texts
from jium.errors import DataError
from jium.files import explained, make_folder, write_text
from jium.ranges import at_least
from jium.text.normalise import compose_jamo
from jium.text.split_words import Analyser, split_words
from jium.text.tokenizer import Tokenizer
from jium.text.vocabulary import Vocabulary

END = -1  # of a text
TEXTS = 4096  # cut into words at a time
WORDS = 2**22  # numbered anew at a time


@config
class CorpusData(TextData):
    """Plain texts, and what counts as a word of them."""

    valid_share: float = 0.01
    test_share: float = 0.0
    analyser: Analyser = "word"  # as written between spaces and signs; morpheme, by Kiwi; pieces
    min_count: int = 5  # rarer words are left out
    max_words: int | None = None  # keep the commonest only

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(1, min_count=self.min_count, max_words=self.max_words)


@dataclass(frozen=True)
class Corpus:
    """An encoded corpus. dropped: reason to number of texts that were left out."""

    folder: Path
    vocabulary: Vocabulary
    n_texts: int
    dropped: dict[str, int]

    @classmethod
    def load(cls, folder: Path) -> "Corpus":
        """Open what `prepare_corpus` wrote."""
        about = json.loads((folder / "corpus.json").read_text("utf-8"))
        vocabulary = Vocabulary.load(folder / "vocabulary.json")
        return cls(folder, vocabulary, about["texts"], about["dropped"])

    def ids(self, split: str) -> NDArray[np.int32]:
        """Word numbers, END after each text; read through a memory map."""
        path = self.folder / f"{split}.bin"
        return np.memmap(path, np.int32, "r") if path.stat().st_size else np.empty(0, np.int32)


def prepare_corpus(data: CorpusData, folder: Path, tokenizer: Tokenizer | None = None) -> Corpus:
    """Read, clean, cut and number the texts of a recipe, into `folder`. tokenizer: whose pieces are
    the words, where the recipe says so.

    Raises DataError where there are no two different words side by side to learn from.
    """
    make_folder(folder)
    numbers: dict[str, int] = defaultdict(count().__next__)
    texts = Texts(replace(data, valid_share=0.0, test_share=0.0))  # split here, read once
    streams = {split: folder / f"{split}.first" for split in ("train", "valid")}
    n_texts = _number(data, texts, numbers, streams, tokenizer)
    vocabulary, renumbered = _vocabulary(data, list(numbers), streams["train"])
    for split, path in streams.items():
        _renumber(path, folder / f"{split}.bin", renumbered)
        path.unlink()
    corpus = Corpus(folder, vocabulary, n_texts, dict(texts.dropped))
    _check(corpus, data.min_count)
    vocabulary.save(folder / "vocabulary.json")
    about = {"texts": n_texts, "dropped": corpus.dropped}
    write_text(folder / "corpus.json", json.dumps(about))  # last: a corpus with it is whole
    return corpus


# ---------------------------------------------------------------- the first reading


def _number(
    data: CorpusData,
    texts: Texts,
    numbers: dict[str, int],
    streams: dict[str, Path],
    tokenizer: Tokenizer | None,
) -> int:
    """Write the words of each split, numbered as they come; returns how many texts there were."""
    n_texts = 0
    words = partial(split_words, analyser=data.analyser, tokenizer=tokenizer)
    with (
        explained(streams["train"]),
        open(streams["train"], "wb") as train,
        open(streams["valid"], "wb") as valid,
    ):
        files: dict[str, BinaryIO] = {"train": train, "valid": valid}
        for part, place in _chunks((text, _place(text, data)) for text in texts.split("train")):
            n_texts += len(part)
            files[place].write(_encoded(words(part), numbers))
        if data.valid is not None:
            dropped = texts.dropped.copy()
            for part, _ in _chunks((text, "valid") for text in texts.split("valid")):
                valid.write(_encoded(words(part), numbers))
            texts.dropped = dropped  # what the card tells is of the texts to train on
    return n_texts


def _place(text: str, data: CorpusData) -> str:
    """The split that a text of the training files goes to; one set apart for a test is not read."""
    share = data.valid_share if data.valid is None else 0.0
    test_share = data.test_share if data.test is None else 0.0
    return choose_split(text, data.seed, share, test_share)


def _chunks(texts: Iterator[tuple[str, str]]) -> Iterator[tuple[list[str], str]]:
    """Texts of one split, many at a time."""
    while chunk := list(islice(texts, TEXTS)):
        for place in ("train", "valid"):
            if found := [text for text, where in chunk if where == place]:
                yield found, place


def _encoded(texts: list[list[str]], numbers: dict[str, int]) -> bytes:
    row: list[int] = []
    number = numbers.__getitem__  # of a defaultdict: the next one for a new word
    for words in texts:
        row.extend(map(number, words))
        row.append(END)
    return np.array(row, np.int32).tobytes()


# ---------------------------------------------------------------- the second numbering


def _vocabulary(
    data: CorpusData, written: list[str], stream: Path
) -> tuple[Vocabulary, NDArray[np.int32]]:
    """The words to keep, and the number in it of each word as first numbered; -2 for none."""
    counts = np.zeros(len(written) + 1, np.int64)
    for ids in _parts(stream):
        counts += np.bincount(ids[ids >= 0], minlength=len(counts))
    merged: dict[str, int] = defaultdict(int)
    # For each word, not for each time it stands there; Kiwi has a few of two words (할 것).
    composed = ["".join(compose_jamo(word).split()) for word in written]
    for word, n in zip(composed, counts.tolist(), strict=False):
        if n:
            merged[word] += n
    kept = [(word, n) for word, n in merged.items() if n >= data.min_count and word]
    kept.sort(key=lambda pair: (-pair[1], pair[0]))
    del kept[data.max_words or len(kept) :]
    if not kept:
        raise DataError(
            "no word to make a vocabulary of: {words} different words, none seen "
            "{least} times or more.",
            words=len(merged),
            least=data.min_count,
        )
    vocabulary = Vocabulary([w for w, _ in kept], [n for _, n in kept], special=False)
    places = (vocabulary.ids.get(word, -2) for word in composed)
    renumbered = np.fromiter(places, np.int32, len(composed))
    return vocabulary, np.append(renumbered, np.int32(END))  # the last: [-1] is the end of a text


def _renumber(source: Path, target: Path, renumbered: NDArray[np.int32]) -> None:
    """Words left out go; so the words on their two sides become neighbours, as in word2vec."""
    with explained(target), open(target, "wb") as file:
        for ids in _parts(source):
            ids = renumbered[ids]
            file.write(ids[ids >= END].tobytes())


def _parts(path: Path) -> Iterator[NDArray[np.int32]]:
    with open(path, "rb") as file:
        while read := file.read(4 * WORDS):
            yield np.frombuffer(read, np.int32)


def _check(corpus: Corpus, min_count: int) -> None:
    """Raise DataError where nothing can be learned."""
    ids, words = corpus.ids("train"), corpus.vocabulary.words
    if len(words) == 1:
        raise DataError(
            "one word only ({word!r}) stands {least} times or more in the texts to train on, so "
            "there is nothing to tell apart. Give more text, or lower data.min_count.",
            word=words[0],
            least=min_count,
        )
    if not bool(((ids[1:] >= 0) & (ids[:-1] >= 0)).any()):
        raise DataError(
            "no two words stand side by side in the texts to train on: each is one word long. "
            "Give running text."
        )


def facts(corpus: Corpus) -> dict[str, Any]:
    """Sizes of a corpus, for a person."""
    ids = {split: corpus.ids(split) for split in ("train", "valid")}
    return {split: int((row >= 0).sum()) for split, row in ids.items()}
