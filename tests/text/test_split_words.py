"""Running text as words."""

import pytest

from jium.text.split_words import split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("나는 갔다, 3개의 사과_맛!", ["나는", "갔다", "3개의", "사과", "맛"]),
        ("좋아요 ㅋㅋ ㄱ", ["좋아요", "ㅋㅋ", "ㄱ"]),
        ("맛있다😀😀 짱", ["맛있다", "😀", "😀", "짱"]),
        ("שָׁלוֹם עולם", ["שָׁלוֹם", "עולם"]),
        ("สวัสดี well-known", ["สวัสดี", "well", "known"]),
        ("...", []),
        ("", []),
    ],
)
def test_words_as_written(text, words):
    assert split_words([text], "word") == [words]


def test_morphemes_are_dictionary_forms_without_signs():
    pytest.importorskip("kiwipiepy")
    found = split_words(["나는 학교에 갔다.", "영화가 예쁘다!"], "morpheme")
    assert found == [["나", "는", "학교", "에", "가다", "었", "다"], ["영화", "가", "예쁘다", "다"]]
