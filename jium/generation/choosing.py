"""The next token of many requests at once, each chosen by its own settings and its own draws."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from jium.generation.sampling import (
    draw,
    next_distribution,
    penalise_presence,
    penalise_repetition,
)
from jium.generation.settings import GenerationConfig

if TYPE_CHECKING:
    from jium.generation.constrained import Constraint

NOTHING = -1  # chosen where a constraint leaves no token


class Chooser:
    """How one request chooses: its settings, what it has written, and a generator of its own.

    error: what its constraint has raised, which ends this request and no other.
    """

    def __init__(self, settings: GenerationConfig, constraint: "Constraint | None" = None) -> None:
        self.settings, self.constraint = settings, constraint
        self.error: Exception | None = None
        self.written: Counter[int] = Counter()
        self.generator = torch.Generator()
        if settings.seed is None:
            self.generator.seed()
        else:
            self.generator.manual_seed(settings.seed)
        self._penalises = bool(settings.presence_penalty or settings.frequency_penalty)
        self.changes = bool(
            self._penalises
            or constraint is not None
            or settings.logit_bias
            or settings.repetition_penalty != 1
        )
        drawn = settings.temperature, settings.top_k, settings.top_p, settings.min_p
        self.alike = drawn if settings.temperature else (0.0,)  # requests that choose alike

    def changed(self, logits: Tensor) -> Tensor | None:
        """Logits, (vocab,), after bias, penalties and constraint; None where it allows nothing,
        or fails.
        """
        settings = self.settings
        if settings.logit_bias:
            ids = torch.tensor(list(settings.logit_bias), device=logits.device)
            logits = logits.index_add(0, ids, logits.new_tensor([*settings.logit_bias.values()]))
        if settings.repetition_penalty != 1:
            written = [list(self.written)]
            logits = penalise_repetition(logits[None], written, settings.repetition_penalty)[0]
        if self._penalises:
            presence, frequency = settings.presence_penalty, settings.frequency_penalty
            logits = penalise_presence(logits, self.written, presence, frequency)
        if self.constraint is None:
            return logits
        try:
            allowed = self.constraint.allowed()[: len(logits)].to(logits.device)
        except Exception as error:
            self.error = error
            return None
        if not bool(allowed.any()):
            return None
        ruled_out = torch.ones_like(logits, dtype=torch.bool)
        ruled_out[: len(allowed)] = ~allowed
        return logits.masked_fill(ruled_out, -torch.inf)

    def uniform(self) -> Tensor:
        """A number drawn evenly from [0, 1), (1,), the next of this request."""
        return torch.rand(1, generator=self.generator, dtype=torch.double)

    def take(self, token: int) -> bool:
        """The token that was chosen; whether the constraint lets nothing follow it."""
        if self._penalises or self.settings.repetition_penalty != 1:
            self.written[token] += 1
        if self.constraint is None:
            return False
        try:
            self.constraint.take(token)
            return self.constraint.done
        except Exception as error:
            self.error = error
            return True


def choose(logits: Tensor, choosers: Sequence[Chooser]) -> list[int]:
    """The next token of every row of logits, (rows, vocab), or NOTHING."""
    nothing: list[int] = []
    logits = _changed(logits, choosers, nothing)
    groups: dict[tuple, list[int]] = defaultdict(list)
    for row, chooser in enumerate(choosers):
        groups[chooser.alike].append(row)
    chosen = [NOTHING] * len(choosers)
    for rows in groups.values():
        part = logits if len(groups) == 1 else logits[rows]
        tokens = _choose_alike(part, [choosers[row] for row in rows])
        for row, token in zip(rows, tokens, strict=True):
            chosen[row] = token
    for row in nothing:
        chosen[row] = NOTHING
    return chosen


def _changed(logits: Tensor, choosers: Sequence[Chooser], nothing: list[int]) -> Tensor:
    if not any(chooser.changes for chooser in choosers):
        return logits
    logits = logits.clone()
    for row, chooser in enumerate(choosers):
        if chooser.changes:
            found = chooser.changed(logits[row])
            if found is None:
                nothing.append(row)
            else:
                logits[row] = found
    return logits


def _choose_alike(logits: Tensor, choosers: list[Chooser]) -> list[int]:
    settings = choosers[0].settings
    if settings.temperature == 0:
        return logits.argmax(-1).tolist()
    uniforms = torch.cat([chooser.uniform() for chooser in choosers])
    return draw(next_distribution(logits, settings), uniforms.to(logits.device)).tolist()
