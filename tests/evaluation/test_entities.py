"""Scores of entities: as seqeval has them, counted here by hand."""

import numpy as np
import pytest

from jium.errors import DataError
from jium.evaluation.bootstrap import confidence
from jium.evaluation.entities import Entities, by_label, read_spans, write_spans
from jium.evaluation.score import measure
from jium.text.bio import read_tags

# The example of seqeval's README: precision, recall and F1 are 0.50 there; MISC 0, PER 1.
THERE = ["O O O B-MISC I-MISC I-MISC O", "B-PER I-PER O"]
GUESSED = ["O O B-MISC I-MISC I-MISC I-MISC O", "B-PER I-PER O"]


def spans(tags: list[str]) -> list[list]:
    return [read_tags(line.split())[0] for line in tags]


def drawn(n: int, seed: int = 0) -> tuple[list[list], list[list]]:
    random = np.random.default_rng(seed)
    names = np.array(["O", "B-A", "I-A", "B-B", "I-B", "I-C"])
    there = names[random.integers(6, size=(n, 12))]
    guessed = np.where(random.random((n, 12)) < 0.8, there, names[random.integers(6, size=(n, 12))])
    return spans([" ".join(row) for row in guessed]), spans([" ".join(row) for row in there])


def test_the_example_of_seqeval():
    found = Entities()(spans(GUESSED), spans(THERE))
    assert found == dict.fromkeys(found, 50.0)
    labels = by_label(Entities(), spans(GUESSED), spans(THERE))
    assert labels == {
        "MISC": {"entities": 1, "precision": 0, "recall": 0, "f1": 0},
        "PER": {"entities": 1, "precision": 100, "recall": 100, "f1": 100},
    }


def test_scores_equal_those_counted_by_hand():
    guessed, there = drawn(80)
    found = Entities()(guessed, there)
    pairs = [(i, span) for i, row in enumerate(guessed) for span in row]
    wanted = [(i, span) for i, row in enumerate(there) for span in row]
    right = len(set(pairs) & set(wanted))
    precision, recall = right / len(pairs), right / len(wanted)
    assert found["precision"] == pytest.approx(100 * precision)
    assert found["recall"] == pytest.approx(100 * recall)
    assert found["f1"] == pytest.approx(200 * precision * recall / (precision + recall))
    each = []
    for label in "ABC":
        of = [{p for p in side if p[1].label == label} for side in (pairs, wanted)]
        each.append(200 * len(of[0] & of[1]) / (len(of[0]) + len(of[1])))
    assert found["macro_f1"] == pytest.approx(np.mean(each))


def test_place_and_label_must_both_be_right():
    there = [[(0, 2, "LC")]]
    for wrong in ([(0, 3, "LC")], [(1, 2, "LC")], [(0, 2, "PS")], []):
        assert Entities()([wrong], there)["f1"] == 0
    assert Entities()(there, there)["f1"] == 100


def test_a_label_that_nobody_uses_changes_nothing():
    guessed, there = drawn(30)
    assert Entities(labels=["A", "B", "C", "D"])(guessed, there) == Entities()(guessed, there)


def test_texts_without_entities_score_nothing_and_break_nothing():
    assert set(Entities()([[], []], [[], []]).values()) == {0.0}
    assert Entities().sentence([], []) == 100
    assert Entities().sentence([], [(0, 1, "A")]) == 0
    found = measure(Entities(), ["[]"], ["[]"], samples=5)
    assert [score.value for score in found] == [0.0] * 6


def test_written_spans_count_as_the_spans_themselves():
    guessed, there = drawn(30)
    text = "x" * 12
    written = ([write_spans(row, text) for row in side] for side in (guessed, there))
    assert Entities()(*written) == Entities()(guessed, there)
    assert write_spans([(3, 5, "LC")], "나는 서울로") == '[[3, 5, "LC", "서울"]]'


def test_the_interval_holds_the_score_and_narrows_with_more_texts():
    metric = Entities()
    wide, narrow = (confidence(metric, *drawn(n), samples=200)["f1"] for n in (20, 600))
    assert narrow.low < metric(*drawn(600))["f1"] < narrow.high
    assert narrow.high - narrow.low < (wide.high - wide.low) / 2


@pytest.mark.parametrize("answer", ["서울", "[1]", [(1, 2)], [("a", 2, "LC")], 7])
def test_what_is_no_entity_is_said(answer: object):
    with pytest.raises(DataError, match=r"are no entities. Give \[start, end, label\]"):
        read_spans(answer)


def test_one_answer_a_text():
    with pytest.raises(DataError, match="1 predictions but 2 references"):
        Entities()([[]], [[], []])
