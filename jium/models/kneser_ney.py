"""An n-gram language model: interpolated modified Kneser-Ney (Chen and Goodman, 1999).

P(token | context) is a share of its own for an n-gram that was seen, plus what the context leaves
to the one without its first token; below all of them stands the uniform distribution, so nothing is
impossible. `jium.models.ngram_counts` counts and smooths; this keeps the result as tensors.
"""

from collections.abc import Sequence
from dataclasses import field, replace
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from jium.config import config
from jium.errors import DataError
from jium.models.ngram_counts import Smoothed, count, framed, smooth
from jium.nn.layout import Layout
from jium.ranges import at_least


@config
class NgramConfig:
    """[model] of n-grams."""

    order: int = 5  # tokens of the longest n-gram; all but one of them are the context
    min_count: int = 1  # n-grams of three tokens or more seen less often are left out
    vocab_size: int | None = None  # training says, as all below
    start_id: int = 0  # the token before every text
    n_grams: list[int] = field(default_factory=list)  # of each length, from one token

    def __post_init__(self) -> None:
        at_least(1, order=self.order, min_count=self.min_count)


class Level(nn.Module):
    """The n-grams of one length, by number; and what the contexts one shorter leave to others.

    keys: sorted, `context * vocab_size + token`; share: (n-grams,); backoff: (contexts,).
    """

    keys: Tensor

    def __init__(self, n_contexts: int, n_grams: int, vocab_size: int) -> None:
        super().__init__()
        self.vocab_size = vocab_size
        self.register_buffer("keys", torch.zeros(n_grams, dtype=torch.int64))
        self.share = nn.Parameter(torch.zeros(n_grams), requires_grad=False)
        self.backoff = nn.Parameter(torch.ones(n_contexts), requires_grad=False)

    def fill(self, found: Smoothed) -> None:
        """Take over what was counted."""
        for name in ("keys", "share", "backoff"):
            getattr(self, name).copy_(torch.from_numpy(getattr(found, name)))

    def find(self, contexts: Tensor, tokens: Tensor) -> Tensor:
        """The numbers of n-grams; -1 where there is none, or no such context (-1)."""
        wanted = torch.where(contexts < 0, -1, contexts * self.vocab_size + tokens)
        place = torch.searchsorted(self.keys, wanted).clamp(max=len(self.keys) - 1)
        return torch.where(self.keys[place] == wanted, place, -1)

    def left(self, contexts: Tensor) -> Tensor:
        """What contexts leave to the shorter ones; all, where one was never seen."""
        return torch.where(contexts < 0, 1.0, self.backoff[contexts.clamp(min=0)].double())

    def shares(self, n_grams: Tensor) -> Tensor:
        """What n-grams have of their own; nothing, where one was never seen."""
        return torch.where(n_grams < 0, 0.0, self.share[n_grams.clamp(min=0)].double())

    def add_following(self, contexts: Tensor, probs: Tensor) -> None:
        """Add to probs, (rows, vocab), the shares of the tokens seen after each row's context."""
        first = contexts * self.vocab_size
        low, high = torch.searchsorted(self.keys, torch.stack((first, first + self.vocab_size)))
        n = high - low  # 0 for -1, a context never seen
        rows = torch.arange(len(n), device=n.device).repeat_interleave(n)
        places = torch.arange(len(rows), device=n.device) + (low - n.cumsum(0) + n)[rows]
        probs[rows, self.keys[places] % self.vocab_size] += self.share[places].double()


class KneserNey(nn.Module):
    """How likely each token is, by the `order` - 1 tokens before it."""

    def __init__(self, config: NgramConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.config = config
        self.vocab_size = config.vocab_size
        sizes = [1, *config.n_grams]
        self.levels = nn.ModuleList(
            Level(before, own, self.vocab_size)
            for before, own in zip(sizes[:-1], sizes[1:], strict=True)
        )

    @classmethod
    def fit(
        cls, config: NgramConfig, tokens: NDArray | Sequence[int], lengths: NDArray, end_id: int
    ) -> Self:
        """Count the texts of `lengths` tokens each, which stand one after another.

        config: with vocab_size and start_id. 10 million tokens and order 5 take half a minute and
        3 GB.
        Raises DataError where there is no text, or none as long as an n-gram.
        """
        assert config.vocab_size is not None
        if not len(lengths):
            raise DataError("no text to count n-grams in. Give at least one.")
        ids, place = framed(np.asarray(tokens), np.asarray(lengths), config.start_id, end_id)
        found = count(ids, place, config.order, config.vocab_size)
        del ids, place
        smoothed = [s for s in smooth(found, config.vocab_size, config.min_count) if len(s.keys)]
        model = cls(replace(config, n_grams=[len(s.keys) for s in smoothed]))
        for level, own in zip(model.levels, smoothed, strict=True):
            level.fill(own)  # type: ignore[operator]
        return model

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.parameters()).device

    def forward(self, tokens: Tensor, layout: Layout) -> Tensor:
        """`log_probs`."""
        return self.log_probs(tokens, layout)

    @torch.no_grad()
    def log_probs(self, tokens: Tensor, layout: Layout) -> Tensor:
        """ln P of each token of packed texts, given those before it and the start: (tokens,),
        float64. The end of a text is one of its tokens.
        """
        ends = torch.tensor(layout.lengths, device=tokens.device).add(1).cumsum(0)
        starts = torch.zeros(int(ends[-1]), dtype=torch.bool, device=tokens.device)
        starts[0] = True
        starts[ends[:-1]] = True
        ids = tokens.new_full(starts.shape, self.config.start_id)
        ids[~starts] = tokens
        probs = torch.full(starts.shape, 1 / self.vocab_size, dtype=torch.float64).to(ids.device)
        contexts = torch.zeros_like(ids)
        for level in self.levels:
            n_grams = level.find(contexts, ids)  # type: ignore[operator]
            probs = level.shares(n_grams) + level.left(contexts) * probs  # type: ignore[operator]
            contexts = n_grams.roll(1).masked_fill(starts, -1)
        return probs[~starts].log()

    @torch.no_grad()
    def next_probs(self, history: Tensor) -> Tensor:
        """P of every token after each of some texts, (rows, vocab), float64; rows add up to 1.

        history: (rows, time), the last tokens of each, START among them where it is near.
        """
        rows, device = len(history), history.device
        history = history[:, -max(self.config.order - 1, 1) :]
        probs = torch.full((rows, self.vocab_size), 1 / self.vocab_size, dtype=torch.float64)
        probs = probs.to(device)
        contexts, before = (
            torch.zeros(rows, dtype=torch.int64).to(device),
            torch.zeros_like(history),
        )
        for level in self.levels:
            probs *= level.left(contexts)[:, None]  # type: ignore[operator]
            level.add_following(contexts, probs)  # type: ignore[operator]
            n_grams = level.find(before, history)  # type: ignore[operator]
            contexts = n_grams[:, -1]
            before = n_grams.roll(1, 1)
            before[:, 0] = -1
        return probs
