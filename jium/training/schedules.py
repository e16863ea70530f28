"""Learning-rate schedules: the share of the peak rate at each step, counted from 1.

A schedule never sees the rate itself, so the same words mean the same in every recipe: `optim.lr`
is the peak.
"""

import math

from jium.config import config
from jium.errors import ConfigError


@config
class Noam:
    """Linear warm-up, then the inverse square root of the step; section 5.3 of Vaswani et al.
    (2017).

    Without `optim.lr` the peak is the paper's own, (dim * warmup) ** -0.5.
    """

    warmup: int = 4000  # steps

    def __post_init__(self) -> None:
        _check_warmup(self.warmup)

    def __call__(self, step: int, steps: int) -> float:
        step = max(step, 1)  # 0 ** -0.5 does not exist
        return min(step / self.warmup, math.sqrt(self.warmup / step))


@config
class Cosine:
    """Linear warm-up, then half a cosine down to `floor` (Loshchilov and Hutter, 2017)."""

    warmup: int = 1000
    floor: float = 0.0  # share of the peak

    def __post_init__(self) -> None:
        _check_warmup(self.warmup)

    def __call__(self, step: int, steps: int) -> float:
        if step <= self.warmup:
            return step / self.warmup
        done = min(1.0, (step - self.warmup) / max(1, steps - self.warmup))
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * done)) / 2


@config
class Linear:
    """Linear warm-up, then a straight line down to `floor` at the last step."""

    warmup: int = 1000
    floor: float = 0.0

    def __post_init__(self) -> None:
        _check_warmup(self.warmup)

    def __call__(self, step: int, steps: int) -> float:
        if step <= self.warmup:
            return step / self.warmup
        done = min(1.0, (step - self.warmup) / max(1, steps - self.warmup))
        return 1 - (1 - self.floor) * done


@config
class WarmupStableDecay:
    """Linear warm-up, a plateau, a last stretch down to `floor` (Hu et al., 2024, section 4)."""

    warmup: int = 1000
    decay: float = 0.2  # share of all steps that the last stretch takes
    floor: float = 0.0

    def __post_init__(self) -> None:
        _check_warmup(self.warmup)
        if not 0 < self.decay <= 1:
            raise ConfigError("must be in (0, 1]; got {value}.", key="decay", value=self.decay)

    def __call__(self, step: int, steps: int) -> float:
        if step <= self.warmup:
            return step / self.warmup
        left = max(0, steps - step) / max(1.0, self.decay * steps)
        return self.floor + (1 - self.floor) * min(1.0, left)


@config
class Constant:
    """Linear warm-up, then the peak."""

    warmup: int = 1

    def __post_init__(self) -> None:
        _check_warmup(self.warmup)

    def __call__(self, step: int, steps: int) -> float:
        return min(1.0, step / self.warmup)


def _check_warmup(warmup: int) -> None:
    if warmup < 1:
        raise ConfigError("must be at least 1 step; got {value}.", key="warmup", value=warmup)


def noam_peak(dim: int, warmup: int) -> float:
    """The highest rate of the paper's schedule, reached at step `warmup`."""
    return (dim * warmup) ** -0.5


SCHEDULES = {
    "noam": "jium.training.schedules:Noam",
    "cosine": "jium.training.schedules:Cosine",
    "linear": "jium.training.schedules:Linear",
    "wsd": "jium.training.schedules:WarmupStableDecay",
    "constant": "jium.training.schedules:Constant",
}
