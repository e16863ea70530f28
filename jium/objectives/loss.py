"""What an objective yields."""

from dataclasses import dataclass, field

from torch import Tensor

IGNORE = -100  # a target that does not count


@dataclass
class Loss:
    """A sum over examples and how many there were; the trainer divides once, over all micro-batches
    and devices.

    optimiser: which optimiser takes this step. metrics: sums of further figures, over the same
    count.
    """

    total: Tensor
    count: int
    optimiser: str = "main"
    metrics: dict[str, float] = field(default_factory=dict)
