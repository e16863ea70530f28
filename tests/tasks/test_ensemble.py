"""Several classifiers as one: it says what the mean of their log-probabilities says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jium
from jium.errors import ConfigError, RunError
from jium.tasks.ensemble import Ensemble, ensemble
from jium.training.recipe import Recipe
from jium.training.run import train

pytest.importorskip("sklearn")

GOOD, BAD = ["재미있다", "훌륭하다", "최고다"], ["지루하다", "엉망이다", "최악이다"]


def make(place: Path, name: str, good: str = "good", seed: int = 0, **model: Any) -> Path:
    rows = [(f"{start} {word}", good if word in GOOD else "bad") for start in ("정말", "또", "음",
            "아", "어제", "그냥", "오늘", "진짜") for word in GOOD + BAD]  # fmt: skip
    file = place / f"{good}.tsv"
    file.write_text("\n".join(["text\tlabel", *("\t".join(row) for row in rows)]) + "\n", "utf-8")
    data = {"train": str(file), "valid_share": 0.2, "test_share": 0.2, "seed": seed}
    values = {"task": "classify", "data": data, "model": {"kind": "tfidf", **model}}
    train(Recipe.of(values, "tiny"), out=place / name, quiet=True)
    return place / name


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    place = tmp_path_factory.mktemp("ensemble")
    others = [make(place, "other", good="fine"), make(place, "seed", seed=1)]
    return [make(place, "one"), make(place, "two", C=0.01), *others]


def test_its_probabilities_are_the_geometric_mean_of_the_members(runs: list[Path], tmp_path: Path):
    made = ensemble(runs[:2], tmp_path / "both")
    texts = ["정말 재미있다", "또 지루하다", "모르는 말"]
    parts = [jium.load(run).probabilities(texts) for run in runs[:2]]
    mean = np.sqrt(parts[0] * parts[1])
    wanted = mean / mean.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(made.probabilities(texts), wanted, atol=1e-5)
    loaded = jium.load(tmp_path / "both")
    assert isinstance(loaded, Ensemble)
    np.testing.assert_array_equal(loaded.scores(texts), made.scores(texts))
    assert loaded.classify("정말 최고다") == "good"
    assert loaded.classify("정말 최고다", top=2)["good"] > 0.5


def test_it_is_measured_as_its_members_are(runs: list[Path], tmp_path: Path):
    ensemble(runs[:2], tmp_path / "both")
    found, single = jium.evaluate(tmp_path / "both"), jium.evaluate(runs[0])
    assert len(found["predictions"]) == len(single["predictions"])
    assert [score.name for score in found["scores"]] == [score.name for score in single["scores"]]


def test_only_those_that_say_the_same_go_together(runs: list[Path], tmp_path: Path):
    with pytest.raises(ConfigError, match="do not say the same: bad, good"):
        ensemble([runs[0], runs[2]], tmp_path / "wrong")
    with pytest.raises(RunError, match=r"another \[data\] section"):
        ensemble([runs[0], runs[3]], tmp_path / "wrong")
    with pytest.raises(ConfigError, match="needs two classifiers or more; got 1"):
        ensemble(runs[:1], tmp_path / "wrong")
    with pytest.raises(RunError, match="is not empty"):
        ensemble(runs[:2], runs[0])
    ensemble(runs[:2], tmp_path / "inner")
    nested = ensemble([runs[0], tmp_path / "inner"], tmp_path / "outer")
    assert jium.load(tmp_path / "outer").classify("정말 최고다") == nested.classify("정말 최고다")
    with pytest.raises(RunError, match="Export each by itself"):
        ensemble(runs[:2], tmp_path / "both").export(tmp_path / "out")
