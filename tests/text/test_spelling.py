import math

import pytest

from jium.errors import ConfigError
from jium.text.keyboard import to_keys
from jium.text.spelling import Channel, respellings


def likelihood(typed: str, meant: str) -> float:
    return Channel().log_likelihood(to_keys(typed), to_keys(meant))


def test_nothing_is_likelier_than_no_error() -> None:
    right = likelihood("영화", "영화")
    assert right == pytest.approx(math.log(0.98))
    assert all(
        likelihood(typed, "영화") < right for typed in ("영하", "여화", "영롸", "영화화", "기차")
    )


def test_what_sounds_alike_is_likelier_than_any_other_key() -> None:
    assert likelihood("안되", "안돼") > likelihood("안두", "안돼")
    assert likelihood("게미", "개미") > likelihood("기미", "개미")
    assert likelihood("가치", "같이") > likelihood("가디", "같이")


def test_a_near_key_is_likelier_than_a_far_one() -> None:
    assert likelihood("하람", "사람") > likelihood("파람", "사람")
    assert likelihood("고양ㅓ", "고양이") < likelihood("고양아", "고양이")


def test_two_errors_are_less_likely_than_one() -> None:
    assert likelihood("강마디", "강아지") < likelihood("강아디", "강아지")


def test_common_ends_change_nothing_but_the_places() -> None:
    """Only what differs is aligned; the rest counts as places where an error could have been."""
    channel = Channel()
    long, short = to_keys("아주아주영하아주"), to_keys("아주아주영화아주")
    alone = channel.log_likelihood(to_keys("영하"), to_keys("영화"))
    places = math.log(len(to_keys("영화")) + 1) - math.log(len(short) + 1)
    assert channel.log_likelihood(long, short) == pytest.approx(alone + places)


def test_respellings_undo_the_confusions_of_the_ear() -> None:
    assert to_keys("안돼") in respellings(to_keys("안되"))
    assert to_keys("같이") in respellings(to_keys("가치"))
    assert to_keys("외") in respellings(to_keys("왜"))


def test_no_likelihood_is_above_the_bound() -> None:
    channel = Channel()
    for typed, meant in (("안되", "안돼"), ("영하", "영화"), ("조아", "좋아"), ("게", "개")):
        bound = channel.best_log_likelihood(to_keys(typed))
        assert channel.log_likelihood(to_keys(typed), to_keys(meant)) <= bound


def test_rates_are_checked() -> None:
    with pytest.raises(ConfigError, match="typo_rate: must be between 0 and 1; got 0"):
        Channel(typo_rate=0)
