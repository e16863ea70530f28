"""What cannot be written for other programs is refused, with the reason, and nothing is written."""

from pathlib import Path
from typing import Any

import pytest
import torch

from jium.data.frames import Frame
from jium.errors import ConfigError, RunError
from jium.models.bert import Bert, BertConfig
from jium.models.heads import HeadConfig, Headed
from jium.models.tfidf import TfidfConfig
from jium.tasks.classify import Classifier
from jium.tasks.fill import Filler
from jium.tasks.tag import Tagger
from jium.tasks.token_reader import TokenReader
from jium.text.tokenizer import Tokenizer, TokenizerConfig
from jium.text.vectorise import Vectoriser

TEXTS = ["나는 학교에 간다.", "I go to school."]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(TokenizerConfig(vocab_size=290, special_tokens=["<MASK>"]), TEXTS)


def headed(tokenizer: Tokenizer, head: HeadConfig, **more: Any) -> Headed:
    torch.manual_seed(0)
    sizes: dict[str, Any] = dict(dim=16, n_heads=2, ffn_dim=24, n_layers=1, max_len=32)
    config = BertConfig(**(sizes | dict(vocab_size=tokenizer.vocab_size) | more))
    return Headed(Bert(config), head)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (dict(positions="rotary"), "positions=rotary"),
        (dict(norm_first=True), "norm_first=true"),
        (dict(activation="swiglu"), "activation=swiglu"),
        (dict(pool_from="mean"), "pool_from=mean"),
        (dict(pooler=False), "has a layer that pools a text.*model.pooler=true"),
    ],
)
def test_settings_without_a_word_are_named(
    more: dict[str, Any], reason: str, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    model = headed(tokenizer, HeadConfig(n_outputs=2), **more)
    task = Classifier(model, TokenReader(tokenizer, Frame.of(tokenizer), 32), ["a", "b"])
    with pytest.raises(RunError, match=reason):
        task.export(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_head_for_characters_and_counts_of_words_are_refused(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    head = HeadConfig(kind="characters", n_outputs=3, settings={"characters": "ab"})
    tagger = Tagger(headed(tokenizer, head), tokenizer, Frame.of(tokenizer), ["PS"])
    with pytest.raises(RunError, match="no head of the kind characters"):
        tagger.export(tmp_path / "out")
    vectoriser, _ = Vectoriser.fit(TfidfConfig().features, TEXTS)
    with pytest.raises(RunError, match="a model of counts is none that other programs know"):
        Classifier(torch.nn.Linear(1, 2), vectoriser, ["a", "b"]).export(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_would_be_read_otherwise_there_is_refused(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """RoBERTa counts positions from its padding token; a BERT's head has its activation."""
    frame = Frame.of(tokenizer)
    masked = HeadConfig(kind="masked")
    behind = Filler(headed(tokenizer, masked, position_offset=2), tokenizer, frame)
    with pytest.raises(RunError, match="padding token of number 1; that of the tokenizer is .* 0"):
        behind.export(tmp_path / "out")
    other = Filler(headed(tokenizer, masked, activation="relu"), tokenizer, frame)
    with pytest.raises(RunError, match="BertForMaskedLM has the activation of its encoder in its"):
        other.export(tmp_path / "out")
    small = Filler(headed(tokenizer, masked, vocab_size=20), tokenizer, frame)
    with pytest.raises(RunError, match="its model embeddings of 20 only"):
        small.export(tmp_path / "out")
    with pytest.raises(ConfigError, match='no format "onnx".*Known: transformers'):
        other.export(tmp_path / "out", to="onnx")
    assert not (tmp_path / "out").exists()
