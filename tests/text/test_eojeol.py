import pytest

from jium.text.eojeol import eojeols, word_spans


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("영화가 재밌다ㅋㅋㅋ", ["영화가", "재밌다"]),
        ("ㅠㅠ 슬프다ㅠ", ["슬프다"]),
        ("3시에 TV를 봤다", ["봤다"]),
        ("https://example.org/한국어 보세요", ["보세요"]),
        ("메일은 이름@example.org 입니다", ["메일은", "입니다"]),
        ("#해시태그 좋아요!!", ["좋아요"]),
        ("영화ㄹㅡㄹ 보다", ["영화ㄹㅡㄹ", "보다"]),
        ("😀 שלום hello 123", []),
        ("", []),
    ],
)
def test_only_words_that_have_a_spelling_count(text: str, words: list[str]) -> None:
    assert eojeols(text) == words


def test_spans_are_in_order_and_part_of_the_text() -> None:
    text = "오늘은ㅋㅋ 날씨가, 좋다... 그렇죠?"
    spans = list(word_spans(text))
    assert spans == sorted(spans)
    assert [text[a:b] for a, b in spans] == eojeols(text) == ["오늘은", "날씨가", "좋다", "그렇죠"]
