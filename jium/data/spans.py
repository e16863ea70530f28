"""Spans of a text that an encoder-decoder has to write, and what stands in their place.

Span corruption, sections 3.1.4 and 3.3.4 of Raffel et al. (2020), https://arxiv.org/abs/1910.10683:
15 % of the tokens are taken out, in spans of 3 on average; a sentinel stands in the place of each
span, and the target is the spans, each behind its sentinel, with one more sentinel at the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jium.config import config
from jium.errors import ConfigError
from jium.ranges import at_least
from jium.text.tokenizer import Tokenizer

Ids = NDArray[np.int64]


@config
class SpanConfig:
    """How much is taken out, and in how long spans."""

    rate: float = 0.15  # share of the tokens
    mean_span: float = 3.0  # tokens
    sentinels: int = 100  # special tokens that a new tokenizer gets for them

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise ConfigError("must be in (0, 1); got {value}.", key="rate", value=self.rate)
        at_least(1, mean_span=self.mean_span)
        at_least(2, sentinels=self.sentinels)

    def counts(self, n_tokens: int) -> tuple[int, int]:
        """Of a text of so many tokens, 2 at least: how many are taken out, in how many spans."""
        taken = min(max(round(self.rate * n_tokens), 1), n_tokens - 1)
        n_spans = min(max(round(taken / self.mean_span), 1), n_tokens - taken + 1)
        return taken, n_spans


def sentinel_names(n: int) -> list[str]:
    """The sentinels as T5 names them, the first one first."""
    return [f"<extra_id_{number}>" for number in range(n)]


def sentinel_ids(tokenizer: Tokenizer) -> tuple[int, ...]:
    """The ids of the sentinels that a tokenizer has, the first one first."""
    found: list[int] = []
    while (token := f"<extra_id_{len(found)}>") in tokenizer.special_tokens:
        number = tokenizer.token_id(token)
        assert number is not None
        found.append(number)
    return tuple(found)


@dataclass(frozen=True)
class Corruption:
    """Span corruption with the sentinels of one vocabulary."""

    config: SpanConfig
    sentinels: tuple[int, ...]

    def __call__(self, tokens: Ids, rng: np.random.Generator) -> tuple[Ids, Ids]:
        """A text, 2 tokens at least, as source and target."""
        taken, n_spans = self.config.counts(len(tokens))
        sizes = np.diff(_cuts(taken, n_spans, rng))
        # Texts may begin and end with a span; between two there is a token at least.
        gaps = np.diff(_cuts(len(tokens) - taken + 2, n_spans + 1, rng))
        gaps[[0, -1]] -= 1
        starts = np.cumsum(gaps[:-1]) + np.cumsum(sizes) - sizes
        return self.parted(tokens, starts.tolist(), sizes.tolist())

    def parted(self, tokens: Ids, starts: Sequence[int], sizes: Sequence[int]) -> tuple[Ids, Ids]:
        """A text whose spans begin at `starts` as source and target."""
        marks = np.array(self.sentinels[: len(starts) + 1])[:, None]
        source: list[Ids] = []
        target: list[Ids] = []
        end = 0
        for mark, start, size in zip(marks, starts, sizes, strict=False):
            source += [tokens[end:start], mark]
            end = start + size
            target += [mark, tokens[start:end]]
        return np.concatenate([*source, tokens[end:]]), np.concatenate([*target, marks[-1]])

    def spans(self, target: Sequence[int], n: int) -> list[list[int]]:
        """The first `n` spans that a target says; one that it does not say is empty."""
        place = {mark: number for number, mark in enumerate(self.sentinels)}
        found: list[list[int]] = [[] for _ in range(n)]
        current = -1
        for token in target:
            current = place.get(token, current)
            if token not in place and 0 <= current < n:
                found[current].append(token)
        return found

    def restored(self, source: Sequence[int], spans: Sequence[Sequence[int]]) -> list[int]:
        """The text: a source with each span in the place of its sentinel."""
        place = dict(zip(self.sentinels, spans, strict=False))
        return [int(i) for token in source for i in place.get(token, [token])]


def _cuts(total: int, parts: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Where `total` is cut into so many parts of 1 at least, each way as likely: (parts + 1,)."""
    inner = np.sort(rng.choice(total - 1, parts - 1, replace=False)) + 1
    return np.concatenate(([0], inner, [total])).astype(np.int64)
