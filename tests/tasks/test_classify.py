"""The TF-IDF classifier as a person uses it: trained, saved, loaded, asked, measured, explained."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from jium.errors import ConfigError, DataError, RunError, TrainingError
from jium.evaluation.classification import Classification
from jium.evaluation.classifier import evaluate_run
from jium.evaluation.runner import evaluate
from jium.tasks import load
from jium.tasks.classify import Classifier
from jium.training.recipe import Recipe
from jium.training.run import train

pytest.importorskip("sklearn")

GOOD = ["정말 재미있다", "다시 보고 싶다", "배우가 훌륭하다", "눈물이 났다", "최고의 영화"]
BAD = ["너무 지루하다", "시간이 아깝다", "이야기가 엉망이다", "돈을 버렸다", "최악의 영화"]
PLAIN = ["표를 샀다", "두 시간짜리다", "감독이 만들었다", "어제 보았다", "극장에 갔다"]
NAMES = {"긍정": GOOD, "부정": BAD, "중립": PLAIN}


def recipe(place: Path, classes: tuple[str, ...] = ("긍정", "부정"), **model: Any) -> Recipe:
    rows = [
        f"{text} {start}\t{label}"
        for start in ("ㅋㅋ", "!", "...", "진짜", "어제", "그냥", "또", "음", "아", "오늘")
        for label in classes
        for text in NAMES[label]
    ]
    (place / "data.tsv").write_text("\n".join(["text\tlabel", *rows]) + "\n", "utf-8")
    shares = {"valid_share": 0.15, "test_share": 0.15}
    values = {
        "task": "classify",
        "data": {"train": str(place / "data.tsv"), **shares},
        "model": {"kind": "tfidf", **model},
    }
    return Recipe.of(values, "tiny")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("classify")
    train(recipe(place), out=place / "run", quiet=True)
    return place / "run"


@pytest.fixture(scope="module")
def task(run: Path) -> Classifier:
    return load(run)


# ---------------------------------------------------------------- what comes out


def test_it_tells_good_from_bad(task: Classifier):
    assert task.classify("정말 재미있다 오늘도") == "긍정"
    assert task.classify(["시간이 아깝다 진짜", "훌륭하다"]) == ["부정", "긍정"]
    assert task.classify([]) == []


def test_probabilities_add_up_and_the_likeliest_comes_first(task: Classifier):
    found = task.classify("최악의 영화", probabilities=True)
    assert list(found) == ["부정", "긍정"]
    assert sum(found.values()) == pytest.approx(1) and found["부정"] > found["긍정"]
    assert task.classify("최악의 영화", top=1) == {"부정": found["부정"]}
    assert task.classify(["최악의 영화"], top=5) == [found]


def test_weights_add_up_to_the_score(task: Classifier):
    text = "시간이 아깝다"
    found = task.weights(text)
    bias = float(task.model.bias[task.labels.index("부정")])
    score = task.scores([text])[0, task.labels.index("부정")]
    assert sum(value for _, value in found) + bias == pytest.approx(score, abs=1e-5)
    assert [abs(value) for _, value in found] == sorted((abs(v) for _, v in found), reverse=True)
    opposite = dict(task.weights(text, "긍정"))
    assert all(opposite[ngram] == pytest.approx(-value) for ngram, value in found)


def test_a_list_is_answered_as_its_texts_alone(task: Classifier):
    texts = [*GOOD, *BAD, "없는 글자들 xyz"]
    alone = np.concatenate([task.scores([text]) for text in texts])
    assert np.allclose(task.scores(texts), alone, atol=1e-6)


@pytest.mark.parametrize(
    "text", ["👍", "👩‍👩‍👧‍👦🇰🇷", "שלום", "ㅋ", "\u1100", "漢字", "\x00", "a" * 5000]
)
def test_any_text_gets_a_label(task: Classifier, text: str):
    assert task.classify(text) in task.labels
    assert all(np.isfinite(value) for _, value in task.weights(text))


def test_normal_forms_are_answered_alike(task: Classifier):
    text = "시간이 아깝다"
    apart = unicodedata.normalize("NFD", text)
    assert apart != text
    assert np.array_equal(task.scores([text]), task.scores([apart]))


@pytest.mark.parametrize("texts", ["", " \n", ["좋다", ""]])
def test_an_empty_text_is_refused(task: Classifier, texts: Any):
    with pytest.raises(DataError, match=r"nothing to classify: text \d is empty"):
        task.classify(texts)


def test_what_it_does_not_know_is_explained(task: Classifier):
    with pytest.raises(ConfigError, match="label: no label '중립'. Known: 긍정, 부정"):
        task.weights("글", "중립")
    with pytest.raises(ConfigError, match="top: must be at least 1; got 0"):
        task.classify("글", top=0)


# ---------------------------------------------------------------- training


def test_the_same_recipe_gives_the_same_model(run: Path, tmp_path: Path):
    train(recipe(tmp_path), out=tmp_path / "again", quiet=True)
    for name in ("model.safetensors", "vocabulary.json"):
        assert (tmp_path / "again" / name).read_bytes() == (run / name).read_bytes()


def test_what_was_trained_is_what_is_loaded(tmp_path: Path):
    made = train(recipe(tmp_path), out=tmp_path / "run", quiet=True)
    assert np.array_equal(made.scores(GOOD), load(tmp_path / "run").scores(GOOD))


def test_it_scores_as_scikit_learn_does(run: Path, task: Classifier):
    text = pytest.importorskip("sklearn.feature_extraction.text")
    linear = pytest.importorskip("sklearn.linear_model")
    lines = (run / "last" / "data" / "train.jsonl").read_text("utf-8").splitlines()
    pairs = [json.loads(line) for line in lines]
    counter = text.TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
    rows = counter.fit_transform([pair["source"] for pair in pairs])
    solver = linear.LogisticRegression(C=3.0, solver="liblinear", tol=1e-6)
    solver.fit(rows, [pair["target"] for pair in pairs])
    expected = solver.predict_proba(counter.transform(GOOD + BAD))
    assert list(solver.classes_) == task.labels
    assert np.allclose(task.probabilities(GOOD + BAD), expected, atol=0.01)


@pytest.mark.parametrize("classifier", ["logistic", "svm"])
@pytest.mark.parametrize("classes", [("긍정", "부정"), ("긍정", "부정", "중립")])
def test_every_classifier_learns_two_classes_or_more(
    tmp_path: Path, classifier: str, classes: tuple[str, ...]
):
    features = [{"analyser": "char", "max_n": 3}, {"analyser": "word", "max_n": 2}]
    plan = recipe(tmp_path, classes, classifier=classifier, features=features, balanced=True)
    made = train(plan, out=tmp_path / "run", quiet=True)
    assert made.labels == sorted(classes)
    for label in classes:
        assert made.classify(NAMES[label]) == [label] * 5
    assert np.allclose(made.probabilities(GOOD).sum(axis=1), 1)
    assert np.allclose(load(tmp_path / "run").scores(BAD), made.scores(BAD), atol=1e-6)


def test_an_svm_without_held_out_texts_gives_labels_and_no_probabilities(tmp_path: Path):
    plan = recipe(tmp_path, classifier="svm")
    values = plan.values | {"data": plan.values["data"] | {"valid_share": 0.0}}
    train(Recipe.of(values, "tiny"), out=tmp_path / "run", quiet=True)
    made = load(tmp_path / "run")
    assert made.classify("시간이 아깝다") == "부정"
    with pytest.raises(ConfigError, match="probabilities: an svm gives probabilities only where"):
        made.classify("시간이 아깝다", probabilities=True)


def test_calibration_changes_no_answer_and_lowers_the_loss():
    from jium.training.tfidf import best_scale

    random = np.random.default_rng(0)
    labels = random.integers(2, size=500)
    right = np.where(random.random(500) < 0.8, labels, 1 - labels)
    scores = (np.eye(2)[right] * 9).astype(np.float32)  # far too sure: right 80 times in 100
    share = 1 / (1 + np.exp(-9 * best_scale(scores, labels)))
    assert share == pytest.approx((right == labels).mean(), abs=0.01)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"C": 0.0}, "model.C: must be above 0; got 0.0"),
        ({"features": []}, "model.features: must name one kind"),
        ({"max_iterations": 0}, "model.max_iterations: must be at least 1"),
        ({"classifier": "forest"}, "model.classifier: must be one of"),
        ({"features": [{"analyser": "char", "max_n": 0}]}, "max_n: must be at least min_n"),
        ({"dim": 64}, "model.dim: unknown key"),
    ],
)
def test_settings_that_cannot_be_are_explained(tmp_path: Path, model: Any, message: str):
    with pytest.raises(ConfigError, match=message):
        recipe(tmp_path, **model)


@pytest.mark.parametrize("classifier", ["logistic", "svm"])
def test_a_solver_that_does_not_arrive_is_said(tmp_path: Path, classifier: str):
    plan = recipe(tmp_path, classifier=classifier, max_iterations=1, C=1000.0)
    with pytest.raises(TrainingError, match="not arrived after model.max_iterations=1. Raise it"):
        train(plan, out=tmp_path / "run", quiet=True)


def test_a_vocabulary_of_one_still_makes_a_classifier(tmp_path: Path):
    features = [{"analyser": "word", "max_features": 1}]
    made = train(recipe(tmp_path, features=features), out=tmp_path / "run", quiet=True)
    assert len(made.reader.columns) == 1
    assert made.classify("없는 낱말") in made.labels


def test_texts_without_a_word_leave_nothing_to_count(tmp_path: Path):
    plan = recipe(tmp_path)
    rows = "".join(f"{'!' * (n % 3 + 1)}{'?' * (n // 3 + 1)}\t{n % 2}\n" for n in range(60))
    (tmp_path / "data.tsv").write_text("text\tlabel\n" + rows)
    model = plan.values["model"] | {"features": [{"analyser": "word"}]}
    with pytest.raises(DataError, match="nothing to count: .* hold no word n-gram"):
        train(Recipe.of(plan.values | {"model": model}, "tiny"), out=tmp_path / "run", quiet=True)


def test_a_run_without_its_vocabulary_is_explained(tmp_path: Path):
    train(recipe(tmp_path), out=tmp_path / "run", quiet=True)
    (tmp_path / "run" / "vocabulary.json").unlink()
    with pytest.raises(RunError, match="has no vocabulary.json"):
        load(tmp_path / "run")


# ---------------------------------------------------------------- the command line


def said(*words: str, given: str | None = None) -> list[str]:
    from jium.cli import app

    shown = CliRunner().invoke(app, ["classify", *words], input=given)
    assert shown.exit_code == 0, shown.output
    return shown.stdout.splitlines()


def test_the_command_prints_a_label_a_line(run: Path, task: Classifier):
    assert said(str(run), "정말 재미있다", "시간이 아깝다") == ["긍정", "부정"]
    (line,) = said(str(run), "시간이 아깝다", "--top", "2")
    found = task.classify("시간이 아깝다", probabilities=True)
    assert line == "\t".join(f"{label} {share:.4f}" for label, share in found.items())
    assert line.startswith("부정 ")


def test_answers_stand_beside_their_lines(run: Path, tmp_path: Path):
    (tmp_path / "a.txt").write_text("정말 재미있다\n\n시간이 아깝다\n", "utf-8")
    assert said(str(run), "--file", str(tmp_path / "a.txt")) == ["긍정", "", "부정"]
    assert said(str(run), "-", given="최악의 영화\n") == ["부정"]


def test_json_lines_hold_text_label_and_probabilities(run: Path):
    first, empty = (json.loads(line) for line in said(str(run), "최고의 영화", "", "--json"))
    assert (first["text"], first["label"]) == ("최고의 영화", "긍정")
    assert sum(first["probabilities"].values()) == pytest.approx(1)
    assert empty == {"text": "", "label": None}


# ---------------------------------------------------------------- measuring


def test_evaluation_leaves_its_report(run: Path, task: Classifier, tmp_path: Path):
    found = evaluate(run, "test", out=tmp_path)
    scores = {score.name: score for score in found["scores"]}
    assert scores["accuracy"].interval and scores["log_loss"].lower_is_better
    rows = np.array(found["confusion"]["rows"])
    accuracy = 100 * rows.trace() / rows.sum()
    assert accuracy == pytest.approx(scores["accuracy"].value)
    lines = (tmp_path / "predictions.jsonl").read_text("utf-8").splitlines()
    examples = [json.loads(line) for line in lines]
    assert Classification()(
        [e["prediction"] for e in examples], [e["reference"] for e in examples]
    )["accuracy"] == pytest.approx(accuracy)
    for e in examples:
        share = task.classify(e["source"], probabilities=True)[e["reference"]]
        assert e["score"] == pytest.approx(100 * share, abs=1e-3)
    document = json.loads((tmp_path / "evaluation.json").read_text("utf-8"))
    assert document["settings"]["by_class"].keys() == {"긍정", "부정"}


def test_a_file_is_measured_with_its_own_columns(run: Path, tmp_path: Path):
    (tmp_path / "b.csv").write_text("body,mood\n정말 재미있다,긍정\n시간이 아깝다,부정\n", "utf-8")
    found = evaluate(run, tmp_path / "b.csv", source="body", target="mood")
    assert found["scores"][0].value == 100
    with pytest.raises(DataError, match=r"which column is the text\? It has: body, mood"):
        evaluate(run, tmp_path / "b.csv")


def test_labels_that_the_model_does_not_know_count_as_missed(task: Classifier):
    found = evaluate_run(task, [("정말 재미있다", "긍정"), ("표를 샀다", "중립")])
    assert found["scores"][0].value == 50
    assert found["by_tag"]["중립"]["recall"] == 0
    assert "log_loss" not in {score.name for score in found["scores"]}
    with pytest.raises(DataError, match="no label is one that the model knows: '1'.*긍정, 부정"):
        evaluate_run(task, [("글", "1")])


def test_what_cannot_be_measured_is_explained(task: Classifier):
    with pytest.raises(DataError, match="There is no text to measure"):
        evaluate_run(task, [])
    with pytest.raises(ConfigError, match="data: 'test' is a split of a run's own data"):
        evaluate_run(task, "test")
    with pytest.raises(ConfigError, match="beam: is nothing that a classifier knows"):
        evaluate_run(task, [("글", "긍정")], beam=5)
