"""Predict each token from those before it."""

from collections.abc import Iterator
from typing import Any

from torch import nn

from jium.config import config
from jium.data.text_batches import TextBatch
from jium.nn.cross_entropy import linear_cross_entropy
from jium.objectives.loss import IGNORE, Loss
from jium.ranges import share_below_one


@config
class NextToken:
    """Cross-entropy over the tokens to be learned, the language model of Bengio et al. (2003);
    targets that are IGNORE are read and not learned, as the words of a user in a chat.

    label_smoothing: share of the probability spread evenly over the vocabulary.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        share_below_one(label_smoothing=self.label_smoothing)

    def __call__(self, model: nn.Module, batch: TextBatch) -> Iterator[Loss]:
        decoder: Any = model
        assert batch.targets is not None
        hidden, targets = decoder(batch.tokens, batch.layout), batch.targets
        learned = targets != IGNORE
        if not bool(learned.all()):
            hidden, targets = hidden[learned], targets[learned]
        total = linear_cross_entropy(hidden, decoder.output.weight, targets, self.label_smoothing)
        yield Loss(total, count=len(targets))
