"""Batches of sentences to compare."""

from itertools import islice

import numpy as np
import pytest

from jium.data.frames import Frame
from jium.data.similar_batches import Encoded, SimilarBatch, SimilarBatches, fill
from jium.data.similar_data import Similar, Source
from jium.errors import TrainingError


def encode(texts: list[str]) -> list[np.ndarray]:
    """Letters as ids."""
    return [np.array([ord(letter) for letter in text], np.int64) for text in texts]


SCORED = Encoded([Similar("ab" * (n % 4 + 1), "cd", n / 20) for n in range(20)], encode)
PLAIN = Encoded([Similar(f"t{n:02}", f"t{n:02}") for n in range(12)], encode)
SOURCES = [
    Source(kind="scored", train="a", weight=3.0),
    Source(kind="texts", train="b", weight=1.0, until=0.5),
]


def batches(**more: object) -> SimilarBatches:
    settings = {"batch_tokens": 40, "steps": 200} | more
    return SimilarBatches([SCORED, PLAIN], SOURCES, **settings)  # type: ignore[arg-type]


def key(batch: SimilarBatch) -> tuple[list[int], list[int]]:
    return batch.tokens.tolist(), batch.layout.lengths


def test_a_batch_packs_first_then_second_then_negatives():
    examples = [Similar("ab", "c", negative="xyz"), Similar("d", "ef")]
    found = Encoded(examples, encode).batch(np.array([0, 1]))
    assert "".join(map(chr, found.tokens.tolist())) == "abdcefxyz"
    assert found.layout.lengths == [2, 1, 1, 2, 3]
    assert found.n == 2 and found.scores is None and found.n_tokens == 9


def test_equal_texts_have_equal_marks():
    examples = [Similar("a", "b"), Similar("a", "c"), Similar("c", "b")]
    found = Encoded(examples, encode).batch(np.arange(3))
    assert found.first[0] == found.first[1] != found.first[2]
    assert found.second[0] == found.second[2] != found.second[1]


def test_each_batch_is_of_one_source_and_within_the_budget():
    for batch in islice(batches(), 50):
        assert batch.n_tokens <= 40
        assert len(batch.layout.lengths) == 2 * batch.n


def test_sources_come_by_their_weights_and_leave_when_their_part_is_over():
    plain = [batch.scores is None for batch in islice(batches(), 200)]
    assert 10 < sum(plain[:100]) < 45
    assert not any(plain[100:])


def test_an_epoch_shows_every_example_once():
    one = SimilarBatches([PLAIN], SOURCES[:1], batch_tokens=36, steps=10)
    seen = [text for batch in islice(one, 2) for text in batch.first.tolist()]
    assert sorted(seen) == sorted(PLAIN.marks[0].tolist())


def test_going_on_gives_the_batches_that_would_have_come():
    whole = [key(batch) for batch in islice(batches(), 12)]
    again = batches()
    again.go_on(next(islice(batches(), 4, None)).after)
    assert [key(batch) for batch in islice(again, 7)] == whole[5:]


def test_the_same_seed_gives_the_same_batches_and_another_others():
    first = [key(batch) for batch in islice(batches(), 5)]
    assert first == [key(batch) for batch in islice(batches(), 5)]
    assert first != [key(batch) for batch in islice(batches(seed=1), 5)]


def test_batches_hold_two_examples_at_least():
    found = fill(np.arange(5), np.array([4, 4, 4, 4, 4]), 8)
    assert [len(batch) for batch in found] == [2, 2]  # the fifth: in another epoch


def test_two_examples_that_do_not_fit_are_an_error():
    with pytest.raises(TrainingError, match="train.batch_tokens=8 does not hold the two longest"):
        fill(np.arange(3), np.array([5, 1, 4]), 8)


def test_a_frame_stays_whole_where_a_text_is_cut():
    frame = Frame((1,), (2, 3))
    assert frame([7, 8], 10).tolist() == [1, 7, 8, 2, 3]
    assert frame([7, 8, 9, 10], 5).tolist() == [1, 7, 8, 2, 3]
