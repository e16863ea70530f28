import pytest
from sacrebleu.metrics import CHRF

from jium.evaluation.chrf import Chrf


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"word_order": 2},
        {"char_order": 4, "beta": 1},
        {"lowercase": True, "whitespace": True},
    ],
)
def test_equals_sacrebleu(fields, english, korean):
    for predictions, references in (english, korean):
        theirs = CHRF(**fields)
        expected = theirs.corpus_score(predictions, [references]).score
        assert Chrf(**fields)(predictions, references) == {"chrf": pytest.approx(expected)}
        assert Chrf(**fields).signature().endswith(theirs.get_signature().format())


def test_a_sentence_equals_sacrebleus_sentence_score(korean):
    for prediction, reference in zip(*korean, strict=True):
        expected = CHRF().sentence_score(prediction, [reference]).score
        assert Chrf().sentence(prediction, reference) == pytest.approx(expected)


def test_signature_names_chrf_plus_plus():
    assert Chrf().signature().startswith("metric:chrF2|")
    assert Chrf(word_order=2).signature().startswith("metric:chrF2++|")


def test_an_inflected_word_is_partly_right():
    metric = Chrf()
    same_stem = metric.sentence("학교에서 공부했습니다", "학교에서 공부했어요")
    other_word = metric.sentence("학교에서 운동했습니다", "학교에서 공부했어요")
    assert 0 < other_word < same_stem < 100
