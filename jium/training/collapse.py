"""Whether a GAN has collapsed: its samples differ from each other much less than real ones do.

Notable: quality does not count. Poor samples that are many kinds of things are no collapse, and
good ones that are all alike are.
"""

import torch
from torch import Tensor

from jium.errors import DataError

SHARE = 0.25  # of the median distance of real examples: the width of the kernel
LEAST = 8  # examples to say anything from


def effective_number(examples: Tensor, width: float) -> float:
    """How many different examples there are, 1 to n: the exponential of the entropy of the
    eigenvalues of their similarities, the Vendi score of Friedman and Dieng (2023),
    https://arxiv.org/abs/2210.02410, with similarity exp(-distance^2 / (2 width^2)).

    examples: (n, features).
    """
    x = examples.double()
    similar = torch.exp(-torch.cdist(x, x).square() / (2 * width**2)) / len(x)
    shares = torch.linalg.eigvalsh(similar).clamp(min=1e-12)
    return float(torch.exp(-(shares * shares.log()).sum()))


class Collapse:
    """Looks at samples now and then, and says whether they have collapsed.

    real: (n, ...) examples, of which the first axis counts; as many samples are to be given at each
    look. below: diversity less than this share of that of `real` is too little. looks: so many in
    a row must be, so that what passes, such as the first steps, is not taken for a collapse.
    """

    def __init__(self, real: Tensor, below: float = 0.5, looks: int = 2) -> None:
        if len(real) < LEAST:
            raise DataError(
                "{n} real examples are too few to tell a collapse by; at least {least}.",
                n=len(real),
                least=LEAST,
            )
        flat = features(real)
        distances = torch.pdist(flat)
        self.width = SHARE * max(float(distances.median()), 1e-6)
        self.n = len(real)
        self.real = effective_number(flat, self.width)
        self.below, self.looks = below, looks
        self.low = 0  # looks in a row that found too little

    def look(self, samples: Tensor) -> float:
        """The diversity of `samples` beside that of the real ones: 1 is as many different ones."""
        assert len(samples) == self.n, "diversity is only comparable among equally many"
        found = effective_number(features(samples), self.width) / self.real
        self.low = self.low + 1 if found < self.below else 0
        return found

    @property
    def collapsed(self) -> bool:
        """Whether the last looks found too little diversity."""
        return self.low >= self.looks


def features(examples: Tensor, side: int = 8) -> Tensor:
    """Points as they are; pictures, (n, channels, height, width), as (n, features): their means
    over a grid of `side` by `side`, so that noise in single pixels is not taken for diversity.
    """
    examples = examples.detach().float().cpu()
    if examples.ndim == 4:
        side = min(side, *examples.shape[-2:])
        examples = torch.nn.functional.adaptive_avg_pool2d(examples, side)
    return examples.flatten(1)
