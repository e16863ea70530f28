"""Folders of sentence-transformers: theirs read here, ours read there, equal vectors."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jium.checkpoint.names.bert import to_settings
from jium.config import build
from jium.data.frames import Frame
from jium.errors import ConfigError, RunError
from jium.models.sentence import SentenceConfig, SentenceEncoder
from jium.tasks import load
from jium.tasks.embed import SentenceEmbedder
from jium.text.tokenizer import Tokenizer, TokenizerConfig

TEXTS = ["나는 학교에 간다.", "비가 온다", "오늘은 날씨가 참 좋아서 밖에 나가서 걸었다.", "a b"]
transformers = pytest.importorskip("transformers")
theirs = pytest.importorskip("sentence_transformers")
modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")


@pytest.fixture(autouse=True)
def quiet() -> None:
    transformers.utils.logging.disable_progress_bar()


def encoder(vocab_size: int, **more: Any) -> SentenceEncoder:
    settings = dict(dim=16, n_heads=2, ffn_dim=32, n_layers=2, max_len=24, vocab_size=vocab_size)
    torch.manual_seed(0)
    model = SentenceEncoder(build(SentenceConfig, settings | more))
    for parameter in model.parameters():
        parameter.data += torch.randn_like(parameter) * 0.2  # also norms, biases, token weights
    return model.eval()


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(TokenizerConfig(kind="bpe", vocab_size=280), TEXTS * 5)


def ours(tokenizer: Tokenizer, **more: Any) -> SentenceEmbedder:
    frame = (
        Frame((tokenizer.start_id,), (tokenizer.eos_id,)) if more.pop("framed", False) else Frame()
    )
    return SentenceEmbedder(encoder(tokenizer.vocab_size, **more), tokenizer, frame)


def load_theirs(folder: Path) -> Any:
    return theirs.SentenceTransformer(str(folder), device="cpu", local_files_only=True)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"token_weights": True},
        {"pooling": "max", "normalise": False},
        {"pooling": "cls", "framed": True},
        {"n_segments": 2, "pooler": True, "activation": "relu", "framed": True},
    ],
)
def test_what_jium_writes_gives_equal_vectors_there(
    tmp_path: Path, tokenizer: Tokenizer, settings: dict[str, Any]
):
    task = ours(tokenizer, **settings)
    task.export(tmp_path / "out")
    found = load_theirs(tmp_path / "out").encode(TEXTS)
    assert np.abs(found - task.embed(TEXTS)).max() < 1e-5
    again = SentenceEmbedder.read(tmp_path / "out")
    assert np.abs(again.embed(TEXTS) - task.embed(TEXTS)).max() < 1e-6
    assert again.frame == task.frame


def test_a_text_too_long_is_cut_alike_on_both_sides(tmp_path: Path, tokenizer: Tokenizer):
    task = ours(tokenizer, framed=True, max_len=8)
    task.export(tmp_path / "out")
    found = load_theirs(tmp_path / "out").encode([TEXTS[2]])
    assert len(tokenizer.encode(TEXTS[2])) > 8
    assert np.abs(found - task.embed([TEXTS[2]])).max() < 1e-5


def foreign(folder: Path, pooling: Any = "mean", *more: Any, **settings: Any) -> Any:
    """A folder that sentence-transformers saved: a random BERT with a WordPiece vocabulary."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{x}" for x in letters)]
    bert = folder / "bert"
    bert.mkdir(parents=True)
    (bert / "vocab.txt").write_text("\n".join(words), "utf-8")
    torch.manual_seed(0)
    sizes = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
    config = transformers.BertConfig(
        vocab_size=len(words),
        max_position_embeddings=20,
        initializer_range=0.3,
        **sizes,
        **settings,
    )
    transformers.BertModel(config).save_pretrained(bert)
    transformers.BertTokenizerFast(str(bert / "vocab.txt")).save_pretrained(bert)
    parts = [modules.Transformer(str(bert)), modules.Pooling(16, pooling), *more]
    model = theirs.SentenceTransformer(modules=parts, device="cpu")
    model.save(str(folder / "saved"))
    return model


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
@pytest.mark.parametrize("normalised", [True, False])
def test_what_they_write_gives_equal_vectors_here(tmp_path: Path, pooling: str, normalised: bool):
    model = foreign(tmp_path, pooling, *([modules.Normalize()] if normalised else []))
    task = load(tmp_path / "saved")  # as `jium.load` does
    assert isinstance(task, SentenceEmbedder)
    texts = ["hello world", "a bc", "deeds " * 9]
    assert np.abs(task.embed(texts) - model.encode(texts)).max() < 1e-5
    assert task.frame == Frame((2,), (3,))
    assert task.model.config.normalise is normalised


