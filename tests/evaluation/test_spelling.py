import pytest

from jium.evaluation.spelling import spelling_scores


def test_only_exact_repairs_count() -> None:
    meant = ["오늘은 날씨가 아주 좋다 !"]
    typed = ["오느은 날씨가 아즈 조다 !"]
    done = ["오늘은 날시가 아주 종다 !"]  # two repaired, one wrongly, one spoiled
    found = spelling_scores(meant, typed, done)
    assert found.precision == 2 / 4
    assert found.recall == 2 / 3
    assert found.f1 == pytest.approx(2 * 0.5 * (2 / 3) / (0.5 + 2 / 3))
    assert found.false_alarms == 1.0  # of the one right word
    assert (found.n_errors, found.n_words) == (3, 4)


def test_doing_nothing_finds_nothing_and_spoils_nothing() -> None:
    found = spelling_scores(["날씨가 좋다"], ["날씨가 조다"], ["날씨가 조다"])
    assert (found.precision, found.recall, found.f1, found.false_alarms) == (0, 0, 0, 0)
