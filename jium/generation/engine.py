"""Many texts written at once, which join and leave while others are being written.

Each step reads a bounded part of the prompts that wait, first come, first served, and writes one
token of every text whose prompt is read (continuous batching; Yu et al., 2022, Orca).
"""

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from jium.errors import ConfigError, DataError
from jium.generation.choosing import NOTHING, Chooser, choose
from jium.generation.prefixes import Prefixes
from jium.generation.rows import rows_of
from jium.generation.settings import GenerationConfig

if TYPE_CHECKING:
    from jium.generation.constrained import Constraint


@dataclass
class Request:
    """A prompt, and how to write on.

    ids: of the prompt, not empty. ends: tokens that end a text. constraint: what the text may be,
    one a request. top_logprobs: None where no log-probabilities are wanted, 0 for those of the
    chosen tokens, n for those of the n likeliest, too.
    """

    ids: list[int]
    settings: GenerationConfig = field(default_factory=GenerationConfig)
    ends: tuple[int, ...] = ()
    constraint: "Constraint | None" = None
    top_logprobs: int | None = None


@dataclass(slots=True)
class Step:
    """One new token, with its log-probability in what the model says, before any setting."""

    token: int
    logprob: float | None = None
    top: list[tuple[int, float]] = field(default_factory=list)


@dataclass(eq=False)
class Running:
    """A request under way. An end token is not among `steps`.

    finish_reason: "error" where its constraint has raised `error`.
    """

    request: Request
    limit: int  # tokens to write at most
    steps: list[Step] = field(default_factory=list)
    finish_reason: Literal["stop", "length", "cancelled", "error"] | None = None

    def __post_init__(self) -> None:
        self.chooser = Chooser(self.request.settings, self.request.constraint)
        self.read = 0  # tokens of the prompt that were read

    @property
    def error(self) -> Exception | None:
        return self.chooser.error


