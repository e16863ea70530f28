"""The words that say what a sentence is about."""

import unicodedata

import pytest

from jium.text.content import content_words

pytest.importorskip("kiwipiepy")


def test_korean_gives_nouns_and_predicates_in_the_form_of_the_dictionary() -> None:
    assert content_words(["강아지가 밥을 먹었습니다.", "강아지에게 밥을 먹여서"])[0] == [
        "강아지",
        "밥",
        "먹",
    ]
    assert content_words(["강아지가 밥을 먹었습니다."], verbs=False) == [["강아지", "밥"]]


def test_words_without_meaning_of_their_own_are_left_out() -> None:
    assert content_words(["그것은 할 수 있는 것이 되었다."]) == [[]]
    assert content_words(["It is what they are, and 12 of the..."]) == [[]]


def test_english_words_are_singular_and_in_lower_case() -> None:
    assert content_words(["The DOGS bark; a dog barks"]) == [["dog", "bark", "dog", "bark"]]


def test_words_of_both_scripts_stand_in_the_order_of_the_text() -> None:
    assert content_words(["OpenAI가 서울에서 Python 대회를"]) == [
        ["openai", "서울", "python", "대회"]
    ]


def test_conjoining_jamo_are_the_same_words() -> None:
    text = "강아지가 밥을 먹었다."
    assert content_words([unicodedata.normalize("NFD", text)]) == content_words([text])


@pytest.mark.parametrize("text", ["", " ", "!?", "\ud800", "😀", "123", "ㅋㅋㅋ"])
def test_a_text_without_words_has_none(text: str) -> None:
    assert content_words([text, "밥"]) == [[], ["밥"]]
