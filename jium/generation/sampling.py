"""Choosing the next token: filters over logits, each after its paper, and a seeded draw.

Every filter takes logits, (rows, vocab), and returns them with what is ruled out at minus infinity.
"""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from jium.generation.decoding import Decoder
from jium.generation.settings import GenerationConfig

COLDEST, HOTTEST = 1e-6, 1e6  # beyond, a temperature does as these do, and logits would overflow
LEAST_SHARE = 1e-6  # of a nucleus: the likeliest token alone, whatever the number type rounds to
NUCLEUS = 512  # tokens among which top-p is looked for first: to sort all takes ten times as long


def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Divide: below 1 sharper, above 1 flatter."""
    return logits / min(max(temperature, COLDEST), HOTTEST)


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Only the k likeliest (Fan et al., 2018); of equals the first, as argmax has it."""
    least = logits.topk(min(k, logits.size(-1)), dim=-1).values[..., -1:]
    kept = logits >= least
    if int(kept.sum(-1).max()) > k:  # several equal the least: the first of them
        more = logits > least
        equal = kept & ~more
        kept = more | equal & (equal.cumsum(-1) <= k - more.sum(-1, keepdim=True))
    return logits.masked_fill(~kept, -torch.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """The smallest set of likeliest tokens whose probability reaches p (nucleus; Holtzman et al.,
    2020).
    """
    if p >= 1:
        return logits
    p = max(p, LEAST_SHARE)
    probs, vocab = logits.softmax(-1), logits.size(-1)
    for width in (min(NUCLEUS, vocab), vocab):  # few are enough nearly always
        likeliest, order = probs.topk(width, dim=-1)
        before = likeliest.cumsum(-1) - likeliest  # probability of all likelier ones
        if width == vocab or bool((before[..., -1] >= p).all()):
            break
    ruled_out = torch.ones_like(logits, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(ruled_out, -torch.inf)


def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """Those with at least p times the probability of the likeliest (Nguyen et al., 2024)."""
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < p * probs.amax(-1, keepdim=True), -torch.inf)


def penalise_repetition(logits: Tensor, written: Sequence[Sequence[int]], penalty: float) -> Tensor:
    """Tokens already in a row become less likely, equation 13 of Keskar et al. (2019): x / penalty,
    x * penalty
    below zero."""
    changed = logits.clone()
    for row, tokens in enumerate(written):
        seen = torch.tensor(sorted(set(tokens)), dtype=torch.long, device=logits.device)
        old = logits[row, seen]
        changed[row, seen] = torch.where(old > 0, old / penalty, old * penalty)
    return changed


def penalise_presence(
    logits: Tensor, counts: Mapping[int, int], presence: float, frequency: float
) -> Tensor:
    """Tokens already written become less likely, as OpenAI's API has it: logits, (vocab,), less
    `presence` once and `frequency` for every time, `counts`.
    """
    if not counts:
        return logits
    seen = torch.tensor(list(counts), device=logits.device)
    times = torch.tensor(list(counts.values()), device=logits.device, dtype=logits.dtype)
    return logits.index_add(0, seen, -(presence + frequency * times))


def next_distribution(logits: Tensor, settings: GenerationConfig) -> Tensor:
    """Probabilities that `settings` leaves, (rows, vocab); temperature 0: all on the likeliest."""
    if settings.temperature == 0:
        best = logits.argmax(-1, keepdim=True)
        return torch.zeros_like(logits).scatter(-1, best, 1.0)
    logits = apply_temperature(logits, settings.temperature)
    if settings.top_k is not None:
        logits = keep_top_k(logits, settings.top_k)
    if settings.top_p is not None:
        logits = keep_top_p(logits, settings.top_p)
    if settings.min_p is not None:
        logits = keep_min_p(logits, settings.min_p)
    return logits.softmax(-1)


def draw(probs: Tensor, uniforms: Tensor) -> Tensor:
    """(rows,) tokens of probabilities, (rows, vocab), by numbers drawn evenly from [0, 1), (rows,):
    the first token up to which more than such a share of the probability lies.
    """
    reached = probs.cumsum(-1, dtype=torch.double)
    wanted = uniforms.to(reached) * reached[:, -1]
    found = torch.searchsorted(reached, wanted[:, None], right=True).squeeze(1)
    return found.clamp(max=probs.size(-1) - 1)  # past the end where logits are no numbers


@torch.no_grad()
def sample(
    decoder: Decoder,
    rows: int,
    start_id: int,
    eos_id: int,
    max_tokens: int,
    settings: GenerationConfig,
    generator: torch.Generator | None = None,
) -> Iterator[list[int | None]]:
    """Write `rows` texts; each step yields one token a row, None for a row that has ended."""
    last = torch.full((rows,), start_id, device=decoder.device)
    written: list[list[int]] = [[] for _ in range(rows)]
    open_rows = [True] * rows
    for _ in range(max_tokens):
        logits = decoder.step(last)
        if settings.repetition_penalty != 1:
            logits = penalise_repetition(logits, written, settings.repetition_penalty)
        probs = next_distribution(logits, settings)
        drawn = torch.multinomial(probs.cpu(), 1, generator=generator).squeeze(1)
        last = drawn.to(decoder.device)
        open_rows = [o and t != eos_id for o, t in zip(open_rows, drawn.tolist(), strict=True)]
        if not any(open_rows):
            return
        step = [t if o else None for o, t in zip(open_rows, drawn.tolist(), strict=True)]
        for row, token in zip(written, step, strict=True):
            if token is not None:
                row.append(token)
        yield step