class Engine:
    """Writes for up to `n_slots` requests at a time. To be used by one thread at a time.

    prefill_tokens: of prompts that are read in one step at most, so that a long one does not hold
    up the others. prefix_tokens: of earlier texts whose keys and values are kept, so that a prompt
    that begins with them is read from where they part. An answer does not depend on who else is
    served, up to rounding: every request draws from its own generator.
    """

    def __init__(
        self,
        model: nn.Module,
        n_slots: int = 32,
        prefill_tokens: int = 512,
        prefix_tokens: int = 0,
    ) -> None:
        for key, value, least in (
            ("n_slots", n_slots, 1),
            ("prefill_tokens", prefill_tokens, 1),
            ("prefix_tokens", prefix_tokens, 0),
        ):
            if value < least:
                raise ConfigError(
                    "must be at least {least}; got {value}.", key=key, least=least, value=value
                )
        self.n_slots, self.prefill_tokens = n_slots, prefill_tokens
        self.rows = rows_of(model)
        self.prefixes = Prefixes(prefix_tokens) if prefix_tokens else None
        self._waiting: deque[Running] = deque()
        self._running: list[Running] = []  # one a row; only of the last may the prompt be unread

    @property
    def active(self) -> int:
        """Requests that have a slot."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Requests that have none yet."""
        return len(self._waiting)

    def submit(self, request: Request) -> Running:
        """Put a request in the queue; `step` writes for it once a slot is free.

        Raises DataError for a prompt that the model cannot take, ConfigError for settings that are
        no matter of single tokens, such as a beam search.
        """
        running = Running(request, self._room(request))
        self._waiting.append(running)
        return running

    @torch.inference_mode()
    def cancel(self, running: Running) -> None:
        """Write no more for a request; its slot is free at once."""
        if running.finish_reason is None:
            running.finish_reason = "cancelled"
            if running in self._waiting:
                self._waiting.remove(running)
            else:
                self._free(self._running.index(running))

    @torch.inference_mode()
    def step(self) -> list[tuple[Running, Step | None]]:
        """One new token for every request whose prompt is read by now; None where its text ended.

        A request is over once it has a `finish_reason`.
        """
        writing = [running for running in self._running if _is_read(running)]
        logits = []
        if writing:
            logits.append(self.rows.read(0, [[running.steps[-1].token] for running in writing]))
        begun, first = self._read_prompts(len(writing))
        if begun:
            writing += begun
            logits.append(first)
        if not writing:
            return []
        found = _steps(torch.cat(logits) if len(logits) > 1 else logits[0], writing)
        told = [
            (running, _take(running, step)) for running, step in zip(writing, found, strict=True)
        ]
        for row in reversed(range(len(writing))):
            if writing[row].finish_reason is not None:
                self._free(row)
        return told

    # ------------------------------------------------------------ prompts

    def _read_prompts(self, first: int) -> tuple[list[Running], Tensor]:
        """Read on in the rows from `first` on, as far as one step may; those that are read to the
        end, and the logits of what follows each.
        """
        parts: list[list[int]] = []
        left = self.prefill_tokens
        while left and (running := self._next_prompt(first + len(parts))):
            parts.append(running.request.ids[running.read : running.read + left])
            running.read += len(parts[-1])
            left -= len(parts[-1])
        if not parts:
            return [], torch.empty(0)
        logits = self.rows.read(first, parts)
        done = [running for running in self._running[first:] if _is_read(running)]
        for row, running in enumerate(done, first):
            self._keep(row, running)
        return done, logits[: len(done)]

    def _next_prompt(self, row: int) -> Running | None:
        """The request in `row`, or else the first that waits, where a slot is free."""
        if row < len(self._running):
            return self._running[row]
        if not self._waiting or len(self._running) == self.n_slots:
            return None
        running = self._waiting.popleft()
        self._running.append(running)
        kept = None
        if self.prefixes is not None:
            running.read, kept = self.prefixes.longest(running.request.ids)
        self.rows.begin(kept)
        return running

    def _keep(self, row: int, running: Running) -> None:
        if self.prefixes is not None:
            ids = running.request.ids + [step.token for step in running.steps]
            read = ids[: self.rows.length(row)]
            self.prefixes.keep(read, lambda length: self.rows.kept(row, length))

    # ------------------------------------------------------------ slots

    def _free(self, row: int) -> None:
        """Close the gap of a row: with the last that writes, and that with one still being read."""
        self._keep(row, self._running[row])
        gap, last = row, len(self._running) - 1
        if last and not _is_read(self._running[last]) and gap < last - 1:
            self._move(last - 1, gap)
            gap = last - 1
        self._move(last, gap)
        self._running.pop()
        self.rows.drop_last()

    def _move(self, source: int, target: int) -> None:
        self._running[target] = self._running[source]
        self.rows.move(source, target)

    def _room(self, request: Request) -> int:
        """Tokens that may be written. Raises where the request cannot be served."""
        ids, settings = request.ids, request.settings
        for key, plain in (("beam", 1), ("n_best", 1), ("penalty_alpha", None)):
            if (value := getattr(settings, key)) != plain:
                raise ConfigError("is not for the engine; got {value}.", key=key, value=value)
        check_prompt(ids, self.rows.max_len)
        for token in (min(ids), max(ids), *settings.logit_bias):
            if not 0 <= token < self.rows.vocab_size:
                raise DataError(
                    "no token {token}: the model has {n}, from 0 on.",
                    token=token,
                    n=self.rows.vocab_size,
                )
        return min(settings.max_tokens or self.rows.max_len, self.rows.max_len - len(ids))


def check_prompt(ids: list[int], max_len: int) -> None:
    """Raises DataError for a prompt that is empty, or leaves no room to write."""
    if not ids:
        raise DataError("nothing to write on: give a text that is not empty.")
    if len(ids) >= max_len:
        raise DataError(
            "a text of {n} tokens; the model holds {max_len}, with what it writes. Give a "
            "shorter one.",
            n=len(ids),
            max_len=max_len,
        )


def _is_read(running: Running) -> bool:
    return running.read == len(running.request.ids)


def _steps(logits: Tensor, writing: list[Running]) -> list[Step]:
    """What each request chooses of its row of logits, (rows, vocab)."""
    steps = [Step(token) for token in choose(logits, [running.chooser for running in writing])]
    asked = [i for i, running in enumerate(writing) if running.request.top_logprobs is not None]
    if asked:
        log_probs = logits[asked].log_softmax(-1)
        for i, row in zip(asked, log_probs, strict=True):
            token, n = steps[i].token, writing[i].request.top_logprobs or 0
            steps[i].logprob = float(row[token]) if token != NOTHING else None
            values, ids = row.topk(min(n, len(row)))
            steps[i].top = list(zip(ids.tolist(), values.tolist(), strict=True))
    return steps


def _take(running: Running, step: Step) -> Step | None:
    """Note the new token of a request, and whether it is its last; None for an end."""
    done = step.token == NOTHING or running.chooser.take(step.token)
    if running.error is not None:
        running.finish_reason = "error"
        return None
    if step.token == NOTHING or step.token in running.request.ends:
        running.finish_reason = "stop"
        return None
    running.steps.append(step)
    if done:
        running.finish_reason = "stop"
    elif len(running.steps) == running.limit:
        running.finish_reason = "length"
    return step
