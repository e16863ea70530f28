"""Spaces compared with those that Kiwi would write."""

import unicodedata

import pytest

from jium.text.spacing import spacing_quality

pytest.importorskip("kiwipiepy")


def test_good_spacing_is_good():
    assert spacing_quality("아버지가 방에 들어가신다.") == (1, 1, 1, 1, 10)


def test_a_missing_and_a_wrong_space_are_counted():
    """Eleven letters have ten places between them, two with a space."""
    missing = spacing_quality("아버지가방에 들어가신다.")
    assert (missing.agreement, missing.precision, missing.recall) == (0.9, 1, 0.5)
    wrong = spacing_quality("아버지가 방 에 들어가신다.")
    assert wrong.agreement == 0.9 and wrong.precision == pytest.approx(2 / 3)
    assert wrong.recall == 1 and wrong.f1 == pytest.approx(0.8)


def test_worse_spacing_is_worse():
    texts = (
        "나는 오늘 학교에 간다",
        "나는오늘 학교에 간다",
        "나는오늘학교에간다",
        "나 는오 늘학교에간다",
    )
    found = [spacing_quality(text).agreement for text in texts]
    assert found == sorted(found, reverse=True) and len(set(found)) == len(found)


def test_texts_are_counted_together():
    one, two = "나는오늘 간다", "비가 온다"
    both = spacing_quality([one, two])
    assert both == spacing_quality(f"{one}\n{two}")
    assert both.places == spacing_quality(one).places + spacing_quality(two).places


def test_normal_forms_are_measured_alike():
    text = "아버지가방에 들어가신다"
    assert spacing_quality(unicodedata.normalize("NFD", text)) == spacing_quality(text)


@pytest.mark.parametrize(
    "text", ["", " \n ", "I am here.", "ㅋㅋ ㅠㅠ", "👍 👍", "שלום עולם", "비"]
)
def test_where_no_korean_is_spaced_nothing_is_wrong(text: str):
    assert spacing_quality(text) == (1, 1, 1, 1, 0)


def test_half_a_character_does_no_harm():
    assert spacing_quality("비가 온다 \ud800").f1 == 1
