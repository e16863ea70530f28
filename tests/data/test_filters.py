import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.config import build
from jium.data.filters import Filters, why_drop, why_empty
from jium.errors import ConfigError

LONG = "가" * 300


@pytest.mark.parametrize(
    ("settings", "source", "target", "reason"),
    [
        ({}, "나는 간다.", "I go.", ""),
        ({}, "네", "Yes, that is quite right, sir.", ""),
        ({"min_chars": 3}, "네", "Yes", "too_short"),
        ({"max_chars": 299}, LONG, LONG + "x", "too_long"),
        ({}, LONG, "short", "length_ratio"),
        ({}, "short", LONG, "length_ratio"),
        ({"max_ratio": 50.0}, LONG, "short", ""),
        ({}, "Python", "Python", "equal"),
        ({"drop_equal": False}, "Python", "Python", ""),
        ({"source_script": "hangul"}, "I go.", "I went.", "source_script"),
        ({"target_script": "latin"}, "나는 간다.", "나는 갔다.", "target_script"),
        ({"source_script": "hangul"}, "Python 문서", "Python docs", "source_script"),
        ({"source_script": "hangul", "script_share": 0.2}, "Python 문서", "Python docs", ""),
        ({"source_script": "hangul"}, "1 + 1", "2 + 2", ""),
    ],
)  # fmt: skip
def test_a_pair_is_dropped_for_the_reason_it_deserves(
    settings: dict, source: str, target: str, reason: str
) -> None:
    assert why_drop(source, target, build(Filters, settings)) == reason


@given(st.text(min_size=1), st.text(min_size=1))
def test_lengths_are_judged_alike_on_both_sides(source: str, target: str) -> None:
    filters = Filters(max_chars=20, min_chars=2, max_ratio=1.5)
    assert why_drop(source, target, filters) == why_drop(target, source, filters)


def test_a_side_without_text_is_empty() -> None:
    assert why_empty(" \u3000", "x") == "empty_source"
    assert why_empty("x", "\t") == "empty_target"
    assert why_empty("x", "y") == ""


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"min_chars": 0}, "data.max_chars: must be at least min_chars, and that at least 1"),
        ({"min_chars": 5, "max_chars": 4}, "got min_chars=5, max_chars=4"),
        ({"max_ratio": 0.5}, "data.max_ratio: must be at least 1; got 0.5"),
        ({"script_share": 1.5}, r"data.script_share: must be between 0 and 1"),
        ({"source_script": "korean"}, "data.source_script: .*hangul"),
    ],
)
def test_impossible_filters_are_refused(values: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(Filters, values, "data")
