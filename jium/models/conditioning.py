"""What a picture is to show, as vectors that a denoiser looks at: words or classes, or nothing.

Notable: "nothing" is a learned context of its own, which training puts in place of some captions,
so that sampling can go from it towards the caption (classifier-free guidance, Ho and Salimans,
2022, https://arxiv.org/abs/2207.12598).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from jium.config import config
from jium.errors import DataError
from jium.models.bert import summed
from jium.nn.block import TransformerConfig
from jium.nn.feed_forward import Activation
from jium.nn.layout import Layout
from jium.nn.positions import Scheme
from jium.nn.stack import Stack
from jium.ranges import at_least

WORD_STD = 0.6  # of a word's vector at first: enough to be heard, not so much as to disturb
BESIDE = 0.1  # how fast what words say together grows beside what each says alone


@dataclass
class Context:
    """What guides a batch of pictures.

    states: (batch, length, dim), one vector a word or class. mask: bool (batch, length), True where
    one stands; at least one a picture. pooled: (batch, dim), the whole in one vector.
    """

    states: Tensor
    mask: Tensor
    pooled: Tensor

    def __len__(self) -> int:
        return len(self.states)

    @cached_property
    def full(self) -> bool:
        """Whether something stands everywhere, so that nothing need be masked."""
        return bool(self.mask.all())

    def __getitem__(self, rows: slice | Tensor | list[int]) -> "Context":
        """The context of some pictures of the batch, or of the same one several times."""
        return Context(self.states[rows], self.mask[rows], self.pooled[rows])

    def to(self, device: torch.device | str) -> "Context":
        return Context(self.states.to(device), self.mask.to(device), self.pooled.to(device))


def join(contexts: Sequence[Context]) -> Context:
    """One context of all pictures of several, padded to the longest."""
    length = max(context.states.size(1) for context in contexts)
    padded = [padded_to(context, length) for context in contexts]
    return Context(
        torch.cat([context.states for context in padded]),
        torch.cat([context.mask for context in padded]),
        torch.cat([context.pooled for context in padded]),
    )


def padded_to(context: Context, length: int) -> Context:
    """The same with places after its last that are not looked at, `length` in all."""
    extra = length - context.states.size(1)
    states = nn.functional.pad(context.states, (0, 0, 0, extra))
    return Context(states, nn.functional.pad(context.mask, (0, extra)), context.pooled)


class Conditioner(nn.Module):
    """The learned context of nothing, which every way to guide a picture has."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.null_state = nn.Parameter(0.02 * torch.randn(dim))
        self.null_pooled = nn.Parameter(torch.zeros(dim))

    def null(self, batch: int) -> Context:
        """Nothing in particular, `batch` times: one state each."""
        states = self.null_state.expand(batch, 1, -1)  # (batch, 1, dim)
        mask = torch.ones(batch, 1, dtype=torch.bool, device=states.device)
        return Context(states, mask, self.null_pooled.expand(batch, -1))

    def drop(self, context: Context, where: Tensor) -> Context:
        """Nothing in place of the context of some pictures; where: bool (batch,)."""
        first = torch.arange(context.mask.size(1), device=where.device) == 0  # (length,)
        state, pooled = (x.to(context.states.dtype) for x in (self.null_state, self.null_pooled))
        return Context(
            torch.where(where[:, None, None], state * first[:, None], context.states),
            torch.where(where[:, None], first, context.mask),
            torch.where(where[:, None], pooled, context.pooled),
        )


@config
class TextConditionerConfig(TransformerConfig):
    """The encoder of captions: a small Transformer that is trained with the denoiser."""

    dim: int = 256
    n_heads: int = 4
    ffn_dim: int = 1024
    n_layers: int = 4
    activation: Activation = "gelu"
    norm_first: bool = True
    dropout: float = 0.0
    positions: Scheme = "rotary"
    max_len: int = 64  # tokens of a caption

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(dim=64, n_heads=2, ffn_dim=256, n_layers=2),
        "small": dict(dim=192, n_heads=3, ffn_dim=768, n_layers=3),
        "base": dict(dim=512, n_heads=8, ffn_dim=2048, n_layers=6),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(1, n_layers=self.n_layers)


class TextConditioner(Conditioner):
    """Captions to contexts: what each token says by itself, and what it says beside the others.

    Notable: the second begins as nothing. What a word says alone is learned within minutes; a
    Transformer's many changing states would first teach the denoiser not to listen.
    """

    def __init__(self, config: TextConditionerConfig, vocab_size: int) -> None:
        super().__init__(config.dim)
        self.config = config
        self.embedding = nn.Embedding(vocab_size, config.dim)
        nn.init.normal_(self.embedding.weight, std=WORD_STD)
        self.encoder = Stack(config, config.n_layers)
        self.out_proj = nn.Linear(config.dim, config.dim, bias=False)
        nn.init.zeros_(self.out_proj.weight)
        self.pooled_proj = nn.Linear(config.dim, config.dim)

    def forward(self, tokens: Tensor, layout: Layout) -> Context:
        """Packed caption ids, (tokens,), to a context; a caption without tokens means nothing, as
        `null` does. Raises DataError where a caption is longer than `max_len`.
        """
        if layout.time > self.config.max_len:
            raise DataError(
                "a caption of {n} tokens is longer than the {max_len} that the model reads. "
                "Shorten it, or train with a larger max_len.",
                n=layout.time,
                max_len=self.config.max_len,
            )
        if layout.time == 0:
            return self.null(layout.batch)
        words = self.embedding(tokens)  # (tokens, dim)
        states = words + BESIDE * self.out_proj(self.encoder(words, layout))
        context = Context(layout.pad(states), layout.mask, self.pool(states, layout))
        return context if min(layout.lengths) else self.drop(context, ~layout.mask.any(1))

    def pool(self, states: Tensor, layout: Layout) -> Tensor:
        """What whole captions say, (batch, dim), of packed states, (tokens, dim): their sum, so
        that a longer caption says more and a word as much in any.
        """
        return self.pooled_proj(summed(states, layout))


class ClassConditioner(Conditioner):
    """Labels to contexts: one learned vector a class, one state a kind of label.

    n_classes: how many classes each kind of label has, {"subject": 16, "colour": 12}.
    """

    def __init__(self, dim: int, n_classes: Mapping[str, int]) -> None:
        super().__init__(dim)
        self.kinds, self.n_classes = list(n_classes), list(n_classes.values())
        tables = [nn.Embedding(n + 1, dim) for n in n_classes.values()]
        for table in tables:
            nn.init.normal_(table.weight, std=0.02)
        self.tables = nn.ModuleList(tables)
        self.pooled_proj = nn.Linear(dim, dim)

    def forward(self, labels: Mapping[str, Tensor]) -> Context:
        """labels: each kind of label to class ids, (batch,), -1 where the class is not known."""
        rows = [
            table(labels[kind].masked_fill(labels[kind] < 0, n))
            for kind, n, table in zip(self.kinds, self.n_classes, self.tables, strict=True)
        ]  # the last row of a table is for what is not known
        states = torch.stack(rows, dim=1)  # (batch, kinds, dim)
        mask = torch.ones(states.shape[:2], dtype=torch.bool, device=states.device)
        return Context(states, mask, self.pooled_proj(states.sum(1)))
