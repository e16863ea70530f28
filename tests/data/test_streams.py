"""Running text in parallel streams."""

from itertools import islice

import numpy as np
import pytest
import torch

from jium.data.documents import OpenDocuments
from jium.data.streams import StreamBatches
from jium.errors import ConfigError

START, END = 0, 1


def documents(lengths: list[int]) -> OpenDocuments:
    """Documents of tokens that never come twice."""
    ends = np.array([0, *np.cumsum(lengths)], np.int64)
    tokens = np.arange(2, 2 + ends[-1], dtype=np.uint16)
    return OpenDocuments(tokens, ends, np.arange(len(lengths) + 1, dtype=np.int64))


def batches(lengths: list[int], window: int = 4, batch_tokens: int = 12, **more) -> StreamBatches:
    return StreamBatches(documents(lengths), START, END, window, batch_tokens, **more)


def epoch_of(source: StreamBatches) -> list:
    return list(islice(iter(source), source.n_batches))


def streams(source: StreamBatches) -> tuple[np.ndarray, np.ndarray]:
    """What each stream reads in an epoch, and what follows: (streams, time)."""
    found = epoch_of(source)
    shape = source.n_streams, -1
    tokens = torch.cat([batch.tokens.view(shape) for batch in found], 1)
    targets = torch.cat([batch.targets.view(shape) for batch in found], 1)
    return tokens.numpy(), targets.numpy()


LENGTHS = [5, 1, 9, 2, 7, 12, 3]


@pytest.mark.parametrize("across", [False, True])
def test_an_epoch_reads_every_token_once_but_for_a_rest_smaller_than_the_streams(across):
    source = batches(LENGTHS, across_documents=across)
    tokens, targets = streams(source)
    assert source.n_streams == 3
    left = sum(LENGTHS) + len(LENGTHS) - tokens.size
    assert 0 <= left < 3
    read = tokens[tokens != START]
    assert len(set(read.tolist())) == len(read)
    learned = targets[targets != END]
    assert len(set(learned.tolist())) == len(learned) >= sum(LENGTHS) - left


def test_targets_follow_and_documents_begin_and_end():
    tokens, targets = streams(batches(LENGTHS))
    flat, following = tokens.ravel(), targets.ravel()
    starts = np.flatnonzero(flat == START)
    starts = starts[starts % tokens.shape[1] > 0]
    assert (following[starts - 1] == END).all()
    inside = (flat != START) & (following != END)
    assert (following[inside] == flat[inside] + 1).all()


def test_the_next_batch_goes_on_where_the_last_one_ended():
    found = epoch_of(batches(LENGTHS))
    for before, after in zip(found, found[1:], strict=False):
        last = before.targets.view(3, -1)[:, -1]
        first = after.tokens.view(3, -1)[:, 0]
        assert torch.where(last == END, START, last).tolist() == first.tolist()


def test_parts_begin_with_a_document_or_where_their_stream_stood():
    for number, batch in enumerate(epoch_of(batches(LENGTHS))):
        layout, width = batch.layout, len(batch.tokens) // 3
        begins = np.cumsum([0, *layout.lengths[:-1]])
        firsts = batch.tokens[torch.from_numpy(begins)]
        for place, first, stream in zip(begins, firsts, layout.begins, strict=True):
            if stream >= 0:
                assert first != START and place == stream * width and number > 0
            else:
                assert first == START
        ends = np.cumsum(layout.lengths)[layout.lasts]
        assert ends.tolist() == [width, 2 * width, 3 * width]
        assert sum(layout.lengths) == len(batch.tokens)


def test_across_documents_every_part_is_a_whole_window_of_its_stream():
    first, *rest = epoch_of(batches(LENGTHS, across_documents=True))
    assert first.layout.begins == [-1, -1, -1]
    for batch in rest:
        assert batch.layout.begins == batch.layout.lasts == [0, 1, 2]
        assert batch.layout.full


def test_an_epoch_begins_anew_and_in_another_order():
    source = batches(LENGTHS)
    found = list(islice(iter(source), 2 * source.n_batches))
    again = found[source.n_batches]
    assert again.after[:1] == (1,) and set(again.layout.begins) == {-1}
    first = torch.cat([b.tokens for b in found[: source.n_batches]])
    second = torch.cat([b.tokens for b in found[source.n_batches :]])
    assert not torch.equal(first, second)


def test_a_stream_may_begin_anew_at_a_window():
    plain, restarted = (epoch_of(batches([400], restarts=share)) for share in (0.0, 0.25))
    anew = 0
    for one, other in zip(plain[1:], restarted[1:], strict=True):
        assert one.layout.begins == [0, 1, 2]
        assert torch.equal(one.targets, other.targets)
        begins = other.layout.begins
        heads = other.tokens.view(3, -1)[:, 0]
        assert [b == -1 for b in begins] == (heads == START).tolist()
        anew += begins.count(-1)
    assert 0.15 < anew / (3 * len(restarted)) < 0.35


def test_across_documents_they_stand_as_in_the_file():
    tokens, _ = streams(batches(LENGTHS, across_documents=True))
    read = tokens.ravel()[tokens.ravel() != START]
    assert (np.diff(read) > 0).all()


@pytest.mark.parametrize("done", [1, 3, 7])
def test_going_on_gives_the_batches_that_would_have_come(done):
    whole = list(islice(iter(batches(LENGTHS)), 12))
    source = batches(LENGTHS)
    source.go_on(whole[done - 1].after)
    for one, other in zip(islice(iter(source), 12 - done), whole[done:], strict=True):
        assert torch.equal(one.tokens, other.tokens) and one.after == other.after
        assert one.layout.lengths == other.layout.lengths
        assert one.layout.begins == other.layout.begins


def test_a_text_shorter_than_a_window_is_one_stream():
    source = batches([1], window=8, batch_tokens=64)
    (batch,) = epoch_of(source)
    assert batch.tokens.tolist() == [START, 2] and batch.targets.tolist() == [2, END]


def test_the_layout_goes_with_the_batch_to_another_device():
    batch = epoch_of(batches(LENGTHS))[1].to(torch.device("meta"))
    assert batch.layout.begins and batch.layout.device.type == "meta"


def test_a_window_larger_than_a_batch_is_refused():
    with pytest.raises(ConfigError, match="must not exceed train.batch_tokens=12; got 13"):
        batches(LENGTHS, window=13)
