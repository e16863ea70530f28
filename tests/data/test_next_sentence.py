"""Pairs of sentences that follow each other, or do not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.data.next_sentence import DOES_NOT, FOLLOWS, pair_up, runs


def test_100000_sentences_give_50000_pairs_half_and_half():
    documents = np.repeat(np.arange(5000), 20)
    pairs = pair_up(documents, "next", np.random.default_rng(0))
    assert len(pairs.first) == 50_000
    assert (pairs.labels == FOLLOWS).mean() == pytest.approx(0.5, abs=0.005)
    follows = pairs.labels == FOLLOWS
    assert (pairs.second[follows] == pairs.first[follows] + 1).all()
    spoilt = ~follows
    assert (documents[pairs.first[spoilt]] != documents[pairs.second[spoilt]]).all()


def test_in_order_pairs_both_are_of_one_document_and_half_are_swapped():
    documents = np.repeat(np.arange(50), 6)
    pairs = pair_up(documents, "order", np.random.default_rng(0))
    assert (documents[pairs.first] == documents[pairs.second]).all()
    apart = pairs.second - pairs.first
    assert (apart[pairs.labels == FOLLOWS] == 1).all()
    assert (apart[pairs.labels == DOES_NOT] == -1).all()
    assert (pairs.labels == DOES_NOT).sum() == len(pairs.labels) // 2


@given(st.lists(st.integers(1, 7), max_size=12), st.sampled_from(["next", "order"]))
def test_true_pairs_never_cross_documents_and_no_sentence_begins_two(sizes: list[int], kind):
    documents = np.repeat(np.arange(len(sizes)), sizes)
    pairs = pair_up(documents, kind, np.random.default_rng(0))
    true = pairs.labels == FOLLOWS
    assert (documents[pairs.first[true]] == documents[pairs.second[true]]).all()
    assert len(set(np.minimum(pairs.first, pairs.second).tolist())) <= len(pairs.first)
    assert len(pairs.first) == sum(size // 2 for size in sizes)


def test_one_document_alone_has_no_spoilt_pair():
    pairs = pair_up(np.zeros(8, np.int64), "next", np.random.default_rng(0))
    assert pairs.labels.tolist() == [FOLLOWS] * 4


def test_runs_hold_as_many_sentences_as_fit():
    assert runs([3, 3, 3, 10, 1], 6) == [(0, 2), (2, 3), (3, 4), (4, 5)]
    assert runs([], 6) == []


def test_a_book_beside_a_note_is_paired_without_searching():
    document_of = np.repeat([0, 1], [40_000, 2])
    pairs = pair_up(document_of, "next", np.random.default_rng(0))
    spoilt = pairs.labels == DOES_NOT
    assert spoilt.sum() == len(pairs.labels) // 2
    assert (document_of[pairs.first[spoilt]] != document_of[pairs.second[spoilt]]).all()
