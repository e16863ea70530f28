"""Batches of texts with their targets."""

from itertools import islice

import numpy as np
import pytest
import torch

from jium.data.text_batches import TextBatches, TextRows, by_length

RNG = np.random.default_rng(0)
READINGS = [(RNG.integers(1, 99, size=int(n)), None) for n in RNG.integers(1, 30, size=97)]
TARGETS = np.arange(97)


def rows() -> TextRows:
    return TextRows(READINGS, TARGETS)


def test_a_batch_holds_the_texts_asked_for_in_their_order():
    batch = rows().batch(np.array([5, 0, 96]))
    wanted = np.concatenate([READINGS[i][0] for i in (5, 0, 96)])
    assert batch.tokens.tolist() == wanted.tolist()
    assert batch.layout.lengths == [len(READINGS[i][0]) for i in (5, 0, 96)]
    assert batch.targets is not None and batch.targets.tolist() == [5, 0, 96]


def test_targets_of_tokens_go_with_their_tokens():
    found = TextRows(READINGS, [ids * 2 for ids, _ in READINGS]).batch(np.array([3, 1]))
    assert found.targets is not None and torch.equal(found.targets, found.tokens * 2)


def test_segments_are_there_where_one_text_has_them():
    pairs = [(np.array([1, 2]), np.array([0, 1])), (np.array([3]), None)]
    batch = TextRows(pairs).batch(np.array([0, 1]))
    assert batch.segments is not None and batch.segments.tolist() == [0, 1, 0]


def test_every_epoch_gives_each_text_once_within_the_budget():
    made = rows()
    stream = iter(TextBatches(made.lengths, made.batch, 64, seed=1))
    for _ in range(3):
        seen: list[int] = []
        while len(seen) < 97:
            batch = next(stream)
            assert batch.n_tokens <= 64
            seen += batch.targets.tolist()
        assert sorted(seen) == list(range(97))


def test_going_on_gives_the_same_batches():
    made = rows()
    stream = list(islice(TextBatches(made.lengths, made.batch, 64, seed=1), 60))
    later = TextBatches(made.lengths, made.batch, 64, seed=1)
    later.go_on(list(stream[40].after))
    for before, again in zip(stream[41:], later, strict=False):
        assert torch.equal(before.tokens, again.tokens)


def test_measuring_goes_from_short_to_long_and_takes_a_text_longer_than_the_budget():
    lengths = np.array([5, 50, 3, 4])
    assert [part.tolist() for part in by_length(lengths, 10)] == [[2, 3, 0], [1]]


@pytest.mark.parametrize("weights", [None, np.ones(97, np.float32)])
def test_weights_go_with_their_texts(weights: np.ndarray | None):
    batch = TextRows(READINGS, TARGETS, weights).batch(np.array([1, 2]))
    assert (batch.weights is None) == (weights is None)
    assert batch.to(torch.device("cpu")).layout.lengths == batch.layout.lengths
