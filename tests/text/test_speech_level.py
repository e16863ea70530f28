"""Speech levels, on sentences written for these tests before the rules were."""

import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from jium.text.speech_level import LEVELS, SpeechLevel, speech_level, speech_levels

pytest.importorskip("kiwipiepy")
LINES = Path(__file__).with_name("speech_levels.tsv").read_text("utf-8").splitlines()
ROWS = [line.split("\t") for line in LINES if not line.startswith("#")]
SENTENCES = [(name, text) for name, text in ROWS if name in LEVELS]
TEXTS = [(names.split(), text) for names, text in ROWS if names not in LEVELS]


def test_fixture_has_enough_of_every_level():
    counts = Counter(name for name, _ in SENTENCES)
    assert set(counts) == set(LEVELS)
    assert min(counts.values()) >= 25
    assert len(TEXTS) >= 20
    assert len({text for _, text in ROWS}) == len(ROWS)


def test_every_sentence_of_the_fixture_has_its_level():
    wrong = [
        (text, expected, found.name)
        for expected, text in SENTENCES
        if (found := speech_level(text)).name != expected
    ]
    assert not wrong


def test_every_text_of_the_fixture_has_the_levels_of_its_sentences():
    wrong = []
    for expected, text in TEXTS:
        found = ["-" if one.quoted else one.level.name for one in speech_levels(text).sentences]
        if found != expected:
            wrong.append((text, expected, found))
    assert not wrong


@pytest.mark.parametrize(
    ("sentence", "ending", "written"),
    [
        ("저는 학교에 갑니다.", "ㅂ니다", "갑니다"),
        ("벌써 먹었어요?", "어요", "어요"),
        ("나는 모르오.", "오", "오"),
        ("어서 앉게!", "게", "게"),
        ("꽃이 피는구나ㅋㅋ", "는구나", "는구나"),
        ("이제 알았어 😀", "어", "어"),
        ("시험이 끝났음", "음", "음"),
    ],
)
def test_evidence_is_the_ending_and_where_it_stands(sentence, ending, written):
    found = speech_level(sentence)
    assert found.ending == ending
    assert sentence[found.start : found.end] == written


def test_evidence_in_a_text_is_counted_from_its_start():
    text = "비가 옵니다. 우산 있어요?"
    found = speech_levels(text).sentences
    assert [text[one.start : one.end].strip() for one in found] == ["비가 옵니다.", "우산 있어요?"]
    assert [text[one.level.start : one.level.end] for one in found] == ["옵니다", "어요"]


def test_levels_have_korean_names():
    assert speech_level("같이 가요.").korean == "해요체"
    assert speech_level("제목").korean == "등급 없음"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("방이 춥네.", "hae"),
        ("자네, 방이 춥네.", "hage"),
        ("뭐 하게?", "hae"),
        ("어디 가는가?", "haera"),
        ("자네 어디 가는가?", "hage"),
    ],
)
def test_shared_endings_follow_the_word_for_the_hearer(text, level):
    assert speech_level(text).name == level


def test_shared_endings_follow_the_other_sentences():
    def last(text: str) -> str:
        return speech_levels(text).sentences[-1].level.name

    assert last("어서 오게. 밖이 춥네.") == "hage"
    assert last("어서 와. 밖이 춥네.") == "hae"
    assert last("아무도 모른다. 삶이란 무엇인가?") == "haera"
    assert last("나도 모르겠소. 함께 찾아봅시다.") == "hao"
    assert last("저도 모르겠습니다. 함께 찾아봅시다.") == "hasipsio"


def test_mixing_and_clashing_are_told_apart():
    one = speech_levels("비가 옵니다. 우산을 챙기십시오.")
    assert (one.levels, one.mixed, one.clashing) == (["hasipsio"], False, False)
    both_polite = speech_levels("비가 옵니다. 우산 챙기세요.")
    assert (both_polite.mixed, both_polite.clashing) == (True, False)
    with_plain = speech_levels("비가 옵니다. 우산 챙겨.")
    assert (with_plain.mixed, with_plain.clashing) == (True, True)


def test_quoted_speech_does_not_count():
    found = speech_levels('동생이 "나도 갈래!" 하고 외쳤습니다. "안 돼." 저는 말했습니다.')
    assert found.levels == ["hasipsio"]
    assert not found.mixed


def test_a_text_that_is_one_quotation_counts():
    assert speech_levels("“어서 오세요. 반가워요.”").levels == ["haeyo"]
    assert speech_level('"어서 와!"').name == "hae"


def test_counts_put_the_commonest_level_first():
    found = speech_levels("왔어. 비가 온다. 우산이 없다. 큰일이다!")
    assert found.levels == ["haera", "hae"]
    assert found.counts["haera"] == 3


@pytest.mark.parametrize("text", ["", " ", "\n", "ㅏ", "ᆫ", "مرحبا", "👨‍👩‍👧", "2 + 2", "..."])
def test_text_without_an_ending_has_no_level(text):
    assert speech_level(text) == SpeechLevel("none")
    assert speech_levels(text).levels == []


def test_decomposed_text_has_the_level_of_composed():
    sentence = "저는 학교에 갑니다."
    assert speech_level(unicodedata.normalize("NFD", sentence)) == speech_level(sentence)
