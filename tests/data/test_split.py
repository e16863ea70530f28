from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.config import build
from jium.data.split import Shares, choose_split
from jium.errors import ConfigError

SHARE = st.floats(0, 0.49)


@given(st.text(), st.integers(), SHARE, SHARE, SHARE, SHARE)
def test_larger_shares_take_from_train_only(text, seed, valid, test, more_valid, more_test) -> None:  # type: ignore[no-untyped-def]
    before = choose_split(text, seed, valid, test)
    after = choose_split(text, seed, max(valid, more_valid), max(test, more_test))
    assert after == before or before == "train"


def test_shares_are_met() -> None:
    counts = Counter(choose_split(f"문장 {i}", 0, 0.1, 0.2) for i in range(20_000))
    assert abs(counts["valid"] - 2000) < 200
    assert abs(counts["test"] - 4000) < 300


def test_another_seed_is_another_split() -> None:
    first, second = ([choose_split(f"{i}", seed, 0.1, 0.1) for i in range(1000)] for seed in (0, 1))
    assert first != second


def test_no_share_is_no_pair() -> None:
    assert {choose_split(f"{i}", 0, 0, 0) for i in range(5000)} == {"train"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"valid_share": 1.0}, r"data.valid_share: must be in \[0, 1\); got 1.0"),
        ({"test_share": -0.1}, "data.test_share: must be in"),
        ({"valid_share": 0.5, "test_share": 0.5}, "data.test_share: leaves nothing to train on"),
    ],
)
def test_impossible_shares_are_refused(values: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(Shares, values, "data")
