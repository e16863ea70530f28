"""The order of batches, whatever they are made of."""

from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from jium.data.epochs import START, Batch, Epochs, Position, pool_rows, pools_of
from jium.nn.layout import Layout
from jium.nn.rows import Places


class Numbers(Epochs[int, tuple[int, Position]]):
    """Ten numbers in pools of four, two of which make no batch."""

    n_pools = pools_of(10, 4)

    def _plan(self, epoch: int, pool: int) -> list[int]:
        return pool_rows(10, epoch, pool, self.n_pools).tolist()

    def _make(self, item: int, place: Position, after: Position) -> tuple[int, Position] | None:
        return None if item in (3, 7) else (item, after)


def test_an_epoch_has_every_row_once_and_its_pools_differ_from_the_last_one_s():
    found = [number for number, _ in islice(Numbers(), 16)]
    assert sorted(found[:8]) == sorted(found[8:]) == [0, 1, 2, 4, 5, 6, 8, 9]
    assert found[:8] != found[8:]


def test_it_goes_on_at_any_place_as_if_nothing_had_been():
    whole = list(islice(Numbers(), 30))
    for done in range(20):
        rest = Numbers()
        rest.go_on(list(whole[done][1]))
        assert list(islice(rest, 8)) == whole[done + 1 : done + 9]


@dataclass(frozen=True)
class Some(Batch):
    tokens: torch.Tensor
    layout: Layout
    rows: Places
    numbers: np.ndarray
    labels: dict[str, torch.Tensor]
    words: tuple[str, ...] = ()
    after: Position = START


def some() -> Some:
    places = Places.of(np.array([5, 2, 5]))
    labels = {"colour": torch.tensor([1])}
    return Some(torch.arange(3), Layout([1, 2]), places, np.array([7]), labels, ("a",))


def test_what_is_kept_of_a_broken_batch_can_be_read_by_a_person():
    kept = {name: tensor.tolist() for name, tensor in some().tensors().items()}
    assert kept == {"tokens": [0, 1, 2], "lengths": [1, 2], "rows": [5, 2, 5], "numbers": [7]}


def test_a_batch_on_another_device_has_all_its_tensors_there():
    there = torch.device("meta")
    moved = some().to(there)
    for tensor in (moved.tokens, *moved.rows, *moved.labels.values()):
        assert tensor.device == there
    assert moved.layout.device == there and moved.words == ("a",) and moved.after is START
