"""Running text as tokens on disk: what encoders and language models are pre-trained on.

A store is a folder: `tokens.bin` (ids, one after another), `texts.bin` (int64: where each sentence
begins, and one last end), `documents.bin` (int64: the first sentence of each document, and one last
end), with `documents.json` written last. Everything is read through memory maps, so memory stays
flat however large the corpus is.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jium.config import config
from jium.data.store import Encode
from jium.data.texts import TextData, Texts
from jium.errors import DataError
from jium.files import explained, make_folder, write_text

CHUNK = 2048  # documents encoded at a time


@config
class DocumentData(TextData):
    """Where running text comes from, and how a document is cut."""

    valid_share: float = 0.005
    test_share: float = 0.0
    sentences: Literal["none", "lines", "split"] = "none"  # split: by Kiwi; needed for pairs only

    @property
    def lines(self) -> bool:
        """Whether the line ends within a text say anything."""
        return self.sentences == "lines"


@dataclass(frozen=True)
class Documents:
    """The documents of one split, encoded."""

    folder: Path

    @property
    def dropped(self) -> dict[str, int]:
        """Reason to number of texts that were left out."""
        return self._about["dropped"]

    @property
    def n_bytes(self) -> int | None:
        """Of the text, as UTF-8; None in a store of an earlier jium, which did not count them."""
        return self._about.get("bytes")

    @property
    def _about(self) -> dict:
        return json.loads((self.folder / "documents.json").read_text("utf-8"))

    def open(self) -> "OpenDocuments":
        """Map the files."""
        about = self._about
        return OpenDocuments(
            _map(self.folder / "tokens.bin", about["dtype"]),
            _map(self.folder / "texts.bin", "int64"),
            _map(self.folder / "documents.bin", "int64"),
        )


@dataclass(frozen=True)
class OpenDocuments:
    """tokens: ids; texts: where each sentence begins; documents: the first sentence of each."""

    tokens: NDArray
    texts: NDArray[np.int64]
    documents: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.documents) - 1

    def spans(self, rows: NDArray) -> tuple[NDArray, NDArray]:
        """Where the tokens of documents begin and end."""
        return self.texts[self.documents[rows]], self.texts[self.documents[rows + 1]]

    def sentences(self, row: int) -> list[NDArray]:
        """The sentences of a document, as ids."""
        first, last = self.documents[row], self.documents[row + 1]
        cuts = self.texts[first : last + 1]
        return [self.tokens[a:b] for a, b in zip(cuts[:-1], cuts[1:], strict=True)]


def prepare_documents(
    data: DocumentData, split: str, folder: Path, encode: Encode, vocab_size: int
) -> Documents:
    """Read, clean, cut and encode the documents of a split into `folder`.

    Raises DataError where there is no text to train on.
    """
    make_folder(folder)
    dtype = np.uint16 if vocab_size <= 2**16 else np.uint32
    texts = Texts(data)
    n_tokens = n_texts = n_documents = n_bytes = 0
    paths = [folder / f"{name}.bin" for name in ("tokens", "texts", "documents")]
    with (
        explained(folder, paths[0]),
        open(paths[0], "wb") as tokens,
        open(paths[1], "wb") as starts,
        open(paths[2], "wb") as documents,
    ):
        for cut in _chunks(texts, data, split):
            rows = encode([sentence for document in cut for sentence in document])
            kept = _without_empty(cut, rows)
            sizes = np.array([len(row) for document in kept for row in document], np.int64)
            ends = n_tokens + np.cumsum(sizes)
            starts.write((ends - sizes).tobytes())
            counts = np.array([len(document) for document in kept], np.int64)
            documents.write((n_texts + np.cumsum(counts) - counts).tobytes())
            for document in kept:
                tokens.write(np.concatenate(document).astype(dtype).tobytes())
            n_tokens += int(sizes.sum())
            n_texts += len(sizes)
            n_documents += len(kept)
            n_bytes += sum(len(sentence.encode()) for document in cut for sentence in document)
        starts.write(np.int64(n_tokens).tobytes())
        documents.write(np.int64(n_texts).tobytes())
    if split == "train" and not n_tokens:
        raise DataError("no text to train on in {paths}.", paths=", ".join(data.paths("train")))
    about = {
        "documents": n_documents,
        "sentences": n_texts,
        "tokens": n_tokens,
        "bytes": n_bytes,
        "dtype": np.dtype(dtype).name,
        "dropped": dict(Counter(texts.dropped)),
    }
    write_text(folder / "documents.json", json.dumps(about))  # last: a store with it is whole
    return Documents(folder)


def counts_of(documents: Documents) -> dict[str, int]:
    """documents, sentences and tokens of a store."""
    about = documents._about
    return {name: about[name] for name in ("documents", "sentences", "tokens")}


def _chunks(texts: Texts, data: DocumentData, split: str) -> Iterator[list[list[str]]]:
    """Documents as lists of sentences, many at a time."""
    stream = texts.split(split)  # type: ignore[arg-type]
    while chunk := list(islice(stream, CHUNK)):
        yield [_cut(text, data.sentences) for text in chunk]


def _cut(text: str, how: str) -> list[str]:
    if how == "none":
        return [text]
    if how == "lines":
        return [line for line in text.split("\n") if line.strip()]
    from jium.text.sentences import sentences

    return sentences(text)


def _without_empty(cut: list[list[str]], rows: list[list[int]]) -> list[list[NDArray]]:
    """The encoded sentences by document, those without a token left out."""
    stream = iter(rows)
    documents = [[np.array(row) for row in islice(stream, len(c)) if row] for c in cut]
    return [document for document in documents if document]


def _map(path: Path, dtype: str) -> NDArray:
    return np.memmap(path, dtype=dtype, mode="r") if path.stat().st_size else np.empty(0, dtype)
