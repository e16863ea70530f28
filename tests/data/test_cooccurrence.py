"""Counts of words near one another."""

from collections import defaultdict
from itertools import islice

import numpy as np
import pytest
import torch

from jium.data import cooccurrence
from jium.data.cooccurrence import CountBatches, count_pairs, read_counts, write_counts

IDS = np.random.default_rng(0).integers(-1, 6, 400).astype(np.int32)


def by_hand(ids, window):
    found = defaultdict(float)
    for i in range(len(ids)):
        for j in range(i + 1, min(i + window + 1, len(ids))):
            if ids[j] < 0 or ids[i] < 0:
                break
            found[int(ids[i]), int(ids[j])] += 1 / (j - i)
            found[int(ids[j]), int(ids[i])] += 1 / (j - i)
    return dict(found)


def as_table(counts):
    return {
        (int(a), int(b)): float(x)
        for a, b, x in zip(counts.words, counts.contexts, counts.counts, strict=True)
    }


@pytest.mark.parametrize("window", [1, 3, 10])
@pytest.mark.parametrize("stretch", [2**20, 37])
def test_counts_are_those_of_a_plain_loop(window, stretch, monkeypatch):
    monkeypatch.setattr(cooccurrence, "STRETCH", stretch)
    counts = count_pairs(IDS, 6, window)
    assert as_table(counts) == pytest.approx(by_hand(IDS, window), rel=1e-6)
    assert len(as_table(counts)) == len(counts.words)  # no pair twice


def test_counts_are_kept_shuffled_and_read_again(tmp_path):
    counts = count_pairs(IDS, 6, 3)
    written = write_counts(tmp_path, counts, seed=1)
    assert as_table(written) == as_table(counts) == as_table(read_counts(tmp_path))
    assert written.words.tolist() != counts.words.tolist()


def test_batches_give_every_count_once_an_epoch_and_go_on_where_they_stopped():
    counts = count_pairs(IDS, 6, 3)
    made = CountBatches(counts, 8)
    epoch = list(islice(made, made.n_batches))
    assert sum(b.n_tokens for b in epoch) == len(counts.words)
    seen = torch.cat([b.counts for b in epoch]).sort().values
    assert torch.equal(seen, torch.from_numpy(counts.counts).sort().values)
    resumed = CountBatches(counts, 8)
    resumed.go_on(list(epoch[1].after))
    assert torch.equal(next(iter(resumed)).counts, epoch[2].counts)
