"""What is published of each kind of task, as one would count it by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from jium.data.pair_data import Pair
from jium.data.questions import Question
from jium.data.tagged import Tagged
from jium.errors import RunError
from jium.evaluation.suite_rows import TaskRows
from jium.evaluation.suite_scores import check_run, figures
from jium.evaluation.suites import SUITES
from jium.tasks.classify import Classifier
from jium.tasks.tag import Found
from jium.text.bio import Span


@dataclass
class Told(Classifier):
    """A classifier that says what it is told to: a number of a label, or a score, for each text."""

    says: dict[Any, float] = field(default_factory=dict)

    def scores(self, texts: Sequence[Any]) -> Any:
        numbers = np.array([self.says[text] for text in texts], np.float32)
        if self.gives == "score":
            return numbers[:, None]
        return np.eye(len(self.labels), dtype=np.float32)[numbers.astype(int)]


@dataclass
class ToldOther:
    """A tagger, a reader or an embedder that does so."""

    task: str
    says: list[Any]
    labels: list[str] = field(default_factory=list)

    def about(self) -> dict[str, Any]:
        return {"task": self.task}

    def find(self, texts: Sequence[str]) -> Any:
        return [[Found(span, 1.0) for span in spans] for spans in self.says]

    def answer(self, questions: Sequence[str], contexts: Sequence[str]) -> Any:
        return [{"answer": said} for said in self.says]

    def similarity(self, first: Sequence[str], second: Sequence[str]) -> Any:
        return np.array(self.says)


def task_of(name: str) -> Any:
    return next(t for suite in SUITES.values() for t in suite.tasks if t.name == name)


def score(name: str, model: Any, rows: list[Any]) -> dict[str, float]:
    found = figures(task_of(name), model, TaskRows(rows), samples=20)
    assert all(one.interval for one in found if one.name != "log_loss")
    return {one.name: one.value for one in found}


def told(says: dict[Any, float], *labels: str, gives: Any = "label") -> Told:
    model: Any = None
    return Told(model, model, list(labels), None, gives=gives, says=says)


def pairs(*truth: str) -> list[Pair]:
    return [Pair(f"a{n}", said, second=f"b{n}") for n, said in enumerate(truth)]


def keys(*said: float) -> dict[Any, float]:
    return {(f"a{n}", f"b{n}"): number for n, number in enumerate(said)}


@pytest.mark.parametrize(
    "labels", [("0", "1"), ("LABEL_0", "LABEL_1"), ("not_equivalent", "equivalent")]
)
def test_f1_is_that_of_the_positive_class(labels: tuple[str, str]):
    rows = pairs("equivalent", "equivalent", "not_equivalent", "equivalent")
    found = score("MRPC", told(keys(1, 1, 1, 0), *labels), rows)
    assert found["accuracy"] == 50
    assert found["f1"] == pytest.approx(100 * 2 * 2 / (3 + 3))


def test_labels_in_another_order_are_not_mixed_up():
    rows = pairs("entailment", "not_entailment")
    assert score("RTE", told(keys(1, 0), "not_entailment", "entailment"), rows)["accuracy"] == 100
    assert score("RTE", told(keys(0, 1), "0", "1"), rows)["accuracy"] == 100


def test_a_class_that_the_model_never_learned_is_missed():
    rows = pairs("entailment", "contradiction")
    found = score("MNLI-m", told(keys(0, 1), "entailment", "neutral"), rows)
    assert found["accuracy"] == 50


def test_cola_is_measured_by_matthews():
    rows = [Pair(f"{n}", "acceptable" if n % 2 else "unacceptable") for n in range(4)]
    found = score("CoLA", told({f"{n}": n % 2 for n in range(4)}, "0", "1"), rows)
    assert found["mcc"] == 100


def test_scores_are_correlated_and_alike_from_three_on():
    rows = pairs("0.0", "2.9", "3.0", "5.0")
    model = told(keys(0.1, 3.2, 3.0, 4.8), "score", gives="score")
    found = score("KLUE-STS", model, rows)
    assert found["pearson"] == pytest.approx(
        100 * np.corrcoef([0, 2.9, 3, 5], [0.1, 3.2, 3, 4.8])[0, 1]
    )
    assert found["f1"] == pytest.approx(100 * 2 * 2 / (2 + 3))
    assert "f1" not in score("STS-B", model, rows)


def test_cosines_have_correlations_only():
    found = score("KLUE-STS", ToldOther("embed", [0.1, 0.2, 0.9]), pairs("0", "1", "5"))
    assert set(found) == {"pearson", "spearman"}
    assert found["spearman"] == pytest.approx(100)


def test_entities_count_whole_and_by_characters():
    text = "김철수 서울 간다"
    truth = (Span(0, 3, "PS"), Span(4, 6, "LC"))
    rows = [Tagged(text, truth)]
    labels = ["LC", "PS"]
    right = score("KLUE-NER", ToldOther("tag", [truth], labels), rows)
    assert (right["entity_f1"], right["character_f1"]) == (100, 100)
    short = ToldOther("tag", [(Span(0, 2, "PS"), truth[1])], labels)
    found = score("KLUE-NER", short, rows)
    assert (found["entity_f1"], found["micro_f1"]) == (50, 50)
    # B-PS 1, I-PS 1 of 2: 2/3, B-LC 1, I-LC 1, O 2 of 3 guessed: 4/5
    assert found["character_f1"] == pytest.approx(100 * (1 + 2 / 3 + 1 + 1 + 4 / 5) / 5)


def test_answers_count_by_the_rules_of_klue():
    rows = [Question("왕?", "세종대왕이다", ("세종대왕",)), Question("왜?", "모른다")]
    found = score("KLUE-MRC", ToldOther("answer", ["세종대왕이", ""]), rows)
    assert found["em"] == 50
    assert found["rouge_w"] == pytest.approx(100 * (8 / 9 + 1) / 2)


def test_a_run_of_another_task_is_refused():
    tagger = ToldOther("tag", [], ["PS"])
    with pytest.raises(
        RunError, match='x: was made for the task "tag"; KLUE-NLI needs one for "cl'
    ):
        check_run(task_of("KLUE-NLI"), tagger, "x")
    check_run(task_of("KLUE-NER"), tagger, "x")
    regression = told({}, "score", gives="score")
    with pytest.raises(RunError, match='"classify:score"; SST-2 needs one for "classify:label"'):
        check_run(task_of("SST-2"), regression, "x")
    check_run(task_of("STS-B"), regression, "x")


def test_a_run_that_knows_other_classes_is_refused():
    with pytest.raises(RunError, match="knows the label 'great', which SST-2 does not have"):
        check_run(task_of("SST-2"), told({}, "0", "great"), "x")
    with pytest.raises(RunError, match="knows the label 'CITY', which KLUE-NER does not have"):
        check_run(task_of("KLUE-NER"), ToldOther("tag", [], ["CITY"]), "x")
