import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.data.characters import odd_kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("나는 간다. I go! 😀", []),
        ("x < y & z > 1", []),
        ("a\x07b", ["control"]),
        ("가\u200b나", ["zero_width"]),
        ("caf\ufffd", ["replacement"]),
        ("\ue000", ["private_use"]),
        (unicodedata.normalize("NFD", "한"), ["conjoining_jamo", "not_nfc"]),
        (unicodedata.normalize("NFD", "é"), ["not_nfc"]),
        ("<b>굵게</b>", ["html"]),
        ("you &amp; me", ["html"]),
    ],
)
def test_oddities_are_named(text: str, kinds: list[str]) -> None:
    assert odd_kinds(text) == kinds


@given(st.text("abc 가나다.,!?"))
def test_plain_text_has_none(text: str) -> None:
    assert odd_kinds(text) == []
