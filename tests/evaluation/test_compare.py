import json

import pytest

from jium import messages
from jium.evaluation.bleu import Bleu
from jium.evaluation.bootstrap import paired
from jium.evaluation.chrf import Chrf
from jium.evaluation.compare import compare
from jium.evaluation.report import write_report
from jium.evaluation.score import Score, measure, score_sentences
from jium.evaluation.ter import Ter

DEFAULT = (Bleu(), Ter())
REFERENCES = [f"the man number {i} walks to the old house" for i in range(20)]
GOOD = [text.replace("old", "big") for text in REFERENCES]
BAD = [text.replace("man", "dog").replace("to the", "for a") for text in GOOD]


@pytest.fixture
def make_run(tmp_path):
    def make(name, predictions, metrics=DEFAULT, references=REFERENCES, more=()):
        scores = [s for m in metrics for s in measure(m, predictions, references, samples=20)]
        examples = score_sentences(Chrf(), references, predictions, references)
        write_report(tmp_path / name, [*scores, *more], examples)
        return tmp_path / name

    return make


def test_the_best_run_of_each_score_is_marked(make_run):
    bad, good = make_run("bad", BAD), make_run("good", GOOD)
    found = compare([bad, good])
    assert found.best == {"bleu": [good], "ter": [good]}
    assert found.notes == []
    row = next(line for line in found.render().splitlines() if str(good) in line)
    assert f"{Bleu()(GOOD, REFERENCES)['bleu']:.2f}*" in row
    assert "p=0.0" in row


def test_differences_are_the_paired_bootstrap_against_the_first(make_run):
    bad, good = make_run("bad", BAD), make_run("good", GOOD)
    found = compare([bad, good], samples=200)
    assert found.differences[good, "bleu"] == paired(Bleu(), BAD, GOOD, REFERENCES, 200)["bleu"]
    assert found.differences[good, "ter"].value < 0
    assert all(run != bad for run, _ in found.differences)


def test_runs_measured_on_different_data_are_not_ranked_and_it_says_so(make_run):
    other = [text.replace("house", "church") for text in REFERENCES]
    found = compare([make_run("a", GOOD), make_run("b", other, references=other)])
    assert found.best == {}
    assert found.differences == {}
    assert "bleu: not ranked, because the runs were measured on different data." in found.notes
    assert "different data" in found.render()
    assert "*" not in found.render()


def test_runs_measured_with_different_signatures_are_not_ranked_and_it_says_so(make_run):
    a = make_run("a", BAD, metrics=[Bleu(), Chrf()])
    b = make_run("b", GOOD, metrics=[Bleu(tokenize="char"), Chrf()])
    found = compare([a, b])
    assert found.best == {"chrf": [b]}
    assert [name for _, name in found.differences] == ["chrf"]
    (note,) = found.notes
    assert "tok:char" in note and "tok:13a" in note


def test_equal_runs_share_the_mark(make_run):
    found = compare([make_run("a", GOOD), make_run("b", GOOD)])
    assert len(found.best["bleu"]) == 2
    assert {difference.p for difference in found.differences.values()} == {1.0}


def test_a_score_that_one_run_lacks_is_a_dash(make_run):
    found = compare([make_run("a", BAD), make_run("b", GOOD, metrics=[Bleu()])])
    assert found.names == ["bleu", "ter"]
    assert "ter" not in found.best
    assert " - " in found.render()


def test_without_kept_predictions_scores_are_ranked_but_not_tested(make_run):
    a, b = make_run("a", BAD), make_run("b", GOOD)
    (a / "predictions.jsonl").unlink()
    found = compare([a, b, make_run("c", GOOD)])
    assert found.best["bleu"]
    assert found.differences == {}
    assert found.notes == [f"{a}: not tested, because its predictions were not kept with it."]


def test_scores_of_another_version_of_a_library_are_not_tested_again(make_run):
    runs = [make_run("a", BAD, metrics=[Bleu()]), make_run("b", GOOD, metrics=[Bleu()])]
    for run in runs:
        path = run / "evaluation.json"
        path.write_text(path.read_text("utf-8").replace("version:2.", "version:1."), "utf-8")
    found = compare(runs)
    assert found.best == {"bleu": [runs[1]]}
    assert found.differences == {}
    (note,) = found.notes
    assert "would be measured differently here" in note


def test_a_figure_that_is_no_metric_of_text_is_ranked_but_not_tested(make_run):
    def perplexity(value):
        return [Score("perplexity", value, "per:byte", lower_is_better=True)]

    a = make_run("a", GOOD, more=perplexity(3.0))
    b = make_run("b", GOOD, more=perplexity(float("inf")))
    found = compare([a, b])
    assert found.best["perplexity"] == [a]
    assert (b, "perplexity") not in found.differences


def test_one_run_is_shown_and_not_ranked(make_run):
    found = compare([make_run("a", GOOD)])
    assert found.best == {}
    assert "bleu" in found.render()


def test_values_are_plain_json(make_run):
    a, b = make_run("a", BAD), make_run("b", GOOD)
    first, second = json.loads(json.dumps(compare([a, b]).values()))
    assert first["run"] == str(a)
    assert first["against_first"] == {}
    assert second["best"] == ["bleu", "ter"]
    assert second["against_first"]["bleu"]["p"] < 0.05


def test_the_table_can_be_said_in_korean(make_run):
    messages.set_language("ko")
    assert "20" in compare([make_run("a", GOOD)]).render()
