import torch
from torch import Tensor

from jium.generation.prefixes import Prefixes


def taken(n: int) -> Tensor:
    return torch.arange(n).view(1, 1, 1, n, 1)


def test_the_longest_beginning_is_found_but_never_all_of_a_prompt() -> None:
    kept = Prefixes(100)
    kept.keep([1, 2, 3, 4], taken)
    kept.keep([1, 2, 9], taken)
    assert kept.longest([1, 2, 3, 7])[0] == 3
    assert kept.longest([1, 2, 3, 4])[0] == 3
    assert kept.longest([1, 2, 9, 9, 9])[0] == 3
    assert kept.longest([8, 1])[0] == 0 and kept.longest([8, 1])[1] is None
    assert kept.longest([1]) == (0, None)
    found = kept.longest([1, 2, 3, 7])[1]
    assert found is not None and torch.equal(found, taken(3))


def test_what_was_not_used_for_longest_goes_first() -> None:
    kept = Prefixes(6)
    kept.keep([1, 1], taken)
    kept.keep([2, 2], taken)
    kept.longest([1, 1, 5])
    kept.keep([3, 3, 3], taken)
    assert [kept.longest([n, n, 5])[0] for n in (1, 2, 3)] == [2, 0, 2]
    assert kept.tokens == 5 and len(kept) == 2


def test_a_text_stands_for_those_that_it_begins_with() -> None:
    kept = Prefixes(10)
    kept.keep([1, 2], taken)
    kept.keep([1, 2, 3], taken)
    kept.keep([1], taken)
    assert len(kept) == 1 and kept.tokens == 3


def test_no_more_is_kept_than_there_is_room_for() -> None:
    kept = Prefixes(3)
    kept.keep([1, 2, 3, 4, 5], taken)
    assert kept.tokens == 3 and kept.longest([1, 2, 3, 4, 5])[0] == 3


def test_a_text_of_which_nothing_was_read_changes_nothing() -> None:
    kept = Prefixes(4)
    kept.keep([], taken)
    assert len(kept) == 0
    kept.keep([1, 1], taken)
    kept.keep([2, 2], taken)
    kept.keep([], taken)
    kept.keep([3], taken)  # the oldest goes
    assert kept.longest([1, 1, 1])[0] == 0 and kept.longest([2, 2, 2])[0] == 2


def test_nothing_is_kept_where_nothing_can_be_taken() -> None:
    kept = Prefixes(3)
    kept.keep([1, 2], lambda n: None)
    assert kept.tokens == 0 and len(kept) == 0
