"""Encoded sentence pairs on disk: token ids in one flat file, read through a memory map.

A store is a folder: `tokens.bin` (ids, one after another), `offsets.bin` (int64: where the source
and the target of each pair begin, and one last end), `tags.bin` (int32: the id of the pair's tag
token, or -1), `store.json`. Memory stays flat however large the corpus is; any pair is reached in
constant time.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jium.files import explained, make_folder, write_text

CHUNK = 4096  # pairs encoded at a time
MARGIN = 4  # room for the special tokens around a text
Encode = Callable[[list[str]], list[list[int]]]


class PairStore:
    """The pairs of one split, encoded; open with `PairStore(folder)`, write with `write_store`."""

    def __init__(self, folder: Path) -> None:
        about = json.loads((folder / "store.json").read_text("utf-8"))
        self.rows: int = about["rows"]
        self.too_long: int = about["too_long"]
        self.tokens = _map(folder / "tokens.bin", about["dtype"])
        self.offsets = _map(folder / "offsets.bin", "int64")
        self.tags = _map(folder / "tags.bin", "int32")

    def __len__(self) -> int:
        return self.rows

    def pair(self, row: int) -> tuple[NDArray, NDArray, int]:
        """Source ids, target ids and tag id (-1: none) of one pair."""
        start, middle, end = self.offsets[2 * row : 2 * row + 3]
        return self.tokens[start:middle], self.tokens[middle:end], int(self.tags[row])

    def lengths(self, rows: NDArray) -> tuple[NDArray, NDArray]:
        """Token counts of source and target for each of `rows`."""
        start, middle, end = (self.offsets[2 * rows + i] for i in range(3))
        return middle - start, end - middle


def _map(path: Path, dtype: str) -> NDArray:
    return np.memmap(path, dtype=dtype, mode="r") if path.stat().st_size else np.empty(0, dtype)


def write_store(
    folder: Path,
    pairs: Iterable[tuple[str, str, int]],
    encode: Encode,
    vocab_size: int,
    max_len: int,
) -> PairStore:
    """Encode (source, target, tag id) triples into `folder`; pairs longer than `max_len` tokens are
    counted out.
    """
    make_folder(folder)
    dtype = np.uint16 if vocab_size <= 2**16 else np.uint32
    rows = too_long = end = 0
    with (
        explained(folder, folder / "tokens.bin"),
        open(folder / "tokens.bin", "wb") as tokens,
        open(folder / "offsets.bin", "wb") as offsets,
        open(folder / "tags.bin", "wb") as tags,
    ):
        offsets.write(np.int64(0).tobytes())
        for source, target, tag in _encoded(pairs, encode):
            if max(len(source), len(target)) > max_len - MARGIN:
                too_long += 1
                continue
            tokens.write(np.asarray(source + target, dtype=dtype).tobytes())
            ends = (end + len(source), end + len(source) + len(target))
            offsets.write(np.asarray(ends, dtype=np.int64).tobytes())
            tags.write(np.int32(tag).tobytes())
            rows, end = rows + 1, ends[1]
        for file in (tokens, offsets, tags):
            file.flush()
            os.fsync(file.fileno())
    about = {"rows": rows, "tokens": end, "dtype": np.dtype(dtype).name, "too_long": too_long}
    write_text(folder / "store.json", json.dumps(about))  # last: a store with it is whole
    return PairStore(folder)


def _encoded(
    pairs: Iterable[tuple[str, str, int]], encode: Encode
) -> Iterator[tuple[list[int], list[int], int]]:
    iterator = iter(pairs)
    while chunk := list(islice(iterator, CHUNK)):
        sources = encode([source for source, _, _ in chunk])
        targets = encode([target for _, target, _ in chunk])
        yield from zip(sources, targets, (tag for _, _, tag in chunk), strict=True)
