import random

import pytest

from jium.data.noise import KINDS, Noise, misspell
from jium.errors import ConfigError
from jium.text.eojeol import eojeols

TEXTS = [
    "오늘은 날씨가 좋아서 강가를 오래 걸었다.",
    "같이 앉아서 책을 읽었습니다 ㅋㅋ",
    "3시 TV",
] * 40


def test_the_same_seed_makes_the_same_errors() -> None:
    assert Noise(seed=1)(TEXTS) == Noise(seed=1)(TEXTS)
    assert Noise(seed=1)(TEXTS) != Noise(seed=2)(TEXTS)


def test_as_many_words_are_spoiled_as_asked_and_spaces_stay() -> None:
    spoiled = Noise(rate=0.3)(TEXTS)
    pairs = [
        (a, b)
        for good, bad in zip(TEXTS, spoiled, strict=True)
        for a, b in zip(good.split(), bad.split(), strict=True)
    ]
    wrong = sum(a != b for a, b in pairs)
    assert 0.22 < wrong / sum(len(eojeols(text)) for text in TEXTS) < 0.38
    assert all(a == b for a, b in pairs if a in ("3시", "TV", "ㅋㅋ"))


def test_no_rate_no_errors() -> None:
    assert Noise(rate=0.0)(TEXTS) == TEXTS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_error_changes_something(kind: object) -> None:
    draw = random.Random(0)
    assert any(kind(word, draw) != word for word in ("앉아서", "좋아서", "날씨가"))  # type: ignore[operator]


def test_a_misspelled_word_still_has_a_syllable() -> None:
    draw = random.Random(0)
    words = [misspell(word, draw) for word in ["가", "나무", "읽었습니다", "!"] * 50]
    assert all(any("가" <= c <= "힣" for c in word) or word == "!" for word in words)


def test_a_wrong_rate_is_named() -> None:
    with pytest.raises(ConfigError, match="rate: must be between 0 and 1; got 2"):
        Noise(rate=2)
