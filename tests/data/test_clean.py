import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.data.clean import as_text, cleaner, one_line
from jium.text.normalise import Cleaning


@given(st.text())
def test_a_clean_text_is_one_clean_line(text: str) -> None:
    clean = cleaner(Cleaning())
    once = clean(text)
    assert "\n" not in once and once == once.strip()
    assert clean(once) == once


def test_without_cleaning_a_text_stays() -> None:
    assert cleaner(None)(" <b>ㅋㅋㅋㅋ</b>\u200b ") == " <b>ㅋㅋㅋㅋ</b>\u200b "


def test_lines_become_spaces() -> None:
    assert one_line("하나\n 둘\r\n\r\n셋") == "하나 둘 셋"
    assert one_line("한  줄") == "한  줄"


@pytest.mark.parametrize(
    ("value", "text"),
    [("가", "가"), (None, ""), (3, "3"), (1.5, "1.5"), ([1], None), (b"x", None), ("\ud83d", None)],
)
def test_only_what_is_text_is_taken_as_text(value: object, text: str | None) -> None:
    assert as_text(value) == text
