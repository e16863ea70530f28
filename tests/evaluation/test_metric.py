"""The metric of a name, in the language of what is measured."""

import pytest

from jium.evaluation.metric import language_of, metric_in


def test_one_korean_text_makes_the_language_korean() -> None:
    assert language_of(["a cat", "고양이 a"]) == "ko"
    assert language_of(["a cat", "ㅋㅋ 123"]) is None


def test_korean_is_scored_over_morphemes_by_the_name_alone() -> None:
    """A particle more is a miss over words, and none over the morphemes that both have."""
    pytest.importorskip("kiwipiepy")
    answers, wanted = ["층간소음을 막아주세요"], ["층간소음 막아 주세요"]
    scores = [
        metric_in("rougeL", language)(answers, wanted)["rougeL"]
        for language in (None, language_of(wanted))
    ]
    assert scores[0] == 0
    assert scores[1] > 50


def test_a_metric_without_languages_takes_none() -> None:
    assert metric_in("execution", "ko") == metric_in("execution", None)
