"""Predict each target token from the source and the target tokens before it."""

from collections.abc import Iterator

from jium.config import config
from jium.data.batches import PairBatch
from jium.models.encoder_decoder import EncoderDecoder
from jium.nn.cross_entropy import linear_cross_entropy
from jium.objectives.loss import Loss
from jium.ranges import share_below_one


@config
class Translation:
    """Cross-entropy over target tokens, with label smoothing (Szegedy et al., 2016, section 7).

    label_smoothing: share of the probability spread evenly over the vocabulary.
    """

    label_smoothing: float = 0.1

    def __post_init__(self) -> None:
        share_below_one(label_smoothing=self.label_smoothing)

    def __call__(self, model: EncoderDecoder, batch: PairBatch) -> Iterator[Loss]:
        hidden = model(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
        total = linear_cross_entropy(
            hidden, model.output.weight, batch.target_out, self.label_smoothing
        )
        yield Loss(total, count=len(batch.target_out))
