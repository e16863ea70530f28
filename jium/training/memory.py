"""The bytes that training and answering hold, counted from the outline of a model.

Only what grows with the model or the batch is counted; Python and its libraries take some hundred
megabytes beside it. A step holds most at one of two moments: when the loss is known, or when the
last gradient is.
"""

from dataclasses import dataclass
from typing import Any

from torch import nn

from jium.nn.attention import Attention
from jium.nn.block import Block
from jium.nn.cross_entropy import ROWS, TOKENS
from jium.nn.layout import rounded
from jium.nn.stack import Stack
from jium.training.costs import Batch, blocks, guessed, orthogonal, output_size, products, side
from jium.training.optimisers import Adam, AdamW

WIDE = 4  # bytes of a weight, of its gradient, of a number that sums up many


@dataclass(frozen=True)
class Memory:
    """Bytes while a model is trained. activations: what the forward pass keeps for the backward
    one; logits: of the output layer, with the gradients made beside them; spare: copies at the end
    of the backward pass, and while the optimiser moves.
    """

    weights: int
    gradients: int
    optimiser: int
    average: int
    activations: int
    logits: int
    spare: int
    held: bool  # gradients, while the next batch of the same step is read

    @property
    def peak(self) -> int:
        """The most that is held at one time."""
        always = self.weights + self.optimiser + self.average
        forward = self.activations + self.logits + self.held * self.gradients
        return always + max(forward, self.gradients + self.spare)


def training_memory(model: nn.Module, optimiser: Any, settings: Any, batch: Batch) -> Memory | None:
    """Bytes of training `model` on such batches; settings: [train]. None for a model without
    Transformer blocks: what cells and convolutions keep is the business of their libraries.
    """
    if not any(True for _ in blocks(model)):
        return None
    weights = WIDE * sum(p.numel() for p in model.parameters())
    learned = WIDE * sum(p.numel() for p in model.parameters() if p.requires_grad)
    rows, width = output_size(model)
    return Memory(
        weights=weights,
        gradients=learned,
        optimiser=optimiser_bytes(optimiser, model),
        average=weights if settings.ema else 0,
        activations=activations(model, batch),
        logits=_logits(rows, width, guessed(model, batch), batch.width),
        spare=_spare(model, optimiser, rows, width),
        held=settings.accumulate > 1,
    )


def optimiser_bytes(optimiser: Any, model: nn.Module) -> int:
    """Of what an optimiser remembers of each weight that learns."""
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    if isinstance(optimiser, Adam | AdamW):
        return 2 * WIDE * learned  # fused ones do not start on the meta device
    states = optimiser.make(model, 1.0).state.values()
    return sum(t.numel() * t.element_size() for state in states for t in state.values())


def cache_bytes(model: nn.Module, max_len: int) -> int:
    """Of keys and values that a decoder keeps of one text of `max_len` tokens; of cross-attention
    those of a source as long. 0 for what writes nothing.
    """
    found = 0
    for stack in (m for m in model.modules() if isinstance(m, Stack) and m.causal):
        for block in blocks(stack):
            for part in (block.attn, getattr(block, "cross_attn", None)):
                found += 0 if part is None else 2 * part.n_kv_heads * part.head_dim
    return WIDE * found * max_len


def activations(model: nn.Module, batch: Batch) -> int:
    """Bytes that the forward pass keeps: of every block, of the norms after them, and in half
    precision of the matrices, each cast once.
    """
    stacks = [module for module in model.modules() if isinstance(module, Stack)]
    each = sum(_kept(block, batch) for block in blocks(model))
    each += sum(_normed(stack.norm) for stack in stacks)
    cast = sum(one.inputs * one.outputs for one in products(model, 1, 1.0)) if batch.half else 0
    return round(rounded(batch.tokens) * side(model) * each) + batch.width * cast


def _kept(block: Block, batch: Batch) -> float:
    """Bytes that a block keeps of each token that goes through it."""
    cross, gated = getattr(block, "cross_attn", None), block.ffn.gate is not None
    dim, hidden = block.ffn.down_proj.out_features, block.ffn.up_proj.out_features
    norms = [m for m in block.children() if isinstance(m, nn.LayerNorm | nn.RMSNorm)]
    kept = 0.0
    kept += sum(_normed(norm) + (dim if block.dropout.p else 0) for norm in norms)  # mask: bytes
    readers = 3 + (3 if cross else 0) + (2 if gated else 1)  # layers that read what a norm gives:
    kept += batch.width * dim * (readers if batch.half else len(norms))  # autocast copies for each
    kept += sum(_attended(attn, batch) for attn in (block.attn, cross) if attn is not None)
    states = 4 if gated else 1 if block.ffn.activation == "relu" else 2
    return kept + states * batch.width * hidden


def _attended(attn: Attention, batch: Batch) -> float:
    """Bytes that attention keeps of each token: queries, keys and values (spread out to as many
    heads), what comes out; its weights, too, where no fused kernel does without them.
    """
    width, weights = attn.n_heads * attn.head_dim, attn.n_heads * batch.text_tokens
    kept = 4.0 * batch.width * width + WIDE * attn.n_heads
    kept += 3 * batch.width * width if attn.q_norm is not None else 0
    if attn.dropout:
        return kept + 3 * batch.width * weights
    return kept + (batch.width * weights if batch.half and batch.on_cpu else 0)


def _normed(norm: nn.Module) -> int:
    """Bytes that a norm keeps of each token: what comes in, and in RMSNorm what is between."""
    if isinstance(norm, nn.Identity):
        return 0
    return WIDE * next(norm.parameters()).numel() * (2 if isinstance(norm, nn.RMSNorm) else 1)


def _logits(rows: int, width: int, tokens: int, number: int) -> int:
    """Bytes of the output layer as `cross_entropy` walks over it: a part of the logits, gradients
    of all states and of the matrix.
    """
    at_once = rounded(min(tokens, TOKENS))
    return (
        number * at_once * rows
        + WIDE * ROWS * rows
        + WIDE * tokens * width
        + (WIDE + number) * rows * width
    )


def _spare(model: nn.Module, optimiser: Any, rows: int, width: int) -> int:
    """Bytes of copies beside all gradients: of an embedding matrix that is the output matrix too,
    whose two gradients are added; of matrices of one shape while Muon makes them orthogonal.
    """
    most = WIDE * rows * width
    for shape, count in orthogonal(optimiser, model).items():
        short, long = sorted(shape)
        most = max(most, WIDE * count * (4 * short * long + 2 * short * short))
    return most
