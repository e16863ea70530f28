"""Metrics of Korean as Korean."""

import numpy as np
import pytest

from jium.errors import DataError
from jium.evaluation.bootstrap import confidence
from jium.evaluation.korean import Particles, Spacing, SpeechLevel

pytest.importorskip("kiwipiepy")
REFERENCES = ["비가 옵니다.", "우산을 챙기세요.", "나는 집에 간다.", "오늘의 날씨"]
METRICS = [SpeechLevel(), Particles(), Spacing()]


@pytest.fixture(params=METRICS, ids=lambda metric: type(metric).__name__)
def metric(request):
    return request.param


def test_identical_texts_are_perfect(metric):
    assert set(metric(REFERENCES, REFERENCES).values()) == {100.0}


def test_order_of_texts_does_not_matter(metric):
    predictions = ["비가 온다.", "우산를 챙기세요.", "나는집에 간다.", "오늘은 날씨가 좋다"]
    turned = metric(predictions[::-1], REFERENCES[::-1])
    assert turned == pytest.approx(metric(predictions, REFERENCES))


def test_statistics_add_up(metric):
    rows = metric.statistics(REFERENCES[::-1], REFERENCES)
    assert rows.shape[0] == len(REFERENCES)
    assert rows.dtype == np.float64
    assert metric.score(rows.sum(axis=0).tolist()) == metric(REFERENCES[::-1], REFERENCES)


def test_intervals_hold_the_score(metric):
    predictions = ["비가 와.", "우산를 챙기세요.", "나는집에 간다.", "오늘의 날씨"]
    for name, value in metric(predictions, REFERENCES).items():
        interval = confidence(metric, predictions, REFERENCES, samples=50)[name]
        assert interval.low <= value <= interval.high


@pytest.mark.parametrize(
    ("predictions", "message"), [(["가"], "1 predictions but 2"), ("가나", "not one string")]
)
def test_bad_input_is_named(metric, predictions, message):
    with pytest.raises(DataError, match=message):
        metric(predictions, ["가", "나"])


def test_nothing_to_measure_is_an_error(metric):
    with pytest.raises(DataError, match="no sentence to measure"):
        metric([], [])


def test_signatures_differ_and_name_the_analyser():
    signatures = [metric.signature() for metric in METRICS]
    assert len(set(signatures)) == len(METRICS)
    assert "kiwipiepy" in signatures[0]
    assert "kiwipiepy" in signatures[1]


# ---------------------------------------------------------------- speech level


def test_speech_level_is_compared_where_the_reference_has_one():
    predictions = [
        "비가 오네요.",
        "우산을 챙겨 가세요.",
        "나는 집에 간다.",
        "날씨를 알려 드립니다.",
    ]
    assert SpeechLevel()(predictions, REFERENCES)["speech_level"] == pytest.approx(100 * 2 / 3)


def test_a_prediction_that_mixes_levels_is_not_consistent():
    scores = SpeechLevel()(["비가 옵니다. 우산 챙겨."], ["비가 옵니다."])
    assert scores == {"speech_level": 100.0, "consistent_levels": 0.0}


def test_a_prediction_without_a_level_does_not_match():
    assert SpeechLevel().sentence("", "나는 집에 간다.") == 0
    assert SpeechLevel().sentence("Hello.", "나는 집에 간다.") == 0


# ---------------------------------------------------------------- particles


def test_particles_are_a_share_of_all_particles():
    predictions = ["사과을 먹고 책을 읽었다.", "동생는 학교로 갔다."]
    assert Particles()(predictions, ["", ""])["particles"] == pytest.approx(50)


def test_a_text_without_particles_has_none_wrong():
    assert Particles().sentence("안녕?", "안녕?") == 100


# ---------------------------------------------------------------- spacing


def test_spacing_by_hand():
    """나는|학교에|간다 against 나는학교에|간다: one of one predicted, one of two expected."""
    assert Spacing().sentence("나는학교에 간다", "나는 학교에 간다") == pytest.approx(100 * 2 / 3)
    assert Spacing().sentence("나는학교에간다", "나는 학교에 간다") == 0
    assert Spacing().sentence("나 는 학교에 간다", "나는 학교에 간다") == pytest.approx(80)


def test_other_words_are_not_other_spaces():
    assert Spacing().sentence("나는 병원에 간다", "나는 학교에 간다") == 100


def test_texts_with_nothing_in_common_score_nothing():
    assert Spacing().sentence("모두 xx", "1234 !!") == 0
    assert Spacing().sentence("", "나는 학교에 간다") == 0


def test_one_word_spaced_alike_is_perfect():
    assert Spacing().sentence("안녕", "안녕") == 100
