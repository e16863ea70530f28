"""Fit vectors to the logs of co-occurrence counts: Pennington et al. (2014), equations 8 and 9."""

from collections.abc import Iterator

import torch
from torch import Tensor

from jium.config import config
from jium.data.cooccurrence import CountBatch
from jium.errors import ConfigError
from jium.models.glove import Glove
from jium.objectives.loss import Loss
from jium.ranges import above_zero, at_least


@config
class GloveLoss:
    """Weighted squares; pairs that stand together often count more, up to a limit."""

    window: int = 10  # words to each side that are counted, a word d places away as 1/d
    x_max: float = 100.0  # the count from which a pair counts in full
    power: float = 0.75
    valid_share: float = 0.01  # of the counts, set apart to measure on

    def __post_init__(self) -> None:
        at_least(1, window=self.window)
        above_zero(x_max=self.x_max, power=self.power)
        if not 0 < self.valid_share < 1:
            raise ConfigError(
                "must be in (0, 1); got {value}.", key="valid_share", value=self.valid_share
            )

    def weight(self, counts: Tensor) -> Tensor:
        """How much pairs count: (x / x_max)^power, and 1 at most (equation 9)."""
        return (counts / self.x_max).clamp(max=1).pow(self.power)

    def __call__(self, model: Glove, batch: CountBatch) -> Iterator[Loss]:
        error = model(batch.words, batch.contexts) - torch.log(batch.counts)
        yield Loss((self.weight(batch.counts) * error.square()).sum(), batch.n_tokens)
