import pytest
import torch
from torch import Tensor

from jium.nn.cache import Cache, Slot


def steps(n: int, batch: int = 3) -> Tensor:
    return torch.randn(batch, 2, n, 4, generator=torch.Generator().manual_seed(n))


def test_what_is_appended_comes_back_in_order() -> None:
    slot, parts = Slot(6), [steps(3), steps(1), steps(2)]
    for i, part in enumerate(parts):
        keys, values = slot.append(part, -part)
        assert torch.equal(keys, torch.cat(parts[: i + 1], dim=2))
        assert torch.equal(values, -keys)
    assert slot.length == 6


def test_more_than_was_set_aside_is_a_bug_of_the_caller() -> None:
    slot = Slot(2)
    slot.append(steps(2), steps(2))
    with pytest.raises(AssertionError):
        slot.append(steps(1), steps(1))


@pytest.mark.parametrize("rows", [[2, 0, 0], [1], [0, 2], [0, 0, 1, 1, 2]])
def test_rows_are_kept_in_the_order_asked_for_and_grow_on(rows: list[int]) -> None:
    slot, first = Slot(4), steps(3)
    slot.append(first, -first)
    slot.select(torch.tensor(rows))
    more = steps(1, batch=len(rows))
    keys, values = slot.append(more, -more)
    assert torch.equal(keys, torch.cat((first[rows], more), dim=2))
    assert torch.equal(values, -keys)


def test_an_empty_slot_has_no_rows_to_choose() -> None:
    slot = Slot(2)
    slot.select(torch.tensor([1, 0]))
    assert slot.keys is None and slot.length == 0


def test_texts_and_their_sources_are_chosen_apart() -> None:
    cache, own, source = Cache(2, 4), steps(2, batch=4), steps(3, batch=2)
    for slot, other in zip(cache.own, cache.cross, strict=True):
        slot.append(own, own)
        other.hold(source, source)
    cache.select(torch.tensor([3, 2]))
    cache.select_sources(torch.tensor([1]))
    for slot, other in zip(cache.own, cache.cross, strict=True):
        assert slot.keys is not None and other.keys is not None
        assert torch.equal(slot.keys[:, :, :2], own[[3, 2]])
        assert torch.equal(other.keys, source[[1]])
    assert cache.length == 2
