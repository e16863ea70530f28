"""Running text on disk, and batches of it with masked tokens."""

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jium.config import build
from jium.data.documents import DocumentData, Documents, counts_of, prepare_documents
from jium.data.frames import Frame
from jium.data.masked_batches import NO_PAIR, MaskedBatches
from jium.data.masking import Masking, MaskingConfig
from jium.errors import DataError
from jium.text.tokenizer import Tokenizer, TokenizerConfig

LINES = [f"{n}번째 글은 바다에 대한 글이다. 배가 {n}척 있었다." for n in range(120)]
LONG = " ".join(LINES)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    settings = TokenizerConfig(kind="unigram", vocab_size=330, special_tokens=["<MASK>"])
    return Tokenizer.train(settings, LINES)


def stored(place: Path, tokenizer: Tokenizer, texts: list[str], **settings: Any) -> Documents:
    source = place / "texts.jsonl"
    source.write_text("\n".join('{"text": "' + t.replace("\n", "\\n") + '"}' for t in texts))
    given = {"valid_share": 0.0, "test_share": 0.0} | settings
    data = build(DocumentData, {"train": str(source), **given}, "data")
    size = tokenizer.vocab_size
    return prepare_documents(data, "train", place / "out", tokenizer.encode_batch, size)


def batches(documents: Documents, tokenizer: Tokenizer, **more: Any) -> MaskedBatches:
    masking = Masking.of(MaskingConfig(), tokenizer)
    settings = {"max_len": 32, "batch_tokens": 200} | more
    return MaskedBatches(documents.open(), Frame.of(tokenizer), masking, **settings)


def test_documents_come_back_as_they_went_in(tmp_path: Path, tokenizer: Tokenizer):
    found = stored(tmp_path, tokenizer, LINES)
    opened = found.open()
    texts = [tokenizer.decode(np.concatenate(opened.sentences(i))) for i in range(len(opened))]
    assert sorted(texts) == sorted(LINES)
    assert counts_of(found)["tokens"] == sum(len(ids) for ids in tokenizer.encode_batch(LINES))


def test_lines_are_sentences_where_asked(tmp_path: Path, tokenizer: Tokenizer):
    found = stored(tmp_path, tokenizer, ["첫째 줄\n둘째 줄\n\n셋째 줄"], sentences="lines")
    assert counts_of(found) == counts_of(found) | {"documents": 1, "sentences": 3}


def test_an_empty_corpus_is_said(tmp_path: Path, tokenizer: Tokenizer):
    with pytest.raises(DataError, match="no text to train on"):
        stored(tmp_path, tokenizer, ["...", "!!"])


def test_a_long_document_is_cut_into_windows_that_lose_nothing(
    tmp_path: Path, tokenizer: Tokenizer
):
    documents = stored(tmp_path, tokenizer, [LONG])
    row = np.concatenate(documents.open().sentences(0))
    for batch in islice(batches(documents, tokenizer), 60):
        assert max(batch.layout.lengths) <= 32
    one = batches(documents, tokenizer, batch_tokens=10_000)
    first = next(iter(one))
    restored = first.tokens.clone()
    restored[first.chosen] = first.targets
    inner = ~torch.isin(restored, torch.tensor([tokenizer.cls_id, tokenizer.sep_id]))
    assert sorted(restored[inner].tolist()) == sorted(row.tolist())


def test_an_epoch_masks_anew_and_going_on_gives_the_same_batches(
    tmp_path: Path, tokenizer: Tokenizer
):
    documents = stored(tmp_path, tokenizer, LINES)
    stream = list(islice(batches(documents, tokenizer), 40))
    assert stream[-1].after.epoch >= 1
    later = batches(documents, tokenizer)
    later.go_on(list(stream[14].after))
    for before, again in zip(stream[15:20], islice(later, 5), strict=True):
        assert torch.equal(before.tokens, again.tokens)
        assert torch.equal(before.chosen, again.chosen)


def test_pairs_have_segments_and_labels(tmp_path: Path, tokenizer: Tokenizer):
    texts = [f"{a}\n{b}\n{c}" for a, b, c in zip(LINES[::3], LINES[1::3], LINES[2::3], strict=True)]
    documents = stored(tmp_path, tokenizer, texts, sentences="lines")
    made = batches(documents, tokenizer, pairing="next", max_len=48, batch_tokens=2000)
    batch = next(iter(made))
    assert batch.segments is not None and batch.pairs is not None
    assert set(batch.pairs.tolist()) <= {0, 1, NO_PAIR}
    starts = np.cumsum([0, *batch.layout.lengths[:-1]])
    for start, length, label in zip(
        starts, batch.layout.lengths, batch.pairs.tolist(), strict=True
    ):
        inside = batch.segments[start : start + length]
        assert (inside[1:] >= inside[:-1]).all()
        assert bool(inside.any()) == (label != NO_PAIR)


def test_a_batch_moves_whole(tmp_path: Path, tokenizer: Tokenizer):
    batch = next(iter(batches(stored(tmp_path, tokenizer, LINES), tokenizer)))
    moved = batch.to(torch.device("cpu"))
    assert torch.equal(moved.tokens, batch.tokens) and moved.n_tokens == len(batch.tokens)
    assert replace(batch, after=batch.after) == batch
