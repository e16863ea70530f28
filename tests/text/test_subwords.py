"""Pieces of words."""

import numpy as np
import pytest

from jium.text.subwords import pieces


def of(word, unit="char", low=3, high=6, n=1000):
    return pieces([word], unit, low, high, n).buckets.tolist()


@pytest.mark.parametrize("word", ["집", "a", "ㅋ", "😀", "שלום", "강아지"])
def test_every_word_has_a_piece_in_either_unit(word):
    assert of(word, "char") and of(word, "jamo")


def test_pieces_are_all_ngrams_between_the_marks():
    assert len(of("사과", "char", 2, 4)) == 3 + 2 + 1  # of <사과>
    assert (
        len(of("사과", "jamo", 3, 3)) == len("<사과>") - 2 + 2
    )  # ㅅㅏㄱㅗㅏ: four letters, two marks


def test_words_that_share_letters_share_pieces():
    shared = set(of("강아지", "jamo", n=10**6)) & set(of("망아지", "jamo", n=10**6))
    assert len(shared) >= 6
    assert not set(of("강아지", "jamo", n=10**6)) & set(of("버스", "jamo", n=10**6))


def test_many_words_at_once_are_as_each_alone():
    words = ["집", "banana", "강아지"]
    found = pieces(words, "jamo", 3, 6, 500)
    parts = np.split(found.buckets, found.ends[:-1])
    assert [part.tolist() for part in parts] == [of(word, "jamo", n=500) for word in words]


def test_bucket_numbers_never_change():
    """They are saved with a model: another hash would be another word."""
    assert of("집", "char") == [474]
