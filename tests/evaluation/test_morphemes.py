import unicodedata

from jium.evaluation.morphemes import korean_stems, morphemes, words


def test_words_are_lowered_and_marks_stand_alone():
    assert words("The U.S. Cat, 3.5!") == [
        "the",
        "u",
        ".",
        "s",
        ".",
        "cat",
        ",",
        "3",
        ".",
        "5",
        "!",
    ]


def test_morphemes_keep_every_sentence_in_order():
    found = morphemes(["나는 간다.", "", "학교에서"])
    assert found[0][:2] == ["나", "는"]
    assert found[1] == []
    assert found[2] == ["학교", "에서"]


def test_decomposed_text_is_composed_first():
    text = "나는 학교에 간다"
    decomposed = unicodedata.normalize("NFD", text)
    assert decomposed != text
    assert morphemes([decomposed]) == morphemes([text])
    assert words(decomposed) == words(text)


def test_stems_are_what_carries_content():
    assert korean_stems("나는 학교에 갔습니다.") == [
        ("나는", "나"),
        ("학교에", "학교"),
        ("갔습니다", "가"),
        (".", "."),
    ]


def test_auxiliary_is_a_stem_only_where_it_stands_alone():
    assert korean_stems("책을 읽고 있습니다")[2] == ("있습니다", "있")
    assert korean_stems("먹어버렸다") == [("먹어버렸다", "먹")]


def test_stems_and_words_are_parallel_even_beside_emoji():
    text = "😀😀 GPT-4는 책을 읽고 있습니다. 3.5점 İstanbul에서 👨‍👩‍👧 좋아요"
    assert [word for word, _ in korean_stems(text)] == words(text)
    assert ("책을", "책") in korean_stems(text)
