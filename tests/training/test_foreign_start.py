"""Training that starts from a Hugging Face folder: its settings, tokenizer and weights."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import jium
from jium.checkpoint.foreign import read_foreign, write_foreign
from jium.config import write_toml
from jium.data.frames import Frame
from jium.errors import ConfigError
from jium.models.bert import Bert, BertConfig
from jium.models.gpt import Gpt, GptConfig
from jium.models.heads import HeadConfig, Headed
from jium.text.tokenizer import Tokenizer, TokenizerConfig

WORDS = {"좋았다": "good", "훌륭하다": "good", "나빴다": "bad", "지루하다": "bad"}
ROWS = [(f"{n}번 영화가 {word}", label) for n in range(20) for word, label in WORDS.items()]
ROBERTA = Frame((2,), (3,), (3, 3), 0)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    settings = TokenizerConfig(vocab_size=290, special_tokens=["<MASK>"])
    return Tokenizer.train(settings, [text for text, _ in ROWS])


@pytest.fixture(scope="module")
def folder(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder with a masked head, one row of embeddings more than the tokenizer has ids, framed
    as RoBERTa is.
    """
    torch.manual_seed(0)
    sizes: dict[str, Any] = dict(dim=16, n_heads=2, ffn_dim=24, n_layers=2, max_len=32)
    encoder = Bert(BertConfig(**sizes, vocab_size=tokenizer.vocab_size + 1, pooler=False))
    head = Headed(encoder, HeadConfig(kind="masked"))
    torch.nn.init.normal_(head.head.bias)
    out = tmp_path_factory.mktemp("start") / "theirs"
    write_foreign(out, head, tokenizer, frame=ROBERTA)
    return out


def recipe(place: Path, task: str, start: Path, **sections: Any) -> str:
    lines = [json.dumps({"text": t, "label": x}, ensure_ascii=False) for t, x in ROWS]
    (place / "rows.jsonl").write_text("\n".join(lines), "utf-8")
    common = dict(batch_tokens=128, threads=1, precision="float32", eval_every=9, save_every=9)
    values = {
        "task": task,
        "data": {"train": str(place / "rows.jsonl"), "valid_share": 0.2},
        "transfer": {"start": str(start), **sections.pop("transfer", {})},
        "schedule": {"warmup": 1},
        "train": {"steps": 2, **common},
        **sections,
    }
    (place / f"{task}.toml").write_text(write_toml(values), "utf-8")
    return str(place / f"{task}.toml")


@pytest.mark.parametrize("mode", ["full", "frozen"])
def test_a_classifier_is_tuned_from_a_folder(mode: str, folder: Path, tmp_path: Path) -> None:
    made = recipe(tmp_path, "classify", folder, transfer={"mode": mode}, optim={"lr": 1e-2})
    jium.train(made, out=tmp_path / "run", quiet=True)
    task = jium.load(tmp_path / "run")
    start: Any = read_foreign(folder)
    theirs, tuned = start.model.encoder.state_dict(), task.model.encoder.state_dict()
    kept = {name: theirs[name].equal(tuned[name]) for name in theirs}
    assert all(kept.values()) if mode == "frozen" else not kept["embeddings.token.weight"]
    assert task.reader.tokenizer.pieces == start.tokenizer.pieces
    assert task.reader.frame == ROBERTA, "a pair stands as the encoder knows it"
    assert task.classify("영화가 좋았다") in ("good", "bad")
    written = (tmp_path / "run/recipe.toml").read_text("utf-8")
    assert "dim = 16" in written and f"vocab_size = {start.tokenizer.vocab_size + 1}" in written


def test_pretraining_goes_on_with_the_head_of_the_folder(folder: Path, tmp_path: Path) -> None:
    made = recipe(tmp_path, "fill", folder, optim={"lr": 1e-9})
    jium.train(made, out=tmp_path / "run", quiet=True)
    ours, theirs = (jium.load(place).model.state_dict() for place in (tmp_path / "run", folder))
    assert ours.keys() == theirs.keys()
    for name, tensor in theirs.items():
        torch.testing.assert_close(ours[name], tensor, rtol=0, atol=1e-6)


def test_a_start_that_cannot_be_is_said(folder: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    made = recipe(tmp_path, "classify", folder)
    with pytest.raises(ConfigError, match=r"model.n_layers.*is 3, but the encoder in"):
        jium.train(made, "model.n_layers=3", out=tmp_path / "run", quiet=True)
    sizes: dict[str, Any] = dict(dim=16, n_heads=2, n_kv_heads=2, ffn_dim=24, n_layers=1)
    model = Gpt(GptConfig(**sizes, vocab_size=tokenizer.vocab_size))
    write_foreign(tmp_path / "gpt", model, tokenizer)
    with pytest.raises(ConfigError, match='no model "gpt" for the task "classify"'):
        jium.train(made, f"transfer.start={tmp_path / 'gpt'}", out=tmp_path / "run", quiet=True)
