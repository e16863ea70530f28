"""What a sample of Korean texts says of their spacing and speech levels."""

from random import Random

import pytest

from jium.data import korean_sample
from jium.data.korean_sample import CHARACTERS, Sample, look


def test_speech_levels_and_spacing_are_told():
    pytest.importorskip("kiwipiepy")
    found = look(["비가 옵니다. 우산을 쓰세요.", "나는 간다."])
    assert found is not None and (found.texts, found.sentences) == (2, 3)
    assert found.levels == pytest.approx({"hasipsio": 1 / 3, "haeyo": 1 / 3, "haera": 1 / 3})
    assert found.mixed == 0.5  # of the texts
    assert (found.spacing, found.spaces_f1) == (1, 1)


def test_texts_without_spaces_are_found_out():
    pytest.importorskip("kiwipiepy")
    found = look(["아버지가방에들어가신다."])
    assert found is not None and found.spacing == 0.8 and found.spaces_f1 == 0


def test_nothing_is_told_without_texts_or_without_kiwi(monkeypatch: pytest.MonkeyPatch):
    assert look([]) is None
    monkeypatch.setattr(korean_sample, "find_spec", lambda name: None)
    assert look(["비가 온다."]) is None


def test_no_more_sentences_are_read_than_wanted(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("kiwipiepy")
    monkeypatch.setattr(korean_sample, "SENTENCES", 3)
    found = look(["비가 온다. 눈이 온다."] * 10)
    assert found is not None and (found.texts, found.sentences) == (10, 4)


def test_a_sample_is_drawn_evenly_and_again_alike():
    drawn = []
    for seed in range(200):
        sample = Sample(Random(seed), size=5)
        for n in range(50):
            sample.add(str(n))
        assert len(sample.texts) == len(set(sample.texts)) == 5
        drawn += map(int, sample.texts)
    assert 22 < sum(drawn) / len(drawn) < 27  # 24.5 is the middle


def test_only_the_beginning_of_a_long_text_is_kept():
    sample = Sample(Random(0))
    sample.add("가" * 10_000)
    assert sample.texts == ["가" * CHARACTERS]
