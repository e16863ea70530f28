"""Tell the tokens that a generator has put in from those that stood there."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from jium.config import config
from jium.data.masked_batches import MaskedBatch
from jium.data.masking import MaskingConfig
from jium.models.electra import Electra
from jium.objectives.loss import Loss
from jium.ranges import above_zero


@config
class Replaced(MaskingConfig):
    """Replaced-token detection, section 2 of Clark et al. (2020), https://arxiv.org/abs/2003.10555:
    the mean loss of the generator plus `weight` times that of the encoder, over all tokens.

    The generator sees every chosen token masked.
    """

    masked: float = 1.0
    replaced: float = 0.0
    weight: float = 50.0

    def __post_init__(self) -> None:
        super().__post_init__()
        above_zero(weight=self.weight)

    def __call__(self, model: Electra, batch: MaskedBatch) -> Iterator[Loss]:
        generator, head = model.generator, model.generator_head
        hidden = generator(batch.tokens, batch.layout, batch.segments)[batch.chosen]
        guessing = head.loss(generator, hidden, batch.targets)
        guesses = self._guesses(model, hidden)
        tokens = batch.tokens.index_copy(0, batch.chosen, guesses)
        wrong = torch.zeros(len(tokens), device=tokens.device)
        wrong[batch.chosen] = (guesses != batch.targets).float()
        seen = model.encoder(tokens, batch.layout, batch.segments)
        logits = model.head(model.encoder, seen, batch.layout).float()
        telling = F.binary_cross_entropy_with_logits(logits, wrong, reduction="sum")
        n, n_chosen = len(tokens), max(len(batch.targets), 1)
        parts = {"masked": guessing * (n / n_chosen), "replaced": telling}
        metrics = {name: float(part.detach()) for name, part in parts.items()}
        yield Loss(parts["masked"] + self.weight * parts["replaced"], count=n, metrics=metrics)

    @torch.no_grad()
    def _guesses(self, model: Electra, hidden: Tensor) -> Tensor:
        """A token for each place, drawn as the generator thinks: (n,)."""
        head = model.generator_head
        weight = model.generator.embeddings.token.weight
        logits = F.linear(head.states(hidden), weight, head.bias)
        return draw(logits)


def draw(logits: Tensor) -> Tensor:
    """One entry of each row, with the probabilities of its softmax: (n, vocab) to (n,), by the
    inverse of the cumulative distribution, which takes one random number a row.
    """
    sums = logits.float().softmax(-1).cumsum(-1)
    picks = torch.rand(len(sums), 1, device=sums.device) * sums[:, -1:]
    return torch.searchsorted(sums, picks, right=True).squeeze(1).clamp(max=logits.size(1) - 1)
