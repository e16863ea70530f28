"""Guess masked tokens, and perhaps whether two texts follow each other."""

from collections.abc import Iterator

import torch.nn.functional as F

from jium.config import config
from jium.data.masked_batches import NO_PAIR, MaskedBatch
from jium.data.masking import MaskingConfig
from jium.data.next_sentence import Pairing
from jium.models.heads import Headed, MaskedHead
from jium.objectives.loss import Loss
from jium.ranges import at_least


@config
class Masked(MaskingConfig):
    """Masked language modelling, section 3.1 of Devlin et al. (2019); with `pairs` the mean loss of
    the chosen tokens plus that of the pairs.
    """

    pairs: Pairing | None = None  # next sentence, or sentence order
    pair_weight: float = 1.0  # of the pairs' mean loss beside that of the tokens

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(0, pair_weight=self.pair_weight)

    def __call__(self, model: Headed, batch: MaskedBatch) -> Iterator[Loss]:
        head = model.head
        assert isinstance(head, MaskedHead)
        hidden = model.encoder(batch.tokens, batch.layout, batch.segments)
        n = max(len(batch.targets), 1)
        total = head.loss(model.encoder, hidden[batch.chosen], batch.targets)
        metrics = {"masked": float(total.detach())}
        if batch.pairs is not None and head.pair is not None:
            scores = head.pair_scores(model.encoder, hidden, batch.layout).float()
            pairs = F.cross_entropy(scores, batch.pairs, ignore_index=NO_PAIR, reduction="sum")
            n_pairs = max(int((batch.pairs != NO_PAIR).sum()), 1)
            total = total + self.pair_weight * pairs * (n / n_pairs)
            metrics["pairs"] = float(pairs.detach()) * n / n_pairs
        yield Loss(total, count=n, metrics=metrics)
