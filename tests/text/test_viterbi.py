"""The likeliest tags that make sense, against trying all of them."""

from itertools import product

import numpy as np
import pytest

from jium.text.bio import read_tags, tag_names
from jium.text.viterbi import best_tags

LABELS = ["LC", "PS"]
NAMES = tag_names(LABELS)


def makes_sense(tags: tuple[int, ...]) -> bool:
    return read_tags([NAMES[tag] for tag in tags])[1] == 0


@pytest.mark.parametrize("seed", range(5))
def test_it_equals_trying_every_way(seed: int):
    scores = np.random.default_rng(seed).normal(size=(1, 5, len(NAMES)))
    scores[..., 2::2] += 1  # so that the best tags alone do not make sense
    ways = [tags for tags in product(range(len(NAMES)), repeat=5) if makes_sense(tags)]
    best = max(ways, key=lambda tags: scores[0, np.arange(5), list(tags)].sum())
    assert best_tags(scores, [5])[0].tolist() == list(best)


def test_nothing_goes_on_that_did_not_begin():
    scores = np.random.default_rng(0).normal(size=(50, 20, len(NAMES)))
    alone = scores.argmax(axis=2)
    assert not all(makes_sense(tuple(tags)) for tags in alone)
    assert all(makes_sense(tuple(tags)) for tags in best_tags(scores, [20] * 50))


def test_padding_changes_nothing():
    scores = np.random.default_rng(1).normal(size=(3, 9, len(NAMES)))
    together = best_tags(scores, [9, 4, 1])
    for row, length in enumerate((9, 4, 1)):
        alone = best_tags(scores[row : row + 1, :length], [length])[0]
        assert together[row].tolist() == alone.tolist()


def test_nothing_has_no_tags():
    assert [tags.tolist() for tags in best_tags(np.zeros((2, 0, 5)), [0, 0])] == [[], []]
    mixed = best_tags(np.zeros((2, 1, 5)), [1, 0])
    assert [len(tags) for tags in mixed] == [1, 0]
