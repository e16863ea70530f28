"""Say what a text is: its class, its several classes, or a number."""

from collections.abc import Iterator
from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from jium.config import config
from jium.data.text_batches import TextBatch
from jium.models.heads import Headed
from jium.objectives.loss import Loss
from jium.ranges import share_below_one


@config
class Labels:
    """Cross-entropy of a class (targets: (batch,) whole numbers), binary cross-entropy of each of
    several classes ((batch, classes) of 0 and 1), or squared error of a number ((batch,)).

    label_smoothing: of a single class, probability spread evenly (Szegedy et al., 2016).
    """

    label_smoothing: float = 0.0
    class_weights: Literal["balanced"] | None = None  # balanced: rare classes count as much
    dropout: float = 0.1  # before the head
    pairs: Literal["together", "apart"] = "together"  # apart: each by itself, then compared

    def __post_init__(self) -> None:
        share_below_one(label_smoothing=self.label_smoothing)

    def __call__(self, model: Headed, batch: TextBatch) -> Iterator[Loss]:
        assert batch.targets is not None
        scores = model(batch.tokens, batch.layout, batch.segments).float()
        losses = self.losses(scores, batch.targets)
        if batch.weights is not None:
            losses = losses * batch.weights
        yield Loss(losses.sum(), count=len(losses))

    def losses(self, scores: Tensor, targets: Tensor) -> Tensor:
        """The loss of each text, (batch,); scores: (batch, classes), or (batch, 1) for a number."""
        if targets.ndim == 2:
            found = F.binary_cross_entropy_with_logits(scores, targets.float(), reduction="none")
            return found.mean(1)
        if targets.is_floating_point():
            return F.mse_loss(scores.squeeze(1), targets, reduction="none")
        return F.cross_entropy(
            scores, targets, reduction="none", label_smoothing=self.label_smoothing
        )
