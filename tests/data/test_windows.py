"""Batches of words with the words around them."""

from collections import Counter
from itertools import islice

import numpy as np
import pytest
import torch

from jium.data.windows import WindowBatches, Windows, kept_shares, negative_table
from jium.errors import ConfigError

COUNTS = [40, 30, 20, 10, 10, 5, 5, 5]


def corpus(n=500, seed=0):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, len(COUNTS), n).astype(np.int32)
    ids[rng.random(n) < 0.1] = -1
    ids[-1] = -1
    return ids


def batches(ids, averages=False, size=10_000, seed=0, **settings):
    kind = type("Averaging", (Windows,), {"averages": True}) if averages else Windows
    settings = {"sample": 0.0, "window": 3, "block": 4, "shared": 2} | settings
    return WindowBatches(ids, COUNTS, kind(**settings), size, seed)


def pairs_of(batch, averages=False):
    """(word, word near it) of a batch, from its blocks."""
    around = batch.around().numpy()
    n_blocks, block, n_columns = around.shape
    inputs = batch.inputs.rows[batch.inputs.where].view(n_blocks, -1).numpy()
    outputs = batch.outputs.rows[batch.outputs.where].view(n_blocks, -1).numpy()
    centres, columns = (outputs, inputs) if averages else (inputs, outputs)
    places = zip(*np.nonzero(around), strict=True)
    return Counter((int(centres[b, i]), int(columns[b, j])) for b, i, j in places)


def pairs_by_hand(ids, window):
    found = Counter()
    for i, word in enumerate(ids.tolist()):
        for step in (-1, 1):
            for distance in range(1, window + 1):
                place = i + step * distance
                if not 0 <= place < len(ids) or ids[place] < 0 or word < 0:
                    break
                found[word, int(ids[place])] += 1
    return found


@pytest.mark.parametrize("averages", [False, True])
@pytest.mark.parametrize("block", [1, 4, 16])
def test_a_batch_holds_each_pair_of_neighbours_within_a_text_once(averages, block):
    ids = corpus()
    (batch,) = batches(ids, averages, dynamic=False, block=block).once()
    assert pairs_of(batch, averages) == pairs_by_hand(ids, 3)
    assert batch.n_pairs == sum(pairs_by_hand(ids, 3).values()) == int(batch.n_around.sum())
    assert batch.n_tokens == int((ids >= 0).sum())


def test_a_window_that_changes_sees_near_words_more_often():
    line = np.arange(8, dtype=np.int32)
    seen = Counter()
    for batch in islice(batches(line), 300):  # an epoch each
        for (a, b), n in pairs_of(batch).items():
            seen[abs(a - b)] += n / (8 - abs(a - b))
    assert set(seen) == {1, 2, 3}
    assert seen[2] / seen[1] == pytest.approx(2 / 3, abs=0.05)
    assert seen[3] / seen[1] == pytest.approx(1 / 3, abs=0.05)


def test_frequent_words_are_dropped_at_random():
    counts = np.array([1000, 10, 1])
    kept = kept_shares(counts, 0.01)
    share = 1000 / 1011
    assert kept[0] == pytest.approx((0.01 / share) ** 0.5 + 0.01 / share)
    assert kept[1] >= 1 and kept[2] >= 1 and kept[-1] >= 1  # the last: ends of texts
    assert (kept_shares(counts, 0.0) >= 1).all()


def test_dropped_words_are_counted_as_read_and_their_neighbours_meet():
    ids = np.array([0, 1, 0, 2, -1] * 50, np.int32)
    (batch,) = batches(ids, sample=0.02).once()
    assert batch.n_tokens == 200
    assert 0 < batch.n_pairs < 400


def test_negatives_are_drawn_in_proportion_to_counts_to_three_quarters():
    table = negative_table(np.array([81, 16, 1]), 0.75)
    shares = np.bincount(table) / len(table)
    assert shares == pytest.approx(np.array([27, 8, 1]) / 36, abs=1e-5)


def test_an_epoch_reads_every_word_once_in_an_order_of_its_own():
    ids = corpus()
    made = batches(ids, size=50)
    first = [b for b in islice(made, made.n_batches)]
    assert sum(b.n_tokens for b in first) == int((ids >= 0).sum())
    again = [b.n_tokens for b in islice(batches(ids, size=50), 2 * made.n_batches)]
    assert again[: made.n_batches] == [b.n_tokens for b in first]
    assert again[made.n_batches :] != again[: made.n_batches]


def test_batches_go_on_exactly_where_they_stopped():
    ids = corpus()
    whole = list(islice(batches(ids, size=64), 20))
    for stop in (1, 7, 8, 13):
        resumed = batches(ids, size=64)
        resumed.go_on(list(whole[stop - 1].after))
        for a, b in zip(whole[stop:], resumed, strict=False):
            assert a.after == b.after
            for name, tensor in a.tensors().items():
                assert torch.equal(tensor, b.tensors()[name])


def test_stretches_without_a_pair_are_passed_over():
    ids = np.array([0, -1, 1, -1, 2, -1, 0, 1, -1], np.int32)
    assert [b.n_pairs for b in islice(batches(ids, size=3), 4)] == [2, 2, 2, 2]


@pytest.mark.parametrize("key", ["window", "negatives", "block", "shared"])
def test_a_size_of_nothing_is_refused(key):
    with pytest.raises(ConfigError, match=f"{key}: must be at least 1; got 0"):
        Windows(**{key: 0})
