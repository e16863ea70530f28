"""Bring sentences of one meaning together and push the others apart."""

from collections.abc import Iterator
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from jium.config import config
from jium.data.similar_batches import SimilarBatch
from jium.models.sentence import SentenceEncoder
from jium.objectives.loss import Loss
from jium.ranges import above_zero


@config
class Contrastive:
    """What a batch says decides the loss: pairs with scores are compared by their order or their
    value, all others by multiple negatives.

    Sentences alone are paired with themselves; two dropout masks make two vectors of one text: the
    unsupervised SimCSE (Gao et al., 2021, https://arxiv.org/abs/2104.08821).
    """

    temperature: float = 0.05  # of multiple negatives
    symmetric: bool = True  # find the first sentence of the second one, too
    scored: Literal["cosent", "cosine"] = "cosent"
    scale: float = 20.0  # of the differences that cosent compares

    def __post_init__(self) -> None:
        above_zero(temperature=self.temperature, scale=self.scale)

    def __call__(self, model: SentenceEncoder, batch: SimilarBatch) -> Iterator[Loss]:
        vectors = F.normalize(model(batch.tokens, batch.layout).float(), dim=-1)
        first, second = vectors[: batch.n], vectors[batch.n :]  # (n, dim), (n + negatives, dim)
        if batch.scores is None:
            yield Loss(self._multiple_negatives(first, second, batch), batch.n)
            return
        cosines = (first * second).sum(-1)  # (n,)
        if self.scored == "cosine":
            yield Loss(F.mse_loss(cosines, batch.scores, reduction="sum"), batch.n)
        else:
            yield Loss(cosent(cosines, batch.scores, self.scale) * batch.n, batch.n)

    def _multiple_negatives(self, first: Tensor, second: Tensor, batch: SimilarBatch) -> Tensor:
        equal = same_meaning(batch.first, batch.second)
        total = multiple_negatives(first, second, equal, self.temperature)
        if not self.symmetric:
            return total
        back = multiple_negatives(second[: batch.n], first, equal.T, self.temperature)
        return (total + back) / 2


def multiple_negatives(first: Tensor, second: Tensor, equal: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of finding each first sentence's own second one among all of the batch, summed;
    Henderson et al. (2017), https://arxiv.org/abs/1705.00652.

    first: (n, dim); second: (n, dim), then hard negatives, which are wrong for every first one.
    equal: bool, (n, n), True off the diagonal where the second sentence of another pair would be
    right as well; it is left out.
    """
    n = len(first)
    logits = first @ second.T / temperature  # (n, n + negatives)
    wrong = equal & ~torch.eye(n, dtype=torch.bool, device=equal.device)
    logits = logits.masked_fill(F.pad(wrong, (0, len(second) - n)), -torch.inf)
    targets = torch.arange(n, device=logits.device)
    return F.cross_entropy(logits, targets, reduction="sum")


def same_meaning(first: Tensor, second: Tensor) -> Tensor:
    """(n, n), whether pair j would be right for i: it has the same first, or the same second text.

    first, second: (n,) numbers that are equal for equal texts.
    """
    return (first[:, None] == first) | (second[:, None] == second)


def cosent(cosines: Tensor, scores: Tensor, scale: float = 20.0) -> Tensor:
    """log(1 + sum of exp(scale * (cosine_i - cosine_j))) over all i, j with score_i < score_j: only
    the order of the scores counts (Su, 2022, https://kexue.fm/archives/8847).
    """
    wrong = scale * (cosines[:, None] - cosines[None, :])  # (n, n)
    below = scores[:, None] < scores[None, :]
    return torch.cat((wrong.new_zeros(1), wrong[below])).logsumexp(0)
