"""How words end when they are read aloud."""

import pytest

from jium.text.sounds import final_sound


@pytest.mark.parametrize(
    ("word", "final"),
    [
        *[("사과", "vowel"), ("책", "consonant"), ("서울", "ㄹ"), ("값", "consonant")],
        *[("0", "consonant"), ("1", "ㄹ"), ("2", "vowel"), ("3", "consonant"), ("9", "vowel")],
        *[("10", "consonant"), ("17", "ㄹ"), ("2024", "vowel"), ("1,000", "consonant")],
        *[("3.5", "vowel"), ("0.7", "ㄹ"), ("1000000000000", "vowel"), ("50%", "vowel")],
        *[("LG", "vowel"), ("IBM", "consonant"), ("URL", "ㄹ"), ("PR", None), ("TV", "vowel")],
        *[("MP3", "vowel"), ("GPT-4", "vowel"), ("G20", None), ("JSON", "consonant")],
        *[("NASA", "vowel"), ("IDLE", None), ("x", "vowel"), ("n", "consonant")],
        *[("apple", "ㄹ"), ("iPhone", "consonant"), ("server", "vowel"), ("cat", None)],
        *[("Internet", "consonant"), ("Music", "consonant"), ("coffee", "vowel")],
        *[("5kg", "consonant"), ("10km", "vowel"), ("3 m", "vowel"), ("5G", "vowel")],
        *[("ㄱ", "consonant"), ("ㄹ", "ㄹ"), ("ㅏ", "vowel"), ("ㅋㅋ", None), ("C#", "consonant")],
    ],
)
def test_words_numbers_and_letters(word, final):
    assert final_sound(word) == final


@pytest.mark.parametrize(
    "word",
    [
        "'책'",
        "“책”",
        "「책」",
        "책(book)",
        "책 [1]",
        "책!",
        "책(사과(apple))",
        "(책)",
        "《책》(2024)",
    ],
)
def test_quotes_marks_and_bracketed_remarks_are_not_read(word):
    assert final_sound(word) == "consonant"


@pytest.mark.parametrize("word", ["", " ", "()", "😀", "مرحبا", "大學", "...", ")", "_"])
def test_what_cannot_be_read_has_no_sound(word):
    assert final_sound(word) is None
