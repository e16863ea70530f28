"""Contracts of the model: what neighbours in a batch, a cache or the future may change."""

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from jium.contracts import tiny
from jium.data.batches import PairBatch
from jium.models.seq2seq import Seq2Seq
from jium.nn.layout import Layout

Measure = Callable[[Seq2Seq], float]
LENGTHS = [(5, 9), (12, 3), (1, 12), (8, 8)]  # tokens of source and target


def _batch(model: Seq2Seq, rows: list[int] | None = None) -> PairBatch:
    """Random pairs for `model`, those numbered `rows`."""
    assert model.config.vocab_size is not None
    device = model.output.weight.device
    made = tiny.pairs(LENGTHS, model.config.vocab_size)
    chosen = made if rows is None else [made[i] for i in rows]
    return tiny.FORMAT.batch(chosen).to(device)


def every_scheme() -> list[Seq2Seq]:
    """A random model for each position scheme, before and after norm, with and without groups."""
    shapes = [dict(norm_first=True, n_kv_heads=2, norm="rms"), dict(norm_first=False)]
    return [
        tiny.model(scheme, **shapes[i % 2])  # type: ignore[arg-type]
        for i, scheme in enumerate(tiny.POSITIONS)
    ]


def _largest(ones: list[Tensor], others: list[Tensor]) -> float:
    return max(tiny.distance(one, other) for one, other in zip(ones, others, strict=True))


@torch.no_grad()
def cached_decoding(model: Seq2Seq) -> float:
    """Each target written token by token with the cache, against the target seen at once."""
    return max(_in_chunks(model, row, 1) for row in range(len(LENGTHS)))


@torch.no_grad()
def chunked_prefill(model: Seq2Seq) -> float:
    """Each target given in chunks of three to the cache, against the target seen at once."""
    return max(_in_chunks(model, row, 3) for row in range(len(LENGTHS)))


def _in_chunks(model: Seq2Seq, row: int, size: int) -> float:
    batch = _batch(model, [row])
    memory = model.encode(batch.source, batch.source_layout)
    cache = model.new_cache(len(batch.target_in))
    parts = [
        model.decode(
            chunk, Layout([len(chunk)], chunk.device), memory, batch.source_layout, cache=cache
        )
        for chunk in batch.target_in.split(size)
    ]
    return tiny.distance(torch.cat(parts), tiny.hidden(model, batch)[0])


@torch.no_grad()
def alone(model: Seq2Seq) -> float:
    """Texts of unequal length in one batch, against each of them alone."""
    together = tiny.hidden(model, _batch(model))
    single = [tiny.hidden(model, _batch(model, [row]))[0] for row in range(len(LENGTHS))]
    return _largest(together, single)


@torch.no_grad()
def padding(model: Seq2Seq) -> float:
    """A batch, against the same texts in another order, padded to a far longer one."""
    made = tiny.pairs(LENGTHS, model.config.vocab_size or 0)
    longest = min(40, model.config.max_len - 2)
    extra = tiny.pairs([(longest, longest)], model.config.vocab_size or 0, seed=1)
    wider = tiny.FORMAT.batch([*extra, *reversed(made)]).to(model.output.weight.device)
    known = tiny.hidden(model, wider)[:0:-1]
    return _largest(tiny.hidden(model, _batch(model)), known)


@torch.no_grad()
def future(model: Seq2Seq) -> float:
    """What is known at and before a token, after every later token was changed; exact."""
    batch = _batch(model, [2])
    before = tiny.hidden(model, batch)[0]
    gaps = []
    for place in range(len(batch.target_in) - 1):
        changed = batch.target_in.clone()
        changed[place + 1 :] = 4 + (changed[place + 1 :] - 3) % ((model.config.vocab_size or 0) - 4)
        after = tiny.hidden(model, dataclasses.replace(batch, target_in=changed))[0]
        assert not torch.equal(before[place + 1 :], after[place + 1 :]), "nothing was changed"
        gaps.append(tiny.distance(after[: place + 1], before[: place + 1]))
    return max(gaps)
