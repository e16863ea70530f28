"""n-grams counted as arrays: the same as counting strings one by one."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jium.text.ngrams import Index, Units, characters, find, ngram_keys, words

TEXTS = ["나는 밥을 먹는다", "", "밥밥밥", "a\x00b\U0001f44d", "a", "나는 밥을 먹는다"]


def counted(units: Units, sizes: range, min_texts: int = 1) -> list[dict[str, int]]:
    found = find(units, sizes, min_texts)
    names = [units.show(int(s), int(n)) for s, n in zip(found.starts, found.sizes, strict=True)]
    assert len(set(names)) == len(names)
    rows = found.counts.toarray()
    return [{name: int(x) for name, x in zip(names, row, strict=True) if x} for row in rows]


def by_hand(text: str | list[str], sizes: range) -> dict[str, int]:
    join = "".join if isinstance(text, str) else " ".join
    return Counter(join(text[i : i + n]) for n in sizes for i in range(len(text) - n + 1))


@settings(deadline=None)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=5))
def test_characters_are_counted_as_by_hand(texts: list[str]):
    sizes = range(1, 4)
    assert counted(characters(texts), sizes) == [by_hand(text, sizes) for text in texts]


def test_words_are_counted_as_by_hand():
    texts = [text.split() for text in TEXTS]
    sizes = range(1, 3)
    assert counted(words(texts), sizes) == [by_hand(text, sizes) for text in texts]


def test_no_ngram_runs_over_the_end_of_a_text():
    assert counted(characters(["ab", "cd"]), range(2, 3)) == [{"ab": 1}, {"cd": 1}]


def test_ngrams_of_few_texts_are_left_out():
    found = counted(characters(["ab", "abb", "bb"]), range(1, 2), min_texts=3)
    assert found == [{"b": 1}, {"b": 2}, {"b": 2}]


def test_keys_depend_on_order_and_length():
    units = characters(["ab", "ba", "a", "aa", "\x00a"])
    keys = [int(key) for n in (1, 2) for key in ngram_keys(units, n)[0]]
    assert len(set(keys)) == len({"a", "b", "\x00", "ab", "ba", "aa", "\x00a"})


def test_an_index_counts_new_texts_as_it_counted_the_old():
    units = characters(TEXTS)
    found = find(units, range(1, 4))
    pairs = zip(found.starts, found.sizes, strict=True)
    index = Index(characters([units.show(int(start), int(n)) for start, n in pairs]))
    assert (index.count(units) != found.counts).nnz == 0


def test_an_index_passes_over_what_it_does_not_know():
    index = Index(words([["not", "good"], ["good"]]))
    counts = index.count(words([["good", "bad", "good"], ["not", "good"], [], ["다"]]))
    assert np.array_equal(counts.toarray(), [[0, 2], [1, 1], [0, 0], [0, 0]])


@pytest.mark.parametrize("texts", [[""], ["", ""]])
def test_nothing_gives_no_ngrams(texts: list[str]):
    assert find(characters(texts), range(1, 3)).counts.shape == (len(texts), 0)
