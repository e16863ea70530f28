"""Encoded pairs on disk."""

import numpy as np
import pytest

from jium.data import store
from jium.data.store import PairStore, write_store

PAIRS = [("1 2 3", "4", -1), ("5", "", 7), ("", "6 7", -1), ("8 9", "10 11 12", 9)]


def numbers(texts: list[str]) -> list[list[int]]:
    return [[int(word) for word in text.split()] for text in texts]


def read(found: PairStore) -> list[tuple[list[int], list[int], int]]:
    pairs = [found.pair(row) for row in range(len(found))]
    return [(source.tolist(), target.tolist(), tag) for source, target, tag in pairs]


@pytest.mark.parametrize("chunk", [1, 3, 4096])
def test_what_is_written_is_read_however_it_is_chunked(tmp_path, monkeypatch, chunk: int):
    monkeypatch.setattr(store, "CHUNK", chunk)
    found = write_store(tmp_path / "s", PAIRS, numbers, 100, 50)
    expected = [(*numbers([source, target]), tag) for source, target, tag in PAIRS]
    assert read(found) == read(PairStore(tmp_path / "s")) == expected


def test_lengths_are_those_of_the_pairs_asked_for(tmp_path):
    found = write_store(tmp_path / "s", PAIRS, numbers, 100, 50)
    source, target = found.lengths(np.array([3, 0]))
    assert (source.tolist(), target.tolist()) == ([2, 3], [3, 1])


@pytest.mark.parametrize(("vocab_size", "dtype"), [(2**16, "uint16"), (2**16 + 1, "uint32")])
def test_large_ids_fit(tmp_path, vocab_size: int, dtype: str):
    largest = vocab_size - 1
    found = write_store(tmp_path / "s", [(str(largest), "0", -1)], numbers, vocab_size, 50)
    assert found.tokens.dtype == dtype and read(found) == [([largest], [0], -1)]


def test_what_the_model_cannot_take_is_counted_out(tmp_path):
    found = write_store(tmp_path / "s", PAIRS, numbers, 100, max_len=6)  # two and four special
    assert (len(found), found.too_long) == (2, 2)
    assert [source for source, _, _ in read(found)] == [[5], []]


def test_nothing_is_an_empty_store(tmp_path):
    assert len(write_store(tmp_path / "s", [], numbers, 100, 50)) == 0


def test_a_store_that_was_not_finished_has_no_store_json(tmp_path):
    def breaks(texts: list[str]) -> list[list[int]]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_store(tmp_path / "s", PAIRS, breaks, 100, 50)
    assert not (tmp_path / "s" / "store.json").exists()
