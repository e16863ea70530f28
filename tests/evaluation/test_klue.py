"""Characters of entities, and pieces of answers, as one would count them by hand."""

import numpy as np
import pytest

from jium.evaluation.klue import CharacterTags, SharedPiece, tags_of
from jium.text.bio import Span

TEXT = "김철수 서울 간다"
TRUE = [Span(0, 3, "PS"), Span(4, 6, "LC")]


def test_a_character_has_a_tag_and_a_space_has_none():
    assert tags_of(TEXT, TRUE, ["LC", "PS"]) == "B-PS I-PS I-PS B-LC I-LC O O"
    assert tags_of("서 울", [Span(0, 3, "LC")], ["LC"]) == "B-LC I-LC"  # over a space
    assert tags_of("", [], ["LC"]) == ""


def test_character_f1_equals_scikit_learn_over_all_tags():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(0)
    names = ["O", "B-LC", "I-LC", "B-PS", "I-PS"]
    there, guessed = (random.choice(names, size=(20, 15)) for _ in range(2))
    guessed = np.where(random.random(there.shape) < 0.6, there, guessed)
    sides = [[" ".join(row) for row in side] for side in (guessed, there)]
    expected = 100 * metrics.f1_score(there.ravel(), guessed.ravel(), average="macro")
    assert CharacterTags(labels=["LC", "PS"])(*sides)["character_f1"] == pytest.approx(expected)


def test_a_wrong_end_costs_less_by_characters_than_the_whole_entity():
    there = tags_of(TEXT, TRUE, ["LC", "PS"])
    short = tags_of(TEXT, [Span(0, 2, "PS"), Span(4, 6, "LC")], ["LC", "PS"])
    metric = CharacterTags(labels=["LC", "PS"])
    assert metric.sentence(short, there) == pytest.approx(100 * 6 / 7)
    assert 80 < metric([short], [there])["character_f1"] < 100
    assert metric([there], [there]) == {"character_f1": 100}


@pytest.mark.parametrize(
    ("prediction", "reference", "em", "rouge_w"),
    [
        ("세종대왕", "세종대왕", 1, 1),
        ("세종대왕이", "세종대왕", 0, 8 / 9),
        ("세종 임금 대왕", "세종대왕", 0, 2 * 2 / (8 + 4)),  # one piece, not all that is shared
        ("", "세종", 0, 0),
        ("", "", 1, 1),  # nothing to answer, and nothing answered
        ("세종", "", 0, 0),
        ("Seoul, Korea!", "seoul korea", 1, 1),
        ("세종", "태종\n세종대왕", 0, 2 * 2 / 6),  # the nearest true one
    ],
)
def test_answers_by_the_longest_shared_piece(prediction, reference, em, rouge_w):
    found = SharedPiece()([prediction], [reference])
    assert found == pytest.approx({"em": 100 * em, "rouge_w": 100 * rouge_w})
    assert SharedPiece().sentence(prediction, reference) == pytest.approx(100 * rouge_w)


def test_a_long_answer_is_compared_whole():
    long = "가나다라마바사 " * 60
    assert SharedPiece()([long + "끝"], [long + "끝"])["rouge_w"] == 100


def test_statistics_add_up():
    metric = SharedPiece()
    rows = metric.statistics(["가", "나다", ""], ["가", "나", "라"])
    assert metric.score(rows.sum(axis=0).tolist()) == metric(["가", "나다", ""], ["가", "나", "라"])
