"""Write the spans that were taken out of a text."""

from collections.abc import Iterator

from jium.config import config
from jium.data.batches import PairBatch
from jium.data.spans import SpanConfig
from jium.models.encoder_decoder import EncoderDecoder
from jium.nn.cross_entropy import linear_cross_entropy
from jium.objectives.loss import Loss


@config
class SpanCorruption(SpanConfig):
    """Cross-entropy over sentinels and what stood in their place, section 3.1.4 of Raffel et al.
    (2020), https://arxiv.org/abs/1910.10683.
    """

    def __call__(self, model: EncoderDecoder, batch: PairBatch) -> Iterator[Loss]:
        hidden = model(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
        total = linear_cross_entropy(hidden, model.output.weight, batch.target_out)
        yield Loss(total, count=len(batch.target_out))
