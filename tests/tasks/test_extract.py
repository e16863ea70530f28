"""Summaries out of a text's own sentences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jium.errors import ConfigError
from jium.tasks.extract import EXTRACTIVE, Extractor, cut_words

pytest.importorskip("kiwipiepy")

TEXT = (
    "저는 부산에 사는 사람입니다. 학교 급식의 소금을 줄여 주세요. "
    "아이들이 먹는 급식에 소금이 너무 많습니다. 어제는 비가 왔습니다. "
    "급식의 소금을 줄이면 아이들이 건강해집니다."
)
RANDOM = st.text(alphabet="가나다 급식 소금을줄여주세요.!?\n\"'()[]aZ1😀\u1100\u1161", max_size=120)


@pytest.fixture(scope="module", params=EXTRACTIVE)
def extractor(request: pytest.FixtureRequest) -> Extractor:
    return Extractor.of(request.param)


@settings(max_examples=40)
@given(text=RANDOM, sentences=st.integers(1, 5), room=st.none() | st.integers(1, 60))
def test_what_is_extracted_stands_in_the_text_word_for_word(text, sentences, room) -> None:
    for kind in EXTRACTIVE:
        found = Extractor.of(kind).extracts(text, sentences=sentences, max_chars=room)
        assert len(found) <= sentences
        assert all(text[one.start : one.end] == one.text != "" for one in found)
        ends = [place for one in found for place in (one.start, one.end)]
        assert ends == sorted(ends)
        assert room is None or len(" ".join(one.text for one in found)) <= room


def test_sentences_that_share_words_win() -> None:
    found = Extractor.of("textrank").extracts(TEXT, sentences=3)
    assert all("급식" in one.text for one in found)
    assert "급식" in Extractor.of("lsa").summarise(TEXT, sentences=1)


@pytest.mark.parametrize("room", [None, 200])
def test_a_sentence_that_stands_there_twice_is_taken_once(
    extractor: Extractor, room: int | None
) -> None:
    twice = "급식의 소금을 줄여 주세요. 어제는 비가 왔습니다. 급식의  소금을 줄여 주세요. 네."
    found = [one.text for one in extractor.extracts(twice, sentences=3, max_chars=room)]
    assert len(found) == len({" ".join(text.split()) for text in found}) == 3


def test_the_lead_is_the_first_sentence() -> None:
    assert Extractor.of("lead").summarise(TEXT) == "저는 부산에 사는 사람입니다."
    assert len(Extractor.of("lead", n_sentences=2).extracts(TEXT)) == 2


def test_a_list_gives_a_list(extractor: Extractor) -> None:
    assert extractor.summarise([TEXT, ""]) == [extractor.summarise(TEXT), ""]
    assert extractor.summarise([]) == []


@pytest.mark.parametrize("text", ["", " \n ", "\u200b", "!!!", "... 123. 456!", "\ud800 a", "밥."])
def test_odd_texts_give_texts(extractor: Extractor, text: str) -> None:
    summary = extractor.summarise(text, sentences=9)
    assert isinstance(summary, str) and summary.split() == text.split()


def test_more_sentences_than_there_are_is_the_whole_text(extractor: Extractor) -> None:
    assert extractor.summarise(TEXT, sentences=1000) == TEXT


@pytest.mark.parametrize("option", ["sentences", "max_chars"])
def test_no_sentence_at_all_cannot_be_asked_for(extractor: Extractor, option: str) -> None:
    with pytest.raises(ConfigError, match="must be at least 1; got 0"):
        extractor.summarise(TEXT, **{option: 0})


def test_a_sentence_without_room_gives_way_to_the_next() -> None:
    lead = Extractor.of("lead", n_sentences=5)
    assert (
        lead.summarise(TEXT, max_chars=30) == "저는 부산에 사는 사람입니다. 어제는 비가 왔습니다."
    )
    assert lead.summarise(TEXT, max_chars=8) == "저는 부산에"


def test_a_cut_falls_between_words_where_it_can() -> None:
    assert [cut_words("가나 다라 마", n) for n in (2, 3, 4, 5, 6, 7, 9)] == [
        *("가나", "가나", "가나", "가나 다라", "가나 다라", "가나 다라 마", "가나 다라 마"),
    ]
    assert cut_words("가나다라", 3) == "가나다"


def test_english_is_read_too() -> None:
    text = (
        "Good morning. The council will close the old bridge. Repairs of the bridge take a year. "
        "Some like tea. The council pays for the bridge repairs."
    )
    assert "bridge" in Extractor.of("textrank").summarise(text, sentences=1)
    assert Extractor.of("textrank").keywords(text, 1) == ["bridge"]


def test_keywords_are_the_nouns_that_a_text_turns_on() -> None:
    found = Extractor.of("textrank").keywords(TEXT, 3)
    assert set(found) >= {"급식", "소금"} and len(found) == 3
    assert Extractor.of("lead").keywords("!!") == []
    with pytest.raises(ConfigError, match="n: must be at least 1"):
        Extractor.of("lead").keywords(TEXT, 0)


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(ConfigError, match="must be one of textrank, lsa, lead; got 'magic'"):
        Extractor.of("magic")
    with pytest.raises(ConfigError, match=r"model\.dampng: unknown key"):
        Extractor.of("textrank", dampng=0.5)
