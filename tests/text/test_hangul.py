"""Syllables and letters."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from jium.text.hangul import compose, decompose, from_jamo, has_final, jamo_origins, to_jamo

ANY_TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("가각힣한글\u1100\u1161\u11a8\u11a7\u10ff\x10ㄱㅏ"),
    )
)


def test_every_syllable_comes_back_from_its_letters_which_are_those_of_unicode():
    for code in range(0xAC00, 0xD7A4):
        syllable = chr(code)
        assert "".join(decompose(syllable)) == unicodedata.normalize("NFD", syllable)
        assert compose(*decompose(syllable)) == syllable


def test_final_consonant_is_seen_in_the_last_syllable_only():
    assert has_final("책") and has_final("값")
    assert (
        not has_final("나무") and not has_final("책b") and not has_final("") and not has_final("ㄱ")
    )


@given(ANY_TEXT)
def test_spelling_out_is_undone_exactly_even_where_jamo_stood_already(text):
    assert from_jamo(to_jamo(text)) == text


@given(ANY_TEXT)
def test_every_letter_knows_the_character_it_came_from(text):
    spelled, origins = to_jamo(text), jamo_origins(text)
    assert len(origins) == len(spelled) and origins == sorted(origins)
    assert set(origins) == set(range(len(text)))


def test_corona_has_three_code_points_in_nfc_and_six_in_nfd():
    assert len("코로나") == 3
    assert len(to_jamo("코로나")) == len(unicodedata.normalize("NFD", "코로나")) == 6
