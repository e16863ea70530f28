"""Cleaning: the same text every time, and nothing lost that is not rubbish."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jium.errors import ConfigError
from jium.text.normalise import Cleaning, clean, clean_with_spans

PARTS = [
    *(
        "안녕",
        "ㅋㅋㅋㅋㅋ",
        "ㅠㅠㅠ",
        "!!!!!!",
        "<b>",
        "</b>",
        "<br/>",
        "<p>",
        "x<y",
        "<script>",
        "<!--",
    ),
    *(
        "-->",
        "&lt;",
        "&amp;",
        "&amp;lt;b&amp;gt;",
        "&nbsp;",
        "&#8203;",
        " ",
        "\t",
        "\r\n",
        "\n\n\n",
    ),
    *(
        "\u3000",
        "\u200b",
        "\u200d",
        "👨\u200d👩",
        "\ufeff",
        "\u1112",
        "\u1161",
        "\u11ab",
        "e\u0301",
    ),
    *(
        "ì•ˆë…•",
        "Ã©",
        "\x00",
        "\x1b[1m",
        "ﬀ",
        "Straße",
        "10000",
        "\ud800",
        "İ",
        "<textarea>",
        "<td>",
    ),
]
MESSY = st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=5)), max_size=12).map("".join)


@given(MESSY)
@settings(max_examples=1000, deadline=None)
@example("&amp;amp;amp;lt;b&gt;")
def test_cleaning_twice_is_cleaning_once_and_the_result_can_be_written(text):
    once = clean(text)
    assert clean(once) == once
    once.encode("utf-8")


@given(MESSY)
@settings(max_examples=200, deadline=None)
def test_spans_belong_to_the_cleaned_text_in_order_and_within_the_source(text):
    cleaned, spans = clean_with_spans(text)
    assert cleaned == clean(text)
    assert len(spans) == len(cleaned)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)


def test_spans_point_at_the_characters_they_came_from():
    source = "<b>안녕</b>  세상\u200b ㅋㅋㅋㅋ \u1112\u1161\u11ab"
    cleaned, spans = clean_with_spans(source)
    assert cleaned == "안녕 세상 ㅋㅋ 한"
    cut = [source[start:end] for start, end in spans]
    assert cut[:2] == ["안", "녕"] and cut[3:5] == ["세", "상"] and cut[6:8] == ["ㅋ", "ㅋ"]
    assert cut[-1] == "\u1112\u1161\u11ab"


@pytest.mark.parametrize(
    ("source", "cleaned"),
    [
        ("<p>안<b>녕</b></p><p>또</p>", "안녕\n\n또"),
        ("a&nbsp;b &lt; c", "a b < c"),
        ("<script>x()</script>hi<!-- no -->", "hi"),
        ("x<y, <기생충> <Parasite> i <3 you", "x<y, <기생충> <Parasite> i <3 you"),
        ("ì•ˆë…•í•˜ì„¸ìš”", "안녕하세요"),
        ("ㅋㅋㅋㅋ ㅠㅠㅠ ㅋㅠㅠ", "ㅋㅋ ㅠㅠ ㅋㅠㅠ"),
        ("10000 www 하하하하 와!!!!!!", "10000 www 하하하하 와!!!"),
        ("\u1100\u1161\u11a8 \u11a8", "각 ㄱ"),
        ("가\u200b나\ufeff 👨\u200d👩\u200d👧", "가나 👨\u200d👩\u200d👧"),
        (" a \t b \r\n\r\n\r\n c ", "a b\n\nc"),
        ("Straße", "Straße"),
        ("a\ud800b", "ab"),
    ],
)
def test_each_kind_of_rubbish_goes_and_what_looks_like_it_stays(source, cleaned):
    assert clean(source) == cleaned


def test_spans_survive_a_long_text_and_a_long_cut():
    source = (
        "<i>머리</i> " + "<b>안녕</b> " * 300 + f"<script>{'x=1;' * 500}</script>" + "<u>끝</u>말"
    )
    cleaned, spans = clean_with_spans(source)
    assert cleaned == "머리 " + "안녕 " * 300 + "끝말"
    assert all(source[a:b] == char for char, (a, b) in zip(cleaned, spans, strict=True))
    assert spans[-2:] == [
        (source.index("끝"), source.index("끝") + 1),
        (len(source) - 1, len(source)),
    ]


def test_compatibility_jamo_stay_as_they_are():
    """NFKC would turn ㅋ U+314B into U+110F."""
    assert clean("ㅋ") == "\u314b"


def test_each_rule_can_be_left_out():
    assert clean("<b>ㅋㅋㅋ</b>!!!!", Cleaning(html=False)) == "<b>ㅋㅋ</b>!!!"
    assert clean("ㅋㅋㅋ!!!!", Cleaning(max_run=0, max_sign_run=0)) == "ㅋㅋㅋ!!!!"
    assert clean("a  b", Cleaning(spaces=False)) == "a  b"
    assert clean("Straße", Cleaning(lowercase=True)) == "strasse"


def test_a_negative_run_is_refused():
    with pytest.raises(ConfigError, match="^max_run: must be at least 0; got -1"):
        Cleaning(max_run=-1)
