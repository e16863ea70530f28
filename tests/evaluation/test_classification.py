"""Scores of labels: as scikit-learn has them, and as one would count by hand."""

import numpy as np
import pytest

from jium.errors import DataError
from jium.evaluation.bootstrap import confidence
from jium.evaluation.classification import Classification, confusion, per_class


def drawn(classes: int, n: int = 200, seed: int = 0) -> tuple[list[str], list[str]]:
    random = np.random.default_rng(seed)
    there = random.integers(classes, size=n)
    guessed = np.where(random.random(n) < 0.6, there, random.integers(classes, size=n))
    return [f"c{i}" for i in guessed], [f"c{i}" for i in there]


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_scores_equal_those_of_scikit_learn(classes: int):
    metrics = pytest.importorskip("sklearn.metrics")
    guessed, there = drawn(classes)
    assert Classification()(guessed, there) == pytest.approx(
        {
            "accuracy": 100 * metrics.accuracy_score(there, guessed),
            "macro_f1": 100 * metrics.f1_score(there, guessed, average="macro"),
            "mcc": 100 * metrics.matthews_corrcoef(there, guessed),
        }
    )


def test_each_class_equals_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    guessed, there = drawn(3)
    labels = ["c0", "c1", "c2"]
    rows = confusion(labels, guessed, there)
    assert rows == metrics.confusion_matrix(there, guessed, labels=labels).tolist()
    table = np.array(rows, np.float64)
    found = per_class(table.diagonal(), table.sum(axis=0), table.sum(axis=1))
    expected = metrics.precision_recall_fscore_support(there, guessed, labels=labels)[:3]
    assert np.allclose(found, expected)


def test_accuracy_hides_a_class_that_is_never_found_and_macro_f1_does_not():
    scores = Classification()(["a"] * 10, ["a"] * 9 + ["b"])
    assert scores["accuracy"] == 90
    assert scores["macro_f1"] == pytest.approx(100 * (18 / 19) / 2)
    assert scores["mcc"] == 0


def test_all_right_is_a_hundred_and_all_wrong_less_than_chance():
    right = Classification()(["a", "b"], ["a", "b"])
    assert right == {"accuracy": 100, "macro_f1": 100, "mcc": 100}
    wrong = Classification()(["b", "a"], ["a", "b"])
    assert wrong == {"accuracy": 0, "macro_f1": 0, "mcc": -100}


def test_a_label_that_nobody_uses_changes_nothing():
    guessed, there = drawn(2)
    assert Classification(labels=["c0", "c1", "c2"])(guessed, there) == Classification()(
        guessed, there
    )


def test_the_interval_holds_the_score_and_narrows_with_more_texts():
    metric = Classification()
    wide, narrow = (confidence(metric, *drawn(2, n))["accuracy"] for n in (50, 2000))
    score = metric(*drawn(2, 2000))["accuracy"]
    assert narrow.low < score < narrow.high
    assert narrow.high - narrow.low < (wide.high - wide.low) / 3


def test_one_answer_a_text():
    with pytest.raises(DataError, match="1 predictions but 2 references"):
        Classification()(["a"], ["a", "b"])


def test_f1_of_the_positive_class_is_given_beside_the_rest():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(0)
    there, guessed = (random.choice(["a", "no", "yes"], 40).tolist() for _ in range(2))
    found = Classification(positive="yes")(guessed, there)
    (expected,) = metrics.f1_score(there, guessed, labels=["yes"], average=None)
    assert found.pop("f1") == pytest.approx(100 * expected)
    assert found == pytest.approx(Classification()(guessed, there))
    assert Classification(positive="yes")(["no"], ["no"])["f1"] == 0
    assert Classification(positive="yes").signature().endswith("|f1_of:yes")
