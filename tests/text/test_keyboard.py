import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.text.hangul import FIRST, LAST
from jium.text.keyboard import KEYS, distance, from_keys, neighbours, to_keys

SYLLABLES = st.characters(min_codepoint=FIRST, max_codepoint=LAST)


@given(st.text(SYLLABLES | st.sampled_from(" .!abc1😀ש")))
def test_text_comes_back_from_its_keys(text: str) -> None:
    assert from_keys(to_keys(text)) == text


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("값", "ㄱㅏㅂㅅ"),
        ("과", "ㄱㅗㅏ"),
        ("까", "ㄲㅏ"),
        ("앉아", "ㅇㅏㄴㅈㅇㅏ"),
        ("ㅋㅋ", "ㅋㅋ"),
    ],
)
def test_keys_are_those_of_the_keyboard(text: str, keys: str) -> None:
    assert to_keys(text) == keys


def test_every_syllable_is_33_keys_at_most_and_comes_back() -> None:
    for code in range(FIRST, LAST + 1):
        assert set(to_keys(chr(code))) <= set(KEYS)
        assert from_keys(to_keys(chr(code))) == chr(code)


def test_nearness_is_mutual_and_shift_lies_on_the_same_key() -> None:
    for key in KEYS:
        for other in KEYS:
            assert distance(key, other) == distance(other, key)
    assert set("ㄱㅛㄹㅎㅆ") == set(neighbours("ㅅ"))
    assert "ㅅ" in neighbours("ㅆ")
    assert "ㅂ" not in neighbours("ㅅ")
