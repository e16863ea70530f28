"""ELMo: pre-trained in both directions, then the beginning of a classifier and a tagger."""

import json
from pathlib import Path
from typing import Any

import pytest

import jium
from jium.config import write_toml

COUNT = ["하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟"]
TEXTS = [" ".join((COUNT * 2)[n : n + size]) for n in range(8) for size in range(5, 9)]
TRAIN = dict(batch_tokens=300, threads=1, precision="float32", device="cpu")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("elmo")
    (place / "texts.txt").write_text("\n".join(TEXTS), "utf-8")
    values = {
        "task": "fill",
        "data": {"train": str(place / "texts.txt"), "valid_share": 0.1},
        "tokenizer": {"kind": "word", "vocab_size": 60},
        "model": {"kind": "elmo", "hidden_dim": 24, "dropout": 0.0},
        "optim": {"lr": 1e-2},
        "schedule": {"kind": "constant"},
        "train": dict(steps=60, eval_every=60, save_every=60) | TRAIN,
    }
    (place / "elmo.toml").write_text(write_toml(values), "utf-8")
    jium.train(place / "elmo.toml", out=place / "run", quiet=True)
    return place / "run"


def test_a_word_is_guessed_from_both_sides(run: Path) -> None:
    task = jium.load(run)
    asked = [(COUNT * 2)[n : n + 5] for n in range(8)]
    found = task.fill([" ".join([*five[:2], "[MASK]", *five[3:]]) for five in asked], top=1)
    assert [one[0][0][0].strip("▁") for one in found] == [five[2] for five in asked]
    assert task.embed(TEXTS[:2]).shape == (2, 48)


@pytest.mark.parametrize("mode", ["full", "frozen"])
def test_a_classifier_starts_from_it_and_its_mix_learns(run, tmp_path, mode: str) -> None:
    rows = [{"text": text, "label": "odd" if n % 2 else "even"} for n, text in enumerate(TEXTS)]
    start = jium.load(run).model.encoder.state_dict()
    tuned = _tuned(tmp_path, "classify", rows, run, mode).model.encoder.state_dict()
    changed = {name for name in start if not start[name].equal(tuned[name])}
    assert {"pooler.scalars", "pooler.gamma"} <= changed
    frozen = {name for name in start if not name.startswith("pooler.")}
    assert not (changed & frozen) if mode == "frozen" else frozen <= changed


def test_a_tagger_starts_from_it(run: Path, tmp_path: Path) -> None:
    rows = [
        {"text": text, "entities": [{"start": 0, "end": len(text.split()[0]), "label": "NUM"}]}
        for text in TEXTS
    ]
    task = _tuned(tmp_path, "tag", rows, run, "full")
    assert isinstance(task.tag(TEXTS[0]), list)


def _tuned(place: Path, task: str, rows: list[dict[str, Any]], start: Path, mode: str) -> Any:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (place / "rows.jsonl").write_text("\n".join(lines), "utf-8")
    values = {
        "task": task,
        "data": {"train": str(place / "rows.jsonl"), "valid_share": 0.2},
        "transfer": {"start": str(start), "mode": mode},
        "optim": {"lr": 1e-2},
        "schedule": {"kind": "constant"},
        "train": dict(steps=3, eval_every=3, save_every=3) | TRAIN,
    }
    (place / "tuned.toml").write_text(write_toml(values), "utf-8")
    jium.train(place / "tuned.toml", out=place / "run", quiet=True)
    return jium.load(place / "run")
