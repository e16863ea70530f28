import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.data.scripts import RANGES, count_letters, script_share


@given(st.characters())
def test_a_character_is_of_one_script_at_most(character: str) -> None:
    assert count_letters(character).total() <= 1
    assert sum(bool(re.match(f"[{letters}]", character)) for letters in RANGES.values()) <= 1


@given(st.text())
def test_shares_lie_between_none_and_all(text: str) -> None:
    assert all(0 <= script_share(text, script) <= 1 for script in RANGES)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("한글은 ㅋㅋ 좋다", "hangul"),
        ("\u1112\u1161\u11ab", "hangul"),
        ("Straße café", "latin"),
        ("漢字", "han"),
        ("ひらがなカタカナ", "kana"),
        ("Привет", "cyrillic"),
        ("αβγ", "greek"),
        ("مرحبا", "arabic"),
        ("ไทย", "thai"),
        ("हिन", "other"),
    ],
)
def test_letters_are_counted_by_script(text: str, script: str) -> None:
    assert set(count_letters(text)) == {script}


def test_mixed_text_is_shared_out() -> None:
    assert count_letters("Python 3.9 문서") == {"latin": 6, "hangul": 2}
    assert script_share("ab 가나", "hangul") == 0.5
    assert script_share("1 + 1 = 2", "hangul") == 1.0
