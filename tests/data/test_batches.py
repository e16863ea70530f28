"""Batches of pairs: full, seeded, and resumable at any place."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jium.data import batches
from jium.data.batches import PairBatch, PairBatches, PairFormat, fill
from jium.data.epochs import Position
from jium.data.store import PairStore, write_store
from jium.errors import TrainingError

FORMAT = PairFormat(start_id=2, eos_id=3)
N = 60


def numbered(texts: list[str]) -> list[list[int]]:
    return [[int(word) for word in text.split()] for text in texts]


def store(folder: Path, n: int = N, tag: int = -1) -> PairStore:
    """Pair i begins, on either side, with id 100 + i; lengths vary from 1 to 9."""
    rng = np.random.default_rng(0)

    def text(i: int) -> str:
        rest = rng.integers(10, 99, rng.integers(0, 9))
        return " ".join(map(str, [100 + i, *rest]))

    triples = [(text(i), text(i), tag) for i in range(n)]
    return write_store(folder, triples, numbered, vocab_size=1000, max_len=50)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """PairBatches over the store, in pools of 16 pairs, so that an epoch has several."""
    monkeypatch.setattr(batches, "POOL", 16)
    stores = [store(tmp_path / "store")]

    def start(budget: int = 60, **more: Any) -> PairBatches:
        return PairBatches(more.pop("stores", stores), FORMAT, budget, **more)

    return start


def rows(batch: PairBatch) -> list[tuple[list[int], list[int]]]:
    """Source and target ids of each pair in a batch, with the special tokens around them."""
    sources = batch.source.split(batch.source_layout.lengths)
    targets = batch.target_out.split(batch.target_layout.lengths)
    return [(s.tolist(), t.tolist()) for s, t in zip(sources, targets, strict=True)]


def epoch(data: PairBatches, number: int = 0) -> Iterator[PairBatch]:
    """The batches of one epoch, told by where they leave the data."""
    before = Position(0, 0, 0)
    for batch in data:
        if before.epoch > number:
            return
        if before.epoch == number:
            yield batch
        before = batch.after


def same(one: PairBatch, other: PairBatch) -> bool:
    tensors = ("source", "target_in", "target_out")
    equal = all(torch.equal(getattr(one, t), getattr(other, t)) for t in tensors)
    return equal and one.after == other.after


# ---------------------------------------------------------------- what is in a batch


def test_a_pair_stands_between_its_special_tokens():
    pair = (np.array([10, 11]), np.array([20]), -1, False)
    batch = FORMAT.batch([pair])
    assert batch.source.tolist() == [10, 11, 3]
    assert (batch.target_in.tolist(), batch.target_out.tolist()) == ([2, 20], [20, 3])
    assert batch.n_tokens == 5


def test_direction_and_tag_stand_before_the_source_and_a_swapped_pair_is_turned_round():
    format = PairFormat(2, 3, forward=7, backward=8)
    pair = (np.array([10]), np.array([20]), 9)
    there, back = format.batch([(*pair, False)]), format.batch([(*pair, True)])
    assert there.source.tolist() == [7, 9, 10, 3] and there.target_out.tolist() == [20, 3]
    assert back.source.tolist() == [8, 9, 20, 3] and back.target_out.tolist() == [10, 3]


def test_lengths_are_those_of_the_texts():
    pairs = [(np.arange(a) + 10, np.arange(b) + 10, -1, False) for a, b in [(1, 4), (3, 2)]]
    batch = FORMAT.batch(pairs)
    assert batch.source_layout.lengths == [2, 4] and batch.target_layout.lengths == [5, 3]


# ---------------------------------------------------------------- an epoch


@pytest.mark.parametrize("number", [0, 1, 3])
def test_an_epoch_has_every_pair_once(made, number: int):
    seen = Counter(s[0] for batch in epoch(made(), number) for s, _ in rows(batch))
    assert seen == Counter(range(100, 100 + N))


def test_with_both_directions_an_epoch_has_every_pair_both_ways(made):
    found = [row for batch in epoch(made(both_directions=True)) for row in rows(batch)]
    assert len(found) == 2 * N
    texts = Counter(tuple(s) for s, _ in found)
    assert texts == Counter(tuple(t) for _, t in found)
    assert set(Counter(s[0] for s, _ in found).values()) == {2}


def test_no_batch_is_larger_than_its_budget_and_most_are_nearly_full(made):
    sizes = [batch.n_tokens for batch in epoch(made(budget=80))]
    assert max(sizes) <= 80
    assert len(sizes) < 2.5 * sum(sizes) / 80  # small pools leave a rest each


def test_texts_of_like_length_are_together(made):
    spread = [np.ptp(batch.target_layout.lengths) for batch in epoch(made())]
    assert np.mean(spread) < 3 < np.ptp([len(t) for b in epoch(made()) for _, t in rows(b)])


def test_epochs_are_in_another_order(made):
    orders = [[rows(b) for b in epoch(made(), number)] for number in (0, 1)]
    assert orders[0] != orders[1]


def test_the_same_seed_gives_the_same_batches_and_another_does_not(made):
    first, again, other = (list(islice(made(seed=s), 30)) for s in (4, 4, 5))
    assert all(map(same, first, again))
    assert not all(map(same, first, other))


def test_stores_of_several_segmentations_take_turns(made, tmp_path):
    stores = [store(tmp_path / "a", tag=11), store(tmp_path / "b", tag=12)]
    for number, tag in enumerate([11, 12, 11]):
        batches = epoch(made(stores=stores, budget=80), number)
        assert {s[0] for batch in batches for s, _ in rows(batch)} == {tag}


# ---------------------------------------------------------------- going on


def test_from_every_position_the_data_goes_on_as_if_it_had_not_stopped(made):
    whole = list(islice(made(tag_dropout=0.5), 60))
    assert whole[-1].after.epoch >= 2
    for place in range(59):
        resumed = iter(made(tag_dropout=0.5, position=whole[place].after))
        assert all(map(same, whole[place + 1 : place + 4], resumed))


def test_going_on_costs_no_more_than_one_pool(made, monkeypatch):
    planned = []
    right = PairBatches._plan
    monkeypatch.setattr(
        PairBatches, "_plan", lambda self, *place: planned.append(place) or right(self, *place)
    )
    next(iter(made(position=Position(1000, 2, 1))))
    assert len(planned) == 1 and planned[0][:2] == (1000, 2)


def test_a_position_survives_json(made):
    import json

    after = list(islice(made(), 9))[-1].after
    assert Position(*json.loads(json.dumps(after))) == after


# ---------------------------------------------------------------- tags


def shown(data: PairBatches) -> float:
    """The share of pairs whose tag, 11, is there."""
    found = [s[0] == 11 for number in range(4) for b in epoch(data, number) for s, _ in rows(b)]
    return sum(found) / len(found)


@pytest.mark.parametrize("dropout", [0.0, 0.5, 1.0])
def test_tags_are_left_out_as_often_as_asked(made, tmp_path, dropout: float):
    tagged = [store(tmp_path / "tagged", tag=11)]
    data = made(stores=tagged, budget=80, tag_dropout=dropout)
    assert shown(data) == pytest.approx(1 - dropout, abs=0.12)


def test_measuring_leaves_no_tag_out(made, tmp_path):
    data = made(stores=[store(tmp_path / "tagged", tag=11)], budget=80, tag_dropout=0.9)
    assert all(s[0] == 11 for batch in data.once() for s, _ in rows(batch))


# ---------------------------------------------------------------- measuring, and the budget


def test_once_has_every_pair_in_the_order_of_the_file(made):
    found = [s[0] for batch in made().once() for s, _ in rows(batch)]
    assert found == list(range(100, 100 + N))


def test_once_of_nothing_is_nothing(made, tmp_path):
    assert list(made(stores=[store(tmp_path / "none", n=0)]).once()) == []


def test_a_pair_larger_than_the_budget_is_an_error_that_says_how_large(made):
    with pytest.raises(TrainingError, match=r"train.batch_tokens=12 is smaller .* 22 tokens"):
        next(iter(made(budget=12)))


def test_fill_cuts_in_order_and_leaves_nothing_out():
    source, target = np.array([3, 1, 5, 2, 2]), np.array([1, 1, 4, 2, 1])
    cut = fill(source, target, 14)
    assert np.concatenate(cut).tolist() == [0, 1, 2, 3, 4]
    assert [int((source[c] + target[c] + 4).sum()) for c in cut] == [14, 13, 8, 7]
    assert fill(np.array([]), np.array([]), 10) == []