def test_what_was_read_is_written_again_without_change(tmp_path: Path):
    model = foreign(tmp_path, "mean", modules.Normalize())
    SentenceEmbedder.read(tmp_path / "saved").export(tmp_path / "again")
    texts = ["hello world", "a bc"]
    assert np.abs(load_theirs(tmp_path / "again").encode(texts) - model.encode(texts)).max() < 1e-6


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"norm_first": True}, "norm_first=true"),
        ({"positions": "rotary"}, "positions=rotary"),
        ({"activation": "swiglu"}, "activation=swiglu"),
        ({"norm": "rms"}, "norm=rms"),
    ],
)
def test_a_model_that_is_no_bert_is_not_written(
    tmp_path: Path, tokenizer: Tokenizer, settings: dict[str, Any], said: str
):
    with pytest.raises(RunError, match=f"a model with {said} is no BERT"):
        ours(tokenizer, **settings).export(tmp_path / "out")


def test_a_korean_tokenizer_that_prepares_text_is_not_written(tmp_path: Path):
    jamo = Tokenizer.train(TokenizerConfig(kind="jamo", vocab_size=280), TEXTS * 5)
    with pytest.raises(RunError, match="a jamo tokenizer prepares Korean"):
        ours(jamo).export(tmp_path / "out")


def test_another_format_is_refused(tmp_path: Path, tokenizer: Tokenizer):
    with pytest.raises(ConfigError, match='to: no format "gguf" for sentence vectors'):
        ours(tokenizer).export(tmp_path, to="gguf")


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")


@pytest.fixture
def saved(tmp_path: Path, tokenizer: Tokenizer) -> Path:
    ours(tokenizer).export(tmp_path / "out")
    return tmp_path / "out"


def test_a_part_that_is_not_known_is_said(saved: Path):
    path = saved / "modules.json"
    parts = json.loads(path.read_text("utf-8"))
    parts[1]["type"] = "sentence_transformers.models.LSTM"
    path.write_text(json.dumps(parts), "utf-8")
    with pytest.raises(RunError, match="is made of Transformer, LSTM, Normalize. Known are"):
        SentenceEmbedder.read(saved)


@pytest.mark.parametrize(
    ("file", "values", "message"),
    [
        ("config.json", {"model_type": "roberta"}, "model_type='roberta' is not known"),
        ("config.json", {"hidden_act": "silu"}, "hidden_act='silu' is not known"),
        ("config.json", {"hidden_size": 32}, "does not fit config.json"),
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False}, "pools by -"),
        ("1_Pooling/config.json", {"pooling_mode": "lasttoken"}, "pools by lasttoken"),
    ],
)
def test_what_has_no_twin_is_said(saved: Path, file: str, values: dict[str, Any], message: str):
    change(saved / file, **values)
    with pytest.raises(RunError, match=message):
        SentenceEmbedder.read(saved)


def test_a_pickle_is_not_read(saved: Path):
    (saved / "model.safetensors").rename(saved / "pytorch_model.bin")
    with pytest.raises(RunError, match="never from a pickle"):
        SentenceEmbedder.read(saved)


def test_damaged_weights_and_other_folders_are_said(saved: Path, tmp_path: Path):
    (saved / "model.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(RunError, match=r"model.safetensors: is damaged"):
        SentenceEmbedder.read(saved)
    with pytest.raises(RunError, match="has no modules.json"):
        SentenceEmbedder.read(tmp_path)


def test_bert_base_speaks_the_words_of_hugging_face():
    found = to_settings(SentenceConfig(vocab_size=30522))
    assert (found["hidden_size"], found["num_hidden_layers"]) == (768, 12)
    config = transformers.BertConfig(**found)
    assert (config.intermediate_size, config.layer_norm_eps) == (3072, 1e-12)
