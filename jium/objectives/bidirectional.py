"""Predict each token from those before it, and from those after it."""

from collections.abc import Iterator

from jium.config import config
from jium.data.masked_batches import MaskedBatch
from jium.models.elmo import Elmo, inner_places
from jium.models.heads import Headed
from jium.nn.cross_entropy import linear_cross_entropy
from jium.objectives.loss import Loss


@config
class Bidirectional:
    """Mean cross-entropy of two language models, section 3.1 of Peters et al. (2018),
    https://arxiv.org/abs/1802.05365.
    """

    def __call__(self, model: Headed, batch: MaskedBatch) -> Iterator[Loss]:
        encoder = model.encoder
        assert isinstance(encoder, Elmo)
        left, right = encoder.layers(batch.tokens, batch.layout)[-1]
        inner, weight = inner_places(batch.layout), encoder.embedding.weight
        total = linear_cross_entropy(left[inner], weight, batch.tokens[inner + 1])
        total = total + linear_cross_entropy(right[inner + 1], weight, batch.tokens[inner])
        yield Loss(total, count=2 * len(inner))
