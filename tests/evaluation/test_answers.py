"""Answers against true ones, by the rules of KorQuAD and of SQuAD."""

import random
from collections import Counter

import numpy as np
import pytest

from jium.errors import DataError
from jium.evaluation.answers import (
    Answers,
    Rules,
    as_reference,
    best,
    metric_for,
    normalise_korquad,
    normalise_squad,
    true_answers,
    without_particles,
)
from jium.evaluation.bootstrap import intervals
from jium.evaluation.score import measure

# ---------------------------------------------------------------- what does not count


@pytest.mark.parametrize(
    ("text", "korquad", "squad"),
    [
        ("  1871년  ", "1871년", "1871년"),
        ("《홍길동전》(소설)", "홍길동전 소설", "《홍길동전》소설"),
        ("'샐러리맨의 신화'", "샐러리맨의 신화", "샐러리맨의 신화"),
        ("The Han River", "the han river", "han river"),
        ("an  ANT, a bee", "an ant a bee", "ant bee"),
        ("U.S.", "us", "us"),
        ("‘가’나", "가 나", "‘가’나"),
        ("theory", "theory", "theory"),
        ("!?", "", ""),
    ],
)
def test_what_is_left_of_an_answer(text: str, korquad: str, squad: str):
    assert normalise_korquad(text) == korquad
    assert normalise_squad(text) == squad


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("prediction", "truths", "rules", "em", "f1"),
    [
        ("1871년", ["1871년"], "korquad", 1, 1),
        ("1871년에", ["1871년"], "korquad", 0, 10 / 11),
        ("서울 시청", ["서울시청"], "korquad", 0, 1),  # spaces count for EM only
        ("서울시", ["부산", "서울"], "korquad", 0, 0.8),  # the nearest one
        ("다다", ["다"], "korquad", 0, 2 / 3),  # a bag, not a set
        ("the Han River", ["Han River"], "squad", 1, 1),
        ("Han River bridge", ["the Han River"], "squad", 0, 0.8),
        ("Hanriver", ["Han River"], "squad", 0, 0),
        ("", [], "korquad", 1, 1),
        ("", ["서울"], "korquad", 0, 0),
        ("서울", [], "squad", 0, 0),
        ("!", [], "squad", 1, 1),
    ],
)
def test_exact_match_and_f1(prediction: str, truths: list[str], rules: Rules, em: float, f1: float):
    assert best(prediction, truths, rules) == pytest.approx((em, f1))


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    draw = random.Random(0)
    for _ in range(200):
        a, b = ("".join(draw.choices("가나다라 ", k=draw.randint(1, 8))) for _ in range(2))
        left, right = (Counter(text.replace(" ", "")) for text in (a, b))
        same = sum((left & right).values())
        expected = 0.0
        if same:
            precision, recall = same / left.total(), same / right.total()
            expected = 2 * precision * recall / (precision + recall)
        elif not left and not right:
            expected = 1.0
        assert best(a, [b] if b.strip() else [])[1] == pytest.approx(expected)


def test_another_true_answer_never_lowers_a_score():
    draw = random.Random(1)
    words = ["서울", "서울 시청", "부산에서", "1871년", "the river", ""]
    for _ in range(200):
        prediction, *truths = draw.choices(words[:-1], k=4)
        fewer, more = best(prediction, truths[:1]), best(prediction, truths)
        assert all(a <= b for a, b in zip(fewer, more, strict=True))


def test_the_scores_of_a_corpus_are_means():
    metric = Answers(unanswerable=True)
    found = metric(["서울", "부산시", "", "대전"], ["서울", "부산", "", ""])
    assert found == pytest.approx(
        {
            "em": 50.0,
            "f1": 100 * (1 + 0.8 + 1 + 0) / 4,
            "has_answer_em": 50.0,
            "has_answer_f1": 90.0,
            "no_answer_accuracy": 50.0,
        }
    )
    assert metric.sentence("부산시", "부산\n부산시 동구") == pytest.approx(80)


def test_every_score_has_an_interval_even_where_a_sample_has_no_unanswerable_question():
    predictions, references = ["서울"] * 9 + [""], ["서울"] * 9 + [""]
    metric = metric_for(references)
    assert metric.unanswerable
    scores = measure(metric, predictions, references, samples=50)
    assert [score.name for score in scores] == [
        "em", "f1", "em_stripped", "f1_stripped", "has_answer_em", "has_answer_f1",
        "no_answer_accuracy",
    ]  # fmt: skip
    assert all(score.value == 100 for score in scores)


def test_samples_are_weighted_sums_of_single_questions():
    metric = Answers()
    rows = metric.statistics(["서울", "부산", "x"], ["서울", "대구", "x"])
    assert rows.shape == (3, 10) and np.isfinite(rows).all()
    found = intervals(metric, rows, samples=200)["em"]
    assert found.low < 200 / 3 < found.high and found.mean == pytest.approx(200 / 3, abs=5)


# ---------------------------------------------------------------- particles


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("서울에서", "서울"),
        ("서울에서는", "서울"),
        ("대한민국의", "대한민국"),
        ("1871년에", "1871년"),
        ("한국은행을.", "한국은행"),
        ("정부의 정책을", "정부의 정책"),
        ("서울", "서울"),
        ("서울.", "서울."),
        ("는", "는"),
        ("river", "river"),
        ("", ""),
    ],
)
def test_particles_at_the_end_go(text: str, left: str):
    assert without_particles([text]) == [left]


def test_an_answer_with_a_particle_too_many_is_right_once_it_is_stripped():
    metric = Answers(particles=True)
    found = metric(["서울에서", "부산을"], ["서울", "대구\n부산에"])
    assert (found["em"], found["em_stripped"], found["f1_stripped"]) == (0, 100, 100)
    assert "stripped:kiwipiepy" in metric.signature()
    assert "stripped" not in Answers().signature()


# ---------------------------------------------------------------- references


def test_a_reference_holds_its_true_answers():
    answers = ["서울", "서울 특별시\n중구", "the a"]
    assert true_answers(as_reference(answers)) == ["서울", "서울 특별시 중구", "the a"]
    assert true_answers(as_reference([])) == []


def test_the_measure_suits_the_answers():
    assert metric_for(["Seoul", "서울"]) == Answers(particles=True)
    assert metric_for(["Seoul"]) == Answers(rules="squad")
    assert metric_for(["Seoul", ""], rules="korquad") == Answers(unanswerable=True)


def test_lists_of_different_lengths_are_refused():
    with pytest.raises(DataError, match="1 predictions but 2 references"):
        Answers()(["a"], ["a", "b"])
