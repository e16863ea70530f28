import json
import os
from pathlib import Path

import pytest

from jium.errors import RunError
from jium.evaluation.chrf import Chrf
from jium.evaluation.report import EVALUATION, best_and_worst, write_report
from jium.evaluation.saved import read_evaluation, read_predictions
from jium.evaluation.score import Example, Score, fingerprint, measure, score_sentences


@pytest.fixture
def measured(korean):
    predictions, references = korean
    sources = [f"source {i}" for i in range(len(references))]
    scores = measure(Chrf(), predictions, references, samples=20)
    return scores, score_sentences(Chrf(), sources, predictions, references)


def test_json_has_scores_intervals_signatures_counts_and_settings(tmp_path, measured):
    scores, examples = measured
    write_report(
        tmp_path, scores, examples, ranked_by="chrf", settings={"beam": 4, "data": Path("x.tsv")}
    )
    figures = json.loads((tmp_path / "evaluation.json").read_text("utf-8"))
    chrf = figures["scores"]["chrf"]
    assert chrf["value"] == scores[0].value
    assert chrf["low"] <= chrf["mean"] <= chrf["high"]
    assert (chrf["level"], chrf["samples"], chrf["seed"]) == (0.95, 20, 0)
    assert chrf["signature"] == Chrf().signature()
    assert figures["counts"] == {"sentences": 6, "empty_predictions": 1, "exact_matches": 1}
    assert figures["settings"] == {"beam": 4, "data": "x.tsv"}
    assert figures["data"] == fingerprint(examples)


def test_every_prediction_is_kept_in_order_as_a_line_of_json(tmp_path, measured):
    scores, examples = measured
    odd = Example("줄\n바꿈", "tab\t|\u2028 end", "ref", 1.0)
    write_report(tmp_path, scores, [*examples, odd])
    lines = (tmp_path / "predictions.jsonl").read_text("utf-8").rstrip("\n").split("\n")
    assert [Example(**json.loads(line)) for line in lines] == [*examples, odd]
    assert "학교에" in lines[0]


def test_table_shows_source_prediction_reference_and_score(tmp_path, measured):
    scores, examples = measured
    write_report(tmp_path, scores, examples, ranked_by="chrf", shown=2)
    text = (tmp_path / "evaluation.md").read_text("utf-8")
    best, worst = text.split("## Worst sentences")
    assert "| 100.0 | source 2 | 네 | 네 |" in best
    assert "| 0.0 | source 4 |  | 고양이가 창가에서 자고 있어요. |" in worst
    assert Chrf().signature().split("|")[-1] in text


def test_a_sentence_cannot_break_the_table(tmp_path):
    odd = Example("a | b\nc", "<img src=x>", "back\\slash & more " + "x" * 1000, 5.0)
    write_report(tmp_path, [], [odd])
    text = (tmp_path / "evaluation.md").read_text("utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith("| 5.0")]
    assert "a \\| b<br>c" in row
    assert "&lt;img" in row
    assert "<img" not in text
    assert len(row) < 500


def test_best_come_first_and_worst_come_worst_first():
    examples = [Example(str(score), "", "", float(score)) for score in (3, 1, 4, 2, 5)]
    best, worst = best_and_worst(examples, shown=2)
    assert [e.score for e in best] == [5, 4]
    assert [e.score for e in worst] == [1, 2]
    best, worst = best_and_worst(examples, lower_is_better=True, shown=2)
    assert [e.score for e in best] == [1, 2]
    assert [e.score for e in worst] == [5, 4]


def test_no_sentence_is_both_best_and_worst():
    examples = [Example(str(score), "", "", float(score)) for score in (1, 2, 3)]
    best, worst = best_and_worst(examples, shown=2)
    assert [e.score for e in best + worst] == [3, 2, 1]


def test_error_rates_rank_the_lowest_first(tmp_path):
    examples = [Example("low", "", "", 1.0), Example("high", "", "", 90.0)]
    score = Score("ter", 45.0, "sig", lower_is_better=True)
    write_report(tmp_path, [score], examples, ranked_by="ter", shown=1)
    best, worst = (tmp_path / "evaluation.md").read_text("utf-8").split("## Worst sentences")
    assert "low" in best and "high" in worst


def test_sentences_without_a_score_are_kept_but_not_ranked(tmp_path):
    write_report(tmp_path, [], [Example("s", "p", "r")])
    assert "Best" not in (tmp_path / "evaluation.md").read_text("utf-8")
    assert json.loads((tmp_path / "predictions.jsonl").read_text("utf-8"))["score"] is None


def test_a_missing_folder_is_made(tmp_path, measured):
    write_report(tmp_path / "deep" / "run", *measured)
    assert (tmp_path / "deep" / "run" / "evaluation.json").exists()


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path, measured):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="cannot be written"):
        write_report(tmp_path / "file" / "run", *measured)


def test_a_full_disk_leaves_every_file_whole_and_the_old_figures(tmp_path, measured, monkeypatch):
    write_report(tmp_path, *measured)
    figures = (tmp_path / EVALUATION).read_bytes()
    names = {path.name for path in tmp_path.iterdir()}
    calls = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 3:  # the second file: each is synced, then its folder
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="the disk is full"):
        write_report(tmp_path, [], [Example("new", "new", "new", 1.0)])
    assert (tmp_path / EVALUATION).read_bytes() == figures
    assert {path.name for path in tmp_path.iterdir()} == names
    assert read_predictions(read_evaluation(tmp_path)) is None  # they are those of the new report
