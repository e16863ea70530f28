"""Sentence vectors through the same verbs as everything else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import jium
from jium.data.similar import read_similar
from jium.data.similar_batches import SimilarBatches
from jium.errors import DataError
from jium.models.sentence import SentenceConfig, SentenceEncoder
from jium.tasks.embed import SentenceEmbedder
from jium.training.embed import start_at_idf
from jium.training.recipe import Recipe, recipe

WHO = ["아이가", "할머니가", "강아지가", "선생님이", "친구가", "고양이가", "아저씨가", "새가"]
DOES = ["밥을 먹는다", "물을 마신다", "잠을 잔다", "노래를 부른다", "길을 걷는다", "집에 온다"]


def rows() -> list[dict[str, Any]]:
    """Two sentences of one doer and one deed score 5, of one of them 2.5, of neither 0."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(240):
        a, b, c, d = (int(rng.integers(n)) for n in (8, 6, 8, 6))
        c, d = (a if rng.random() < 0.4 else c), (b if rng.random() < 0.4 else d)
        score = 2.5 * (a == c) + 2.5 * (b == d)
        pair = f"{WHO[a]} {DOES[b]}.", f"{WHO[c]} {DOES[d]}!"
        found.append({"sentence1": pair[0], "sentence2": pair[1], "score": score})
    return found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("similar")
    made = rows()
    for name, part in (("train", made[:180]), ("valid", made[180:])):
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in part]
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    texts = "".join(f"{who} {does}.\n" for who in WHO for does in DOES)
    (folder / "texts.txt").write_text(texts, "utf-8")
    return folder


def plan(data: Path, steps: int = 8, **sections: dict[str, Any]) -> Recipe:
    sources = [
        {"kind": "scored", "train": "train.jsonl", "weight": 2.0},
        {"kind": "texts", "train": "texts.txt", "until": 0.5},
    ]
    values: dict[str, Any] = {
        "task": "embed",
        "data": {"folder": str(data), "valid": "valid.jsonl", "sources": sources},
        "tokenizer": {"kind": "char", "vocab_size": 200},
        "model": dict(dim=32, n_heads=2, ffn_dim=32, n_layers=1, max_len=32, token_weights=True),
        "optim": {"lr": 2e-3},
        "schedule": {"warmup": 5},
        "train": dict(steps=steps, batch_tokens=400, eval_every=4, save_every=4, metric="spearman"),
    }
    values["model"]["attention_dropout"] = 0.0
    values["train"] |= {"threads": 1, "precision": "float32"}
    for name, section in sections.items():
        values[name] |= section
    return Recipe.of(values, "tiny")


def test_a_trained_run_is_loaded_measured_and_asked(data: Path, tmp_path: Path):
    run = tmp_path / "run"
    trained = jium.train(plan(data, steps=60), out=run, quiet=True)
    task = jium.load(run)
    assert isinstance(task, SentenceEmbedder)
    texts = ["아이가 밥을 먹는다.", "새가 길을 걷는다."]
    assert np.array_equal(task.embed(texts), trained.embed(texts))
    found = jium.evaluate(run, "valid", out=run)
    untrained = SentenceEncoder(task.model.config)
    before = jium.evaluate(
        SentenceEmbedder(untrained, task.tokenizer), read_similar(plan(data).data).valid
    )
    assert found["scores"][0].value > before["scores"][0].value
    assert found["scores"][0].value > 70
    assert (run / "evaluation.json").is_file() and (run / "README.md").is_file()


def test_going_on_is_as_if_never_stopped(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The run is killed after its first save, and then resumed."""
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    jium.train(plan(data), out=whole, quiet=True)
    with monkeypatch.context() as patch:
        patch.setattr(SimilarBatches, "__iter__", breaking(SimilarBatches.__iter__, after=6))
        with pytest.raises(Killed):
            jium.train(plan(data), out=halves, quiet=True)
    jium.train(plan(data), out=halves, resume=True, quiet=True)
    found, expected = (load_file(run / "last" / "state.safetensors") for run in (halves, whole))
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in found)


class Killed(Exception):
    """The process ends here."""


def breaking(batches: Any, after: int) -> Any:
    """The same batches, until the process ends."""

    def made(self: SimilarBatches) -> Iterator[Any]:
        for number, batch in enumerate(batches(self)):
            if number == after:
                raise Killed
            yield batch

    return made


def test_pooling_by_the_first_token_puts_one_before_each_text(data: Path, tmp_path: Path):
    model = {"pooling": "cls", "token_weights": False}
    task = jium.train(plan(data, steps=2, model=model), out=tmp_path / "run", quiet=True)
    assert task.frame.before == (task.tokenizer.start_id,)
    assert jium.load(tmp_path / "run").frame == task.frame


def test_token_weights_begin_at_the_inverse_document_frequency():
    torch.manual_seed(0)
    config = SentenceConfig(
        dim=8, n_heads=1, ffn_dim=8, n_layers=1, max_len=8, vocab_size=6, token_weights=True
    )
    model = SentenceEncoder(config)
    start_at_idf(model, [np.array([1, 2, 2]), np.array([1]), np.array([], np.int64)])
    assert model.weights is not None
    found = model.weights.weight.exp().flatten().tolist()
    assert found[1] == pytest.approx(1 + np.log(3 / 3))
    assert found[2] == pytest.approx(1 + np.log(3 / 2))
    assert found[3] == pytest.approx(1 + np.log(3))


def test_the_shipped_recipe_is_valid():
    found = recipe("sentences-ko")
    assert found.task == "embed"
    assert found.train.metric == "spearman"
    with pytest.raises(DataError, match="no such file"):
        read_similar(found.data)
