"""Measuring sentence vectors."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from jium.data.similar_data import Similar
from jium.errors import ConfigError, DataError
from jium.evaluation.saved import read_evaluation, read_predictions
from jium.evaluation.similarity import correlations, evaluate_run, evaluate_similarity

SCORES = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
PAIRS = [Similar(f"글 {n}", f"문장 {n}", score) for n, score in enumerate(SCORES)]


def task(cosines: list[float]) -> Any:
    """Something that finds these cosines."""
    return SimpleNamespace(similarity=lambda a, b: np.array(cosines, np.float32))


def test_a_right_order_scores_100_by_rank_and_less_by_value():
    spearman, pearson = correlations(np.array(SCORES) ** 4, np.array(SCORES), samples=50)
    assert (spearman.name, pearson.name) == ("spearman", "pearson")
    assert spearman.value == pytest.approx(100)
    assert 80 < pearson.value < 95
    assert pearson.value == pytest.approx(100 * np.corrcoef(np.array(SCORES) ** 4, SCORES)[0, 1])


def test_the_interval_holds_the_value_and_is_the_same_each_time():
    rng = np.random.default_rng(0)
    wanted = rng.random(200)
    cosines = wanted + rng.normal(0, 0.3, 200)
    (first, _), (again, _) = (correlations(cosines, wanted, samples=200) for _ in range(2))
    assert first.interval is not None and first == again
    assert first.interval.low < first.value < first.interval.high
    assert first.interval.high - first.interval.low < 30


def test_the_report_can_be_read_back(tmp_path: Path):
    found = evaluate_similarity(task([0.1, 0.0, 0.5, 0.6, 0.7, 0.9]), PAIRS, out=tmp_path)
    saved = read_evaluation(tmp_path)
    assert saved.scores["spearman"].value == pytest.approx(found["scores"][0].value)
    assert saved.sentences == 6
    examples = read_predictions(saved)
    assert examples is not None and examples[2].source == "글 2\n문장 2"
    assert [example.score for example in examples[:3]] == [80.0, 80.0, 100.0]
    assert json.loads((tmp_path / "evaluation.json").read_text("utf-8"))["settings"] == {}


def test_a_file_is_measured_by_its_columns(tmp_path: Path):
    path = tmp_path / "own.csv"
    path.write_text("a,b,near\n하나,둘,1\n셋,넷,7\n다섯,여섯,4\n", "utf-8")
    columns = {"first": "a", "second": "b", "score": "near", "lowest": 1.0, "highest": 7.0}
    found = evaluate_run(task([0.1, 0.9, 0.5]), str(path), **columns)
    assert found["scores"][0].value == pytest.approx(100)


def test_scores_that_are_all_alike_are_refused():
    same = [Similar("가", "나", 0.5), Similar("다", "라", 0.5)]
    with pytest.raises(DataError, match="2 pairs with one score among them"):
        evaluate_similarity(task([0.1, 0.2]), same)


def test_a_split_needs_a_run():
    with pytest.raises(ConfigError, match="'test' is a split of a run's own data"):
        evaluate_run(task([]), "test")


def test_a_file_without_pairs_is_refused(tmp_path: Path):
    path = tmp_path / "none.jsonl"
    path.write_text('{"sentence1": "", "sentence2": "", "score": 1}\n', "utf-8")
    with pytest.raises(DataError, match="holds no pair of sentences with a score"):
        evaluate_run(task([]), str(path))
