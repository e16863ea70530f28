"""Contracts of generation: what is drawn follows the distribution; a stream adds up."""

from typing import Any

import torch
from torch import Tensor

from jium.generation.sampling import sample
from jium.generation.settings import GenerationConfig
from jium.tasks.translate import Translator

ROWS = 20_000  # draws
STREAMED = [
    "나는 오늘 물을 산다.",
    "우리는 내일 책을 본다.\n\n민수는 지금 밥을 찾는다.",
    "👍 ok",
    "",
]
START, END = 0, 1
SEEDS = range(5)


class _Table:
    """A decoder that always offers the same logits."""

    device = torch.device("cpu")

    def __init__(self, logits: Tensor) -> None:
        self.logits = logits

    def step(self, tokens: Tensor) -> Tensor:
        return self.logits.expand(len(tokens), -1)

    def select(self, rows: Tensor, sources: Tensor | None = None) -> None:
        raise AssertionError("sampling keeps its rows")


def _draw(logits: Tensor, rows: int, **options: Any) -> Tensor:
    """The first token of so many texts."""
    settings = GenerationConfig(**options)
    generator = torch.Generator().manual_seed(11)
    first = next(sample(_Table(logits), rows, START, END, 1, settings, generator))
    return torch.tensor(first)


def _logits() -> Tensor:
    made = torch.randn(12, generator=torch.Generator().manual_seed(3))
    made[END] = -torch.inf  # no text ends at its first token
    return made


def greedy_ways() -> float:
    """How many tokens drawn at temperature 0, at top-k 1 or top-p near 0 are not the likeliest."""
    logits = _logits()
    ways: list[dict[str, Any]] = [
        dict(temperature=0.0),
        dict(temperature=1.3, top_k=1),
        dict(temperature=1.0, top_p=1e-6),
        dict(temperature=1.0, min_p=1.0),
    ]
    return float(sum((_draw(logits, 50, **way) != logits.argmax()).sum().item() for way in ways))


def frequencies() -> float:
    """1 - p of a chi-square test of what was drawn, plain and filtered; the largest."""
    logits = _logits()
    top = logits.masked_fill(logits < logits.topk(5).values[-1], -torch.inf)
    plain = _chi_square(_draw(logits, ROWS, temperature=0.8), (logits / 0.8).softmax(-1))
    cut = _chi_square(_draw(logits, ROWS, temperature=1.0, top_k=5), top.softmax(-1))
    return max(plain, cut)


def _chi_square(drawn: Tensor, expected: Tensor) -> float:
    """1 - p: near 1 where the draws do not fit; 1 where one was drawn that cannot be."""
    counts = torch.bincount(drawn, minlength=len(expected)).double()
    possible = expected > 0
    if counts[~possible].any():
        return 1.0
    awaited = expected[possible].double() * len(drawn)
    statistic = ((counts[possible] - awaited) ** 2 / awaited).sum()
    freedom = torch.tensor((int(possible.sum()) - 1) / 2, dtype=torch.double)
    return float(torch.special.gammainc(freedom, statistic / 2))


def streamed(task: Translator) -> float:
    """How many answers, streamed piece by piece, are not the whole answer.

    Drawn ones too: what they hold of half characters must wait for the other half.
    """
    greedy = dict(beam=1, n_best=1, max_tokens=24)
    drawn = greedy | dict(temperature=1.5, seed=1)
    asked = [(text, greedy) for text in STREAMED] + [
        (STREAMED[0], drawn | dict(seed=s)) for s in SEEDS
    ]
    return float(
        sum("".join(task.stream(text, **how)) != task.translate(text, **how) for text, how in asked)
    )
