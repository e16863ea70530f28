"""Say what a picture is in several respects at once."""

from collections.abc import Iterator, Mapping

import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.data.image_batches import ImageBatch
from jium.objectives.loss import Loss
from jium.ranges import share_below_one

UNKNOWN = -1  # the label of a picture that has none


@config
class Attributes:
    """Cross-entropy of each attribute, the mean over attributes; a picture without a label for one
    counts as 0 there.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        share_below_one(label_smoothing=self.label_smoothing)

    def __call__(self, model: nn.Module, batch: ImageBatch) -> Iterator[Loss]:
        yield Loss(self.total(model(batch.images), batch.labels), count=len(batch.images))

    def total(self, scores: Mapping[str, Tensor], labels: Mapping[str, Tensor]) -> Tensor:
        """scores: {name: (batch, classes)}; labels: {name: (batch,)}, -1 where unknown."""
        losses = [
            F.cross_entropy(
                found.float(),
                labels[name].long(),
                reduction="sum",
                ignore_index=UNKNOWN,
                label_smoothing=self.label_smoothing,
            )
            for name, found in scores.items()
        ]
        return sum(losses[1:], losses[0]) / len(losses)
