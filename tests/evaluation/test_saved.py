import json

import pytest

from jium.errors import RunError
from jium.evaluation.chrf import Chrf
from jium.evaluation.report import write_report
from jium.evaluation.saved import read_evaluation, read_predictions
from jium.evaluation.score import Example, measure, score_sentences


@pytest.fixture
def run(tmp_path, english):
    predictions, references = english
    examples = score_sentences(Chrf(), references, predictions, references)
    write_report(tmp_path, measure(Chrf(), predictions, references, samples=10), examples)
    return tmp_path


def test_what_was_written_is_read_back(run, english):
    found = read_evaluation(run)
    assert found.scores == {"chrf": measure(Chrf(), *english, samples=10)[0]}
    assert found.sentences == len(english[0])
    assert [e.prediction for e in read_predictions(found) or []] == english[0]


def test_line_separators_inside_a_sentence_are_not_line_ends(tmp_path):
    examples = [Example("a\u2028b", "c\x85d", "e\ff", None), Example("g", "h", "i", 2.0)]
    write_report(tmp_path, [], examples)
    assert read_predictions(read_evaluation(tmp_path)) == examples


def test_predictions_of_other_data_are_not_taken_for_this_evaluations(run):
    other = {"source": "s", "prediction": "p", "reference": "r", "score": 1.0}
    (run / "predictions.jsonl").write_text(json.dumps(other) + "\n", "utf-8")
    assert read_predictions(read_evaluation(run)) is None


def test_predictions_that_were_removed_are_none(run):
    (run / "predictions.jsonl").unlink()
    assert read_predictions(read_evaluation(run)) is None


def test_a_missing_run_is_named(tmp_path):
    with pytest.raises(RunError, match="nowhere: no such run folder"):
        read_evaluation(tmp_path / "nowhere")


def test_an_unmeasured_run_says_how_to_measure_it(tmp_path):
    with pytest.raises(RunError, match="has no evaluation.json. Measure it first: jium evaluate"):
        read_evaluation(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"scores": {"a": {}}}', '{"scores": 3}'])
def test_a_damaged_evaluation_is_one_clear_error(run, text):
    (run / "evaluation.json").write_text(text, "utf-8")
    with pytest.raises(RunError, match="evaluation.json is damaged"):
        read_evaluation(run)


@pytest.mark.parametrize("line", ["{", "[1]", '{"source": "s"}', '"text"'])
def test_damaged_predictions_are_one_clear_error(run, line):
    (run / "predictions.jsonl").write_text(line + "\n", "utf-8")
    with pytest.raises(RunError, match="predictions.jsonl is damaged"):
        read_predictions(read_evaluation(run))
