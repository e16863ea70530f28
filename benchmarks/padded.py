"""The same batches as others take them: every text padded to the longest in its batch."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from jium.data.batches import PairBatch
from jium.nn.layout import Layout
from jium.objectives.loss import IGNORE


@dataclass(frozen=True)
class PaddedBatch:
    """source, target_in, labels: (batch, time) ids, labels IGNORE where nothing stands;
    source_mask: True where a source token stands; n_tokens: real ones, both sides.
    """

    source: Tensor
    source_mask: Tensor
    target_in: Tensor
    labels: Tensor
    n_tokens: int


def padded(batches: Iterable[PairBatch], pad_id: int) -> Iterator[PaddedBatch]:
    """The same pairs, in the same batches."""
    for batch in batches:
        yield PaddedBatch(
            pad(batch.source, batch.source_layout, pad_id),
            batch.source_layout.mask,
            pad(batch.target_in, batch.target_layout, pad_id),
            pad(batch.target_out, batch.target_layout, IGNORE),
            batch.n_tokens,
        )


def pad(ids: Tensor, layout: Layout, value: int) -> Tensor:
    """(tokens,) to (batch, time), `value` where nothing stands."""
    return torch.where(layout.mask, layout.pad(ids), value)
