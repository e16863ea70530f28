"""Sentence vectors as a person asks for them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from jium.data.frames import Frame
from jium.errors import ConfigError, DataError
from jium.models.sentence import SentenceConfig, SentenceEncoder
from jium.tasks.embed import SentenceEmbedder
from jium.text.normalise import Cleaning
from jium.text.tokenizer import Tokenizer, TokenizerConfig

TEXTS = ["나는 차를 마신다.", "오늘은 비가 많이 온다.", "비", "고양이가 창가에서 잔다."]


@pytest.fixture(scope="module")
def task() -> SentenceEmbedder:
    tokenizer = Tokenizer.train(TokenizerConfig(kind="bpe", vocab_size=280), TEXTS * 5)
    torch.manual_seed(0)
    sizes = dict(dim=16, n_heads=2, ffn_dim=32, n_layers=1, max_len=40)
    config = SentenceConfig(**sizes, vocab_size=tokenizer.vocab_size)  # type: ignore[arg-type]
    return SentenceEmbedder(SentenceEncoder(config).eval(), tokenizer, cleaning=Cleaning())


def test_a_text_gives_a_vector_and_a_list_one_for_each_in_its_order(task: SentenceEmbedder):
    rows = task.embed(TEXTS)
    assert rows.shape == (4, 16) and rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for text, row in zip(TEXTS, rows, strict=True):
        assert task.embed(text).shape == (16,)
        assert np.allclose(task.embed(text), row, atol=1e-5)
    assert task.embed([]).shape == (0, 16)


def test_more_texts_than_are_read_at_once_keep_their_order(task: SentenceEmbedder):
    rows = task.embed(TEXTS * 40)
    assert np.allclose(rows, np.tile(task.embed(TEXTS), (40, 1)), atol=1e-5)


def test_asking_leaves_training_mode_as_it_was(task: SentenceEmbedder):
    task.model.train()
    assert np.array_equal(task.embed(TEXTS), task.embed(TEXTS))  # no dropout
    assert task.model.training
    task.model.eval()


def test_similar_ranks_a_list_by_cosine(task: SentenceEmbedder):
    found = task.similar(TEXTS[1], TEXTS)
    assert [text for text, _ in found][0] == TEXTS[1]
    assert found[0][1] == pytest.approx(1, abs=1e-5)
    assert [cosine for _, cosine in found] == sorted((c for _, c in found), reverse=True)
    assert len(task.similar(TEXTS[1], TEXTS, n=2)) == 2
    assert task.similar(TEXTS[1], []) == []


def test_similarity_is_the_cosine_of_two_texts_or_of_two_lists(task: SentenceEmbedder):
    table = task.similarities(TEXTS)
    assert task.similarity(TEXTS[0], TEXTS[1]) == pytest.approx(float(table[0, 1]), abs=1e-5)
    found = task.similarity(TEXTS[:2], TEXTS[2:])
    assert np.allclose(found, [table[0, 2], table[1, 3]], atol=1e-5)
    assert np.allclose(np.diag(table), 1, atol=1e-5)


def test_what_is_typed_is_cleaned_as_the_training_data_was(task: SentenceEmbedder):
    decomposed = "오늘은 비가 많이 온다."
    assert np.allclose(task.embed(decomposed), task.embed(TEXTS[1]), atol=1e-6)
    assert np.allclose(task.embed("  오늘은   비가 많이 온다. "), task.embed(TEXTS[1]), atol=1e-6)


@pytest.mark.parametrize("text", ["😀", "שלום עולם", "ㅋㅋㅋ", "가" * 500, "\ud7b0"])
def test_any_text_has_a_vector(task: SentenceEmbedder, text: str):
    assert np.isfinite(task.embed(text)).all()


def test_a_frame_counts_within_the_length(task: SentenceEmbedder):
    framed = SentenceEmbedder(task.model, task.tokenizer, Frame((2,), (3,)))
    (ids,) = framed.encode(["가" * 500])
    assert len(ids) == 40 and (ids[0], ids[-1]) == (2, 3)
    assert not np.allclose(framed.embed(TEXTS[2]), task.embed(TEXTS[2]), atol=1e-3)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_text_is_said_with_its_place(task: SentenceEmbedder, text: str):
    with pytest.raises(DataError, match="nothing to embed: text 2 is empty"):
        task.embed([TEXTS[0], text])


def test_lists_of_unequal_length_are_refused(task: SentenceEmbedder):
    for a, b in ((TEXTS[:2], TEXTS[:1]), (TEXTS[0], TEXTS)):
        with pytest.raises(DataError, match="two lists of as many texts each"):
            task.similarity(a, b)


def test_nothing_to_choose_from_is_said(task: SentenceEmbedder):
    with pytest.raises(ConfigError, match="among: is missing: .* --among FILE"):
        task.similar(TEXTS[0])


def test_asking_for_no_answer_is_refused(task: SentenceEmbedder):
    with pytest.raises(ConfigError, match="n: must be at least 1; got 0"):
        task.similar(TEXTS[0], TEXTS, n=0)


def test_a_folder_of_another_kind_is_refused(task: SentenceEmbedder, tmp_path: Path):
    with pytest.raises(ConfigError, match='no format "onnx"'):
        task.export(tmp_path, to="onnx")
