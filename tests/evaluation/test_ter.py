import pytest
from sacrebleu.metrics import TER

from jium.evaluation.ter import Ter


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"normalized": True, "case_sensitive": True},
        {"no_punct": True},
        {"normalized": True, "asian_support": True},
    ],
)
def test_equals_sacrebleu(fields, english, korean):
    for predictions, references in (english, korean):
        theirs = TER(**fields)
        expected = theirs.corpus_score(predictions, [references]).score
        assert Ter(**fields)(predictions, references) == {"ter": pytest.approx(expected)}
        assert Ter(**fields).signature() == theirs.get_signature().format()


def test_one_edit_in_four_words_is_25():
    assert Ter().sentence("the cat sat here", "the cat sat down") == pytest.approx(25)


def test_a_moved_phrase_is_one_edit():
    assert Ter().sentence("d e a b c", "a b c d e") == pytest.approx(20)


def test_a_babbling_prediction_passes_100():
    assert Ter().sentence("a b c d", "x") == pytest.approx(400)
