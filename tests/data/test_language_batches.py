"""Running text in windows, with the token that follows each."""

from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from jium.config import build
from jium.data.documents import OpenDocuments
from jium.data.language_batches import LanguageBatches
from jium.data.text_batches import TextBatch
from jium.errors import TrainingError
from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout

START, END = 2, 3
SIZES = [1, 5, 64, 7, 30, 100, 8, 12, 3, 9]


@pytest.fixture(scope="module")
def documents() -> OpenDocuments:
    """Documents of such sizes, whose tokens tell where they stand: 10, 11, 12, ..."""
    tokens = np.arange(10, 10 + sum(SIZES)).astype(np.uint16)
    ends = np.cumsum([0, *SIZES]).astype(np.int64)
    return OpenDocuments(tokens, ends, np.arange(len(SIZES) + 1))


def batches(documents: OpenDocuments, max_len: int = 16, budget: int = 64) -> LanguageBatches:
    return LanguageBatches(documents, [START], END, max_len, budget, seed=1)


def windows(batch: TextBatch) -> list[tuple[list[int], list[int]]]:
    assert batch.targets is not None
    sizes = batch.layout.lengths
    parts = zip(batch.tokens.split(sizes), batch.targets.split(sizes), strict=True)
    return [(read.tolist(), guessed.tolist()) for read, guessed in parts]


def documents_of(found: list[tuple[list[int], list[int]]]) -> list[list[int]]:
    """Windows put together again: what follows a window's last token begins the next."""
    after = {read[0]: (read, guessed) for read, guessed in found if read[0] != START}
    whole = []
    for read, guessed in found:
        if read[0] == START:
            ids = list(guessed)
            while ids[-1] != END:
                ids += after[ids[-1]][1]
            whole.append(ids)
    return sorted(whole)


def expected() -> list[list[int]]:
    ends = np.cumsum([0, *SIZES]) + 10
    return sorted(
        [[*range(a, b), END] for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
    )


def test_every_token_of_every_document_and_its_end_is_guessed_once(documents: OpenDocuments):
    found = [window for batch in batches(documents).once() for window in windows(batch)]
    assert documents_of(found) == expected()
    counts = Counter(token for _, guessed in found for token in guessed)
    assert counts.pop(END) == len(SIZES)
    assert set(counts.values()) == {1}


def test_an_epoch_is_every_document_however_it_is_cut(documents: OpenDocuments):
    stream = iter(batches(documents))
    found = []
    for batch in stream:
        found += windows(batch)
        if batch.after.epoch == 1:
            break
    assert documents_of(found) == expected()


def test_each_token_is_read_before_the_one_that_follows_it(documents: OpenDocuments):
    for batch in batches(documents).once():
        for read, guessed in windows(batch):
            assert read[1:] == guessed[:-1]
            assert len(read) <= 16


def test_batches_keep_to_their_budget_and_say_when_a_window_cannot(documents: OpenDocuments):
    assert all(batch.n_tokens <= 64 for batch in islice(iter(batches(documents)), 20))
    with pytest.raises(TrainingError, match="batch_tokens=8"):
        next(iter(batches(documents, budget=8)))


def test_where_a_long_document_is_cut_changes_with_the_epoch(documents: OpenDocuments):
    stream = islice(iter(batches(documents)), 40)
    starts: dict[int, set[int]] = {}
    for batch in stream:
        epoch = batch.after.epoch
        starts.setdefault(epoch, set()).update(read[0] for read, _ in windows(batch))
    assert starts[0] != starts[1]


def test_going_on_gives_what_would_have_come(documents: OpenDocuments):
    whole = list(islice(iter(batches(documents)), 12))
    rest = batches(documents)
    rest.go_on(whole[4].after)
    for one, other in zip(whole[5:], rest, strict=False):
        assert torch.equal(one.tokens, other.tokens)
        assert one.after == other.after


def test_no_window_knows_of_another(documents: OpenDocuments, tmp_path: Path):
    """Packed documents equal the same documents alone."""
    torch.manual_seed(0)
    sizes = {"size": "tiny", "vocab_size": 10 + sum(SIZES), "max_len": 16}
    model = Gpt(build(GptConfig, sizes)).eval()
    batch = next(batches(documents).once())
    assert batch.layout.batch > 3
    together = model(batch.tokens, batch.layout).split(batch.layout.lengths)
    for read, packed in zip(batch.tokens.split(batch.layout.lengths), together, strict=True):
        alone = model(read, Layout([len(read)]))
        assert torch.allclose(alone, packed, atol=1e-5)
