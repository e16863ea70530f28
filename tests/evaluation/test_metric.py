"""What holds for every metric."""

import random

import pytest

from jium.config import build_kind
from jium.errors import ConfigError, DataError
from jium.evaluation import METRICS

KINDS = [
    {"kind": "bleu"},
    {"kind": "bleu", "language": "ko"},
    {"kind": "bleu", "tokenize": "char"},
    {"kind": "chrf"},
    {"kind": "chrf", "word_order": 2},
    {"kind": "ter"},
    {"kind": "rouge"},
    {"kind": "rouge", "language": "ko"},
    {"kind": "meteor"},
    {"kind": "meteor", "language": "ko"},
]


@pytest.fixture(params=KINDS, ids=lambda values: "-".join(map(str, values.values())))
def metric(request):
    return build_kind(METRICS, request.param, "metric")


def test_identical_texts_are_perfect(metric, english, korean):
    perfect = 0 if metric.lower_is_better else 100
    for _, references in (english, korean):
        long_enough = [text for text in references if " " in text]
        for score in metric(long_enough, long_enough).values():
            assert score == pytest.approx(perfect)
        assert metric.sentence(long_enough[0], long_enough[0]) == pytest.approx(perfect)


def test_unrelated_texts_are_as_bad_as_can_be(metric):
    worst = 100 if metric.lower_is_better else 0
    assert metric.sentence("모두 xx", "1234 !!") == pytest.approx(worst)


def test_scores_of_imperfect_text_lie_between(metric, korean):
    for score in metric(*korean).values():
        assert 0 < score < 100


def test_order_of_sentences_does_not_matter(metric, english):
    pairs = list(zip(*english, strict=True))
    random.Random(1).shuffle(pairs)
    shuffled = [list(column) for column in zip(*pairs, strict=True)]
    assert metric(*shuffled) == pytest.approx(metric(*english))


def test_a_corpus_said_twice_scores_the_same(metric, english):
    predictions, references = english
    assert metric(predictions * 2, references * 2) == pytest.approx(metric(*english))


def test_empty_predictions_and_references_are_measured(metric):
    perfect, worst = (0, 100) if metric.lower_is_better else (100, 0)
    assert metric.sentence("", "나는 학교에 간다.") == pytest.approx(worst)
    assert 0 <= metric.sentence("나는 학교에 간다.", "") <= 100
    assert metric.sentence("", "") in (pytest.approx(perfect), pytest.approx(0))


def test_statistics_have_one_row_a_sentence(metric, english):
    rows = metric.statistics(*english)
    assert len(rows) == len(english[0])
    assert metric.score(rows.sum(axis=0).tolist()) == metric(*english)


def test_unequal_lengths_are_an_error_that_counts_both(metric):
    with pytest.raises(DataError, match="2 predictions but 1 references"):
        metric(["a", "b"], ["a"])


def test_nothing_to_measure_is_an_error(metric):
    with pytest.raises(DataError, match="no sentence to measure"):
        metric([], [])


def test_a_string_for_a_list_is_an_error(metric):
    with pytest.raises(DataError, match="lists of sentences"):
        metric("abc", ["abc"])


def test_signature_is_stable_and_tells_settings_apart():
    signatures = [build_kind(METRICS, values, "metric").signature() for values in KINDS]
    again = [build_kind(METRICS, values, "metric").signature() for values in KINDS]
    assert signatures == again
    assert len(set(signatures)) == len(KINDS)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"kind": "bleu", "tokenize": "14a"}, "metric.tokenize"),
        ({"kind": "bleux"}, "metric.kind"),
        ({"kind": "chrf", "char_order": 0}, "metric.char_order"),
        ({"kind": "chrf", "word_order": -1}, "metric.word_order"),
        ({"kind": "meteor", "alpha": 1.5}, "metric.alpha"),
        ({"kind": "meteor", "beta": 0.0}, "metric.beta"),
    ],
)
def test_wrong_settings_name_their_key(values, key):
    with pytest.raises(ConfigError, match=key):
        build_kind(METRICS, values, "metric")
