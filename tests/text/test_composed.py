"""Composing a text, and finding places in it again."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.text.composed import Composed

PIECES = st.sampled_from(
    [
        "가",
        "\u1100\u1161",
        "\u1100\u1161\u11a8",
        "e\u0301",
        "é",
        "q\u0323\u0307",
        "a",
        " ",
        "👍",
        "ㅋ",
        "\u0301",
        "\u1161",
        "\u0958",
        "漢",
    ]  # fmt: skip
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_it_is_nfc_and_every_place_is_found_again(text: str):
    whole = Composed.of(text)
    assert whole.text == unicodedata.normalize("NFC", text)
    assert len(whole.begins) == len(whole.text) + 1
    for place in range(len(whole.text)):
        start, end = whole.given(place, place + 1)
        first, last = whole.inside(start, end)
        assert first <= place < last
        assert unicodedata.normalize("NFC", text[start:end]) == whole.text[first:last]


@given(st.text(max_size=20))
def test_any_text_is_composed(text: str):
    assert Composed.of(text).text == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("word", ["서울", "한국"])
def test_a_span_moves_with_its_text(word: str):
    apart = unicodedata.normalize("NFD", f"어제 {word}에서")
    start, end = apart.index(unicodedata.normalize("NFD", word)), 0
    end = start + len(unicodedata.normalize("NFD", word))
    whole = Composed.of(apart)
    first, last = whole.inside(start, end)
    assert whole.text[first:last] == word
    assert whole.given(first, last) == (start, end)
