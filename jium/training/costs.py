"""What a training step multiplies, counted from the outline of a model, so that nothing is run.

FLOPs are those of matrix products, where nearly all the work is: two to a multiplication with its
addition.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from jium.models.compare import CompareHead
from jium.models.encoder_decoder import EncoderDecoder
from jium.models.heads import LabelHead, MaskedHead
from jium.nn.block import Block
from jium.nn.stack import Stack
from jium.training.muon import STEPS
from jium.training.optimisers import MuonW

CELLS = (nn.RNNBase, nn.Conv1d)


@dataclass(frozen=True)
class Batch:
    """What stands in one batch. tokens: in all; text_tokens: of a text, or of either side of a
    pair; rate: share of the tokens that a masked model guesses; half: products in 16 bits.
    """

    tokens: int
    text_tokens: int
    rate: float = 0.15
    half: bool = False
    on_cpu: bool = True

    @property
    def width(self) -> int:
        """Bytes of what is multiplied."""
        return 2 if self.half else 4


@dataclass(frozen=True)
class Product:
    """A matrix, (outputs, inputs), that so many of the tokens of a batch are multiplied by.

    share: of the tokens; learned: whether the matrix wants a gradient.
    """

    inputs: int
    outputs: int
    share: float
    learned: bool


def forward_flops(model: nn.Module, batch: Batch) -> tuple[float, float]:
    """FLOPs a token of reading it: in matrices, 2 a weight, and in attention among tokens, 4 a
    number of the state and key that is seen (Kaplan et al., 2020, table 1).
    """
    found = products(model, batch.text_tokens, batch.rate)
    matrices = sum(2.0 * one.inputs * one.outputs * one.share for one in found)
    return matrices, sum(4.0 * width * keys for width, keys in _looks(model, batch.text_tokens))


def training_flops(model: nn.Module, batch: Batch) -> float:
    """FLOPs of one batch, there and back: what learns costs three times its forward pass."""
    found = products(model, batch.text_tokens, batch.rate)
    matrices = sum(2.0 * p.inputs * p.outputs * p.share * (3 if p.learned else 1) for p in found)
    times = 3 if any(p.requires_grad for block in blocks(model) for p in block.parameters()) else 1
    return batch.tokens * (matrices + times * forward_flops(model, batch)[1])


def optimiser_flops(optimiser: Any, model: nn.Module) -> float:
    """FLOPs of moving the weights once: of note for Muon alone, which multiplies matrices."""
    total = 0
    for shape, count in orthogonal(optimiser, model).items():
        short, long = sorted(shape)
        total += count * STEPS * (4 * short**2 * long + 2 * short**3)
    return float(total)


def products(model: nn.Module, text_tokens: int, rate: float) -> Iterator[Product]:
    """Every matrix that tokens are multiplied by; attention among tokens is none of these.

    text_tokens: of a text; rate: share of tokens that a masked model guesses.
    """
    half = side(model)
    for name, module in model.named_modules():
        share = half * _share(name, model, text_tokens, rate)
        if isinstance(module, (nn.Linear, *CELLS)):
            for matrix in (p for p in module.parameters(recurse=False) if p.ndim > 1):
                yield Product(matrix[0].numel(), len(matrix), share, matrix.requires_grad)
        if isinstance(module, MaskedHead):
            rows, width = len(module.bias), module.transform.out_features
            yield Product(width, rows, rate, module.bias.requires_grad)


def blocks(model: nn.Module) -> Iterator[Block]:
    """The Transformer blocks of a model."""
    return (module for module in model.modules() if isinstance(module, Block))


def side(model: nn.Module) -> float:
    """The share of a batch that an encoder, or a decoder, reads."""
    return 0.5 if isinstance(model, EncoderDecoder) else 1.0


def output_size(model: nn.Module) -> tuple[int, int]:
    """Rows and width of the matrix that gives each entry of the vocabulary a logit; 0, 0 for a
    model without.
    """
    for module in model.modules():
        if isinstance(module, MaskedHead):
            return len(module.bias), module.transform.out_features
    output = getattr(model, "output", None)
    if not isinstance(output, nn.Linear):
        return 0, 0
    return output.out_features, output.in_features


def guessed(model: nn.Module, batch: Batch) -> int:
    """Tokens of a batch whose logits are wanted."""
    if hasattr(model, "output"):
        return round(batch.tokens * side(model))
    return round(batch.tokens * batch.rate)


def orthogonal(optimiser: Any, model: nn.Module) -> Counter[tuple[int, int]]:
    """How many matrices of each shape Muon makes orthogonal, those of one shape together."""
    if not isinstance(optimiser, MuonW):
        return Counter()
    groups = optimiser.make(model, 1.0).param_groups
    moved = (p for group in groups if group["orthogonal"] for p in group["params"])
    return Counter((p.shape[0], p.shape[1]) for p in moved)


def _looks(model: nn.Module, text_tokens: int) -> Iterator[tuple[float, float]]:
    """The width of what each attention layer compares and the keys a token sees there on average,
    times the share of tokens that look.
    """
    half = side(model)
    for stack in (module for module in model.modules() if isinstance(module, Stack)):
        for block in blocks(stack):
            width = half * block.attn.n_heads * block.attn.head_dim
            yield width, text_tokens * (0.5 if stack.causal else 1.0)
            if hasattr(block, "cross_attn"):
                yield width, text_tokens


def _share(name: str, model: nn.Module, text_tokens: int, rate: float) -> float:
    """Of the tokens of a batch, the share that passes the layer `name`."""
    words, head = name.split("."), getattr(model, "head", None)
    if words[0] == "generator_head" or (words[0] == "head" and isinstance(head, MaskedHead)):
        return rate
    once = words[0] == "head" and isinstance(head, LabelHead)  # a text, not a token
    once = once or (isinstance(head, CompareHead) and name in ("head.hidden", "head.output"))
    return 1 / text_tokens if once or "pooler" in words or words[0] == "bridge" else 1.0
