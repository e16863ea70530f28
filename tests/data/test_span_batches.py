"""Batches of corrupted texts: nothing lost, budgets kept, the same again from any place."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from jium.data.batches import PairBatch, PairFormat
from jium.data.documents import DocumentData, OpenDocuments, prepare_documents
from jium.data.span_batches import SpanBatches
from jium.data.spans import Corruption, SpanConfig
from jium.errors import ConfigError

START, EOS, MARKS = 1, 2, tuple(range(100, 130))
LENGTHS = [1, 2, 3, 30, 7, 80, 45, 12]


@pytest.fixture
def documents(tmp_path: Path) -> OpenDocuments:
    """Documents of so many tokens, all their tokens different, from 1000 on."""
    lines = [f"{number} letters" for number in range(len(LENGTHS))]
    (tmp_path / "texts.txt").write_text("\n".join(lines), "utf-8")
    starts = 1000 + np.cumsum([0, *LENGTHS])

    def encode(texts: list[str]) -> list[list[int]]:
        rows = [int(text.split()[0]) for text in texts]
        return [list(range(starts[row], starts[row + 1])) for row in rows]

    data = DocumentData(train=str(tmp_path / "texts.txt"), valid_share=0.0)
    return prepare_documents(data, "train", tmp_path / "store", encode, 5000).open()


def batches(documents: OpenDocuments, budget: int = 120, max_len: int = 34, **more) -> SpanBatches:
    corruption = Corruption(SpanConfig(**more), MARKS)
    return SpanBatches(documents, corruption, PairFormat(START, EOS), max_len, budget, seed=3)


def texts(batch: PairBatch) -> list[list[int]]:
    """What the texts of a batch were."""
    corruption, found = Corruption(SpanConfig(), MARKS), []
    sources = batch.source.split(batch.source_layout.lengths)
    targets = batch.target_out.split(batch.target_layout.lengths)
    for source, target in zip(sources, targets, strict=True):
        assert source[-1] == target[-1] == EOS
        spans = corruption.spans(target[:-1].tolist(), sum(t in MARKS for t in source.tolist()))
        found.append(corruption.restored(source[:-1].tolist(), spans))
    return found


def test_every_text_can_be_put_together_again(documents: OpenDocuments) -> None:
    found = [text for batch in batches(documents).once() for text in texts(batch)]
    assert all(np.diff(text).tolist() == [1] * (len(text) - 1) for text in found)
    tokens = sorted(token for text in found for token in text)
    everything = set(range(1000, 1000 + sum(LENGTHS)))
    missing = everything - set(tokens)
    assert len(tokens) == len(set(tokens)) and len(missing) <= 3, "single tokens alone are left out"


def test_targets_are_read_one_token_later(documents: OpenDocuments) -> None:
    for batch in batches(documents).once():
        outs = batch.target_out.split(batch.target_layout.lengths)
        ins = batch.target_in.split(batch.target_layout.lengths)
        for read, written in zip(ins, outs, strict=True):
            assert read[0] == START and torch.equal(read[1:], written[:-1])


def test_the_budget_and_the_length_are_kept_and_the_budget_is_used(documents) -> None:
    made = list(islice(batches(documents), 30))
    assert all(batch.n_tokens <= 120 for batch in made)
    lengths = [n for b in made for n in (*b.source_layout.lengths, *b.target_layout.lengths)]
    assert max(lengths) <= 34
    assert max(batch.n_tokens for batch in made) > 60


def test_spans_are_new_every_epoch_and_the_same_for_the_same_seed(documents) -> None:
    one, other = (list(islice(batches(documents), 12)) for _ in range(2))
    assert all(torch.equal(a.source, b.source) for a, b in zip(one, other, strict=True))
    first = [b.source.tolist() for b in one if b.after.epoch == 0]
    later = [b.source.tolist() for b in one if b.after.epoch > 0]
    assert first and later and not any(row in later for row in first)


def test_batches_go_on_from_any_place(documents: OpenDocuments) -> None:
    whole = list(islice(batches(documents), 14))
    for place in range(1, 10):
        again = batches(documents)
        again.go_on(list(whole[place - 1].after))
        for expected, found in zip(whole[place:], again, strict=False):
            assert torch.equal(expected.source, found.source)
            assert torch.equal(expected.target_out, found.target_out)
            assert expected.after == found.after


def test_too_few_sentinels_are_said_before_training(documents: OpenDocuments) -> None:
    with pytest.raises(ConfigError, match="objective.sentinels: a text of 72 tokens needs 37"):
        batches(documents, max_len=76, rate=0.5, mean_span=1.0)


@pytest.mark.parametrize("rate", [0.5, 0.9])
def test_targets_fit_the_model_however_much_is_taken_out(documents, rate: float) -> None:
    for batch in islice(batches(documents, max_len=24, rate=rate, mean_span=1.0), 10):
        assert max(*batch.source_layout.lengths, *batch.target_layout.lengths) <= 24
