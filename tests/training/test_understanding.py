"""Pre-training, transfer and classification, as a person does them: recipes in, run folders out."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

import jium
from jium.data.labels import SEPARATOR
from jium.errors import ConfigError, JiumError, RunError

GOOD = ["좋았다", "재미있다", "훌륭하다", "감동이다"]
BAD = ["나빴다", "지루하다", "형편없다", "실망이다"]
THINGS = ["영화가", "음악이", "배우가", "이야기가", "화면이", "결말이"]
TINY = (
    "model.dim=16", "model.n_heads=2", "model.ffn_dim=32", "model.n_layers=2", "model.max_len=32",
    "train.batch_tokens=256", "train.threads=1", "train.precision=float32",
    "train.eval_every=1000", "train.save_every=1000", "tokenizer.kind=bpe",
    "tokenizer.vocab_size=310",
)  # fmt: skip


def reviews(n: int = 400) -> list[tuple[str, str]]:
    rng = random.Random(0)
    rows = []
    for i in range(n):
        label = rng.choice(("good", "bad"))
        word = rng.choice(GOOD if label == "good" else BAD)
        rows.append((f"{rng.choice(THINGS)} {i % 90}번 보아도 {word}", label))
    return rows


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("understanding")
    lines = [json.dumps({"text": t, "label": said}, ensure_ascii=False) for t, said in reviews()]
    (folder / "reviews.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


def recipe(place: Path, name: str, **sections: dict[str, Any]) -> str:
    from jium.config import write_toml

    path = place / f"{name}.toml"
    path.write_text(write_toml(sections), "utf-8")
    return str(path)


@pytest.fixture(scope="module")
def encoder(place: Path) -> Path:
    """A run of pre-training."""
    made = recipe(
        place,
        "encoder",
        task="fill",
        data={"train": str(place / "reviews.jsonl"), "valid_share": 0.1},
        optim={"lr": 2e-3},
        schedule={"warmup": 10},
        train={"steps": 60},
    )
    jium.train(made, *TINY, "model.dropout=0.0", out=place / "encoder", quiet=True)
    return place / "encoder"


def classify(place: Path, out: str, *overrides: str, **more: Any) -> Any:
    made = recipe(
        place,
        "classify",
        task="classify",
        data={"train": str(place / "reviews.jsonl"), "valid_share": 0.1, "test_share": 0.2},
        model={"kind": "bert"},
        optim={"lr": 3e-3},
        schedule={"warmup": 5},
        train={"steps": 60, "metric": "accuracy"},
    )
    return jium.train(made, *overrides, out=place / out, quiet=True, **more)


@pytest.mark.parametrize("kind", ["bert", "rnn", "cnn", "fasttext"])
def test_planted_sentiment_is_learned_by_every_family(place: Path, kind: str):
    sizes = TINY if kind == "bert" else [x for x in TINY if not x.startswith("model.")]
    out = f"run-{kind}"
    classify(place, out, f"model.kind={kind}", *sizes, "train.steps=80", "optim.lr=1e-2"
             if kind != "bert" else "optim.lr=3e-3")  # fmt: skip
    found = jium.evaluate(place / out)
    scores = {score.name: score.value for score in found["scores"]}
    assert scores["accuracy"] > 95
    task = jium.load(place / out)
    assert task.classify(["영화가 훌륭하다", "화면이 지루하다"]) == ["good", "bad"]
    table = task.classify("영화가 훌륭하다", probabilities=True)
    assert sum(table.values()) == pytest.approx(1, abs=1e-5)
    order = task.classify(["배우가 좋았다", "음악이 " * 20 + "나빴다", "결말이 실망이다"])
    assert order[0] == "good" and order[2] == "bad"


def test_a_pretrained_encoder_guesses_masked_words_of_its_texts(encoder: Path):
    task = jium.load(encoder)
    guesses = task.fill("영화가 3번 보아도 [MASK]", top=3)
    assert len(guesses) == 1 and len(guesses[0]) == 3
    assert guesses[0] == sorted(guesses[0], key=lambda pair: -pair[1])
    vectors = task.embed(["영화가 좋았다", "음악이 지루하다"])
    assert vectors.shape == (2, 16)
    torch.testing.assert_close(torch.tensor(task.embed("영화가 좋았다")), torch.tensor(vectors[0]))
    with pytest.raises(JiumError, match=r"no \[MASK\]"):
        task.fill("영화가 좋았다")


def test_frozen_weights_stay_those_of_the_start(place: Path, encoder: Path):
    start = jium.load(encoder).model.encoder
    rest = [x for x in TINY if x.startswith("train.")]
    task = classify(place, "frozen", *rest, f"transfer.start={encoder}", "transfer.mode=frozen")
    tuned = task.model.encoder
    for (name, before), after in zip(
        start.named_parameters(), tuned.state_dict().values(), strict=False
    ):
        if not name.startswith("pooler."):
            assert torch.equal(before, tuned.state_dict()[name]), name
        del after


@pytest.mark.parametrize("mode", ["full", "gradual"])
def test_tuned_weights_move(place: Path, encoder: Path, mode: str):
    rest = [x for x in TINY if x.startswith("train.")]
    task = classify(
        place, f"tuned-{mode}", *rest, f"transfer.start={encoder}", f"transfer.mode={mode}",
        "transfer.unfreeze_every=5", "transfer.layer_decay=0.8",
    )  # fmt: skip
    start = jium.load(encoder).model.encoder.state_dict()
    assert not torch.equal(
        start["embeddings.token.weight"],
        task.model.encoder.state_dict()["embeddings.token.weight"],
    )
    assert task.reader.tokenizer.pieces == jium.load(encoder).tokenizer.pieces
    written = (place / f"tuned-{mode}" / "recipe.toml").read_text("utf-8")
    assert "dim = 16" in written, "the recipe of a run says what its model is"


def test_another_size_than_that_of_the_start_is_said(place: Path, encoder: Path):
    with pytest.raises(ConfigError, match=r"model.dim.*is 64, but the encoder in"):
        classify(place, "wrong", f"transfer.start={encoder}", "model.dim=64")
    with pytest.raises(RunError, match="no such run folder"):
        classify(place, "wrong", "transfer.start=nowhere")
    with pytest.raises(ConfigError, match="frozen needs transfer.start"):
        classify(place, "wrong", "transfer.mode=frozen")


def test_scores_and_several_labels_are_learned_through_the_same_verb(place: Path):
    rng = random.Random(1)
    rows = []
    for number in range(300):
        a, b = rng.choice(GOOD + BAD), rng.choice(GOOD + BAD)
        same = (a in GOOD) == (b in GOOD)
        rows.append(
            {
                "sentence1": f"영화가 {a} {number}",
                "sentence2": f"이 영화는 {b}",
                "score": 5.0 * same,
            }
        )
    path = place / "pairs.jsonl"
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), "utf-8")
    task = classify(
        place, "scores", *TINY, f'data.train="{path}"', "data.gives=score",
        "train.metric=pearson", "train.steps=150",
    )  # fmt: skip
    near, far = task.classify([("영화가 좋았다", "이 영화는 훌륭하다"),
                               ("영화가 좋았다", "이 영화는 지루하다")])  # fmt: skip
    assert near > far
    found = jium.evaluate(place / "scores")
    assert {score.name for score in found["scores"]} == {"pearson", "spearman"}


def test_several_labels_of_one_text(place: Path):
    rows = [
        {"text": f"{t} {w} {n}", "good word": int(w in GOOD), "1": int(t == "영화가")}
        for n in range(8)
        for t in THINGS
        for w in GOOD + BAD
    ]
    path = place / "labels.jsonl"
    rest = [x for x in TINY if not x.startswith("model.")]
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), "utf-8")
    task = classify(
        place, "labels", *rest, f'data.train="{path}"', "data.gives=labels", "model.kind=fasttext",
        'data.classes=["good word", "1"]', "train.metric=micro_f1", "train.steps=120",
        "optim.lr=2e-2",
    )  # fmt: skip
    assert set(task.classify("영화가 훌륭하다")) == {"good word", "1"}
    assert task.classify("화면이 지루하다") == []
    found = jium.evaluate(place / "labels")
    scores = {score.name: score.value for score in found["scores"]}
    assert scores["micro_f1"] > 95 and scores["exact"] > 90
    assert SEPARATOR not in "".join(task.labels)


def test_a_class_that_never_occurs_in_training_is_counted_as_missed(place: Path):
    if not (place / "run-bert").is_dir():
        classify(place, "run-bert", *TINY)
    found = jium.evaluate(place / "run-bert", [("영화가 좋았다", "good"), ("음악이 산다", "odd")])
    assert found["by_tag"]["odd"]["recall"] == 0
    with pytest.raises(JiumError, match="no label is one that the model knows"):
        jium.evaluate(place / "run-bert", [("영화가 좋았다", "x y"), ("음악이 산다", "7")])
