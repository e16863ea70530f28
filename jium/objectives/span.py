"""Point at the first and the last token of an answer."""

from collections.abc import Iterator
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from jium.config import config
from jium.data.text_batches import TextBatch
from jium.models.heads import Headed
from jium.nn.layout import Layout
from jium.objectives.loss import Loss
from jium.ranges import share_below_one


@config
class Span:
    """Cross-entropy of the place where an answer begins and of the place where it ends, each among
    the tokens of its window, halved (section 4.2 of Devlin et al., 2019).

    A window without the answer points at its first token with both (section 4.3).
    """

    dropout: float = 0.0  # of the hidden states before the head
    pairs: Literal["together", "apart"] = "together"  # apart: each by itself, then compared

    def __post_init__(self) -> None:
        share_below_one(dropout=self.dropout)

    def __call__(self, model: Headed, batch: TextBatch) -> Iterator[Loss]:
        """batch.targets: (batch, 2), the first and the last token, counted within the window."""
        assert batch.targets is not None
        scores = model(batch.tokens, batch.layout, batch.segments)  # (tokens, 2)
        yield Loss(span_loss(scores, batch.layout, batch.targets), count=batch.layout.batch)


def span_loss(scores: Tensor, layout: Layout, targets: Tensor) -> Tensor:
    """The loss of all windows, summed; scores: (tokens, 2), targets: (batch, 2)."""
    padded = layout.pad(scores.float()).masked_fill(~layout.mask[..., None], -torch.inf)
    return F.cross_entropy(padded, targets, reduction="sum") / 2  # (batch, time, 2): time the class
