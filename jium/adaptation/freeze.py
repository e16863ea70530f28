"""Which weights of a pre-trained model learn, when, and how fast.

Lower layers hold what is common to all texts, upper ones what is of a task; so the lower ones may
be kept as they are, begin to learn later (gradual unfreezing) or learn more slowly (discriminative
fine-tuning), both by Howard and Ruder (2018), https://arxiv.org/abs/1801.06146.
"""

import re

from torch import nn

BLOCK = re.compile(r"\bblocks\.(\d+)\.")


def depth_of(name: str, n_layers: int) -> int:
    """How deep a weight of a headed encoder lies: 0 for embeddings, then block by block, n_layers +
    1 for pooler and head.
    """
    if not name.startswith("encoder.") or name.startswith("encoder.pooler."):
        return n_layers + 1
    if found := BLOCK.search(name):
        return int(found[1]) + 1
    return 0 if ".embeddings." in name or ".embedding." in name else n_layers  # a last norm


def depths(model: nn.Module) -> dict[str, int]:
    """The depth of each parameter of a headed encoder, by name."""
    names = [name for name, _ in model.named_parameters()]
    blocks = [int(found[1]) for name in names if (found := BLOCK.search(name))]
    n_layers = max(blocks, default=-1) + 1
    return {name: depth_of(name, n_layers) for name in names}


def freeze(model: nn.Module) -> None:
    """Keep the embeddings and blocks of a headed encoder as they are; pooler and head learn."""
    found = depths(model)
    last = max(found.values())
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(found[name] == last)


def rate_factors(model: nn.Module, decay: float) -> dict[str, float]:
    """What each weight's learning rate is multiplied with: 1 for the head, `decay` for the last
    block, decay ** 2 for the one before, and so on down.
    """
    found = depths(model)
    last = max(found.values())
    return {name: decay ** (last - depth) for name, depth in found.items()}


class Thaw:
    """Gradual unfreezing: pooler and head learn from the first step, and every `every` steps one
    more layer from the top.
    """

    def __init__(self, model: nn.Module, every: int) -> None:
        self.model = model
        self.every = every
        self.depths = depths(model)
        self.last = max(self.depths.values())

    def __call__(self, step: int) -> None:
        """Set which weights want a gradient at a step, counted from 1."""
        lowest = self.last - (step - 1) // self.every
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(self.depths[name] >= lowest)
