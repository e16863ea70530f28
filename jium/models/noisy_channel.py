"""A spelling corrector learned from a corpus of one's own: what is kept of it, and its settings.

It is counts, kept as tensors, so that it is saved and loaded as any model; the words themselves
stand in vocabulary.json. `jium.models.spelling_search` does the work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Self

import torch
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError, DataError
from jium.models.spelling_search import SpellingSearch
from jium.models.word_counts import count, in_context
from jium.models.word_prior import Counts, WordPrior
from jium.ranges import at_least
from jium.text.spelling import Channel

HELD_OUT = 20  # one text of so many is kept from the counts, to weigh the estimates by
MOST_HELD_OUT = 2000  # texts


@config
class NoisyChannelConfig(Channel):
    """The channel, and what is counted."""

    min_count: int = 2  # a rarer word is never proposed
    analysed: int = 20_000  # so many of the commonest words are cut into stem and ending
    confidence: float = 0.5  # correct where a correction is more probable than this
    vocab_size: int = 0  # training says
    n_pairs: int = 0  # training says

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.confidence < 1:
            raise ConfigError(
                "must be between 0 and 1; got {value}.", key="confidence", value=self.confidence
            )
        at_least(1, min_count=self.min_count, analysed=self.analysed)


class NoisyChannel(nn.Module):
    """Counts of words, where their stems end, which follows which, and weights of the estimates."""

    counts: Tensor
    stem_ends: Tensor
    is_verb: Tensor
    pairs: Tensor
    pair_counts: Tensor
    weights: Tensor

    def __init__(self, config: NoisyChannelConfig) -> None:
        super().__init__()
        self.config = config
        size, n_pairs = config.vocab_size, config.n_pairs
        self.register_buffer("counts", torch.zeros(size, dtype=torch.int64))
        self.register_buffer("stem_ends", torch.zeros(size, dtype=torch.int16))  # 0: not analysed
        self.register_buffer("is_verb", torch.zeros(size, dtype=torch.bool))
        self.register_buffer("pairs", torch.zeros(n_pairs, 2, dtype=torch.int32))
        self.register_buffer("pair_counts", torch.zeros(n_pairs, dtype=torch.int32))
        self.register_buffer("weights", torch.full((4,), 0.25, dtype=torch.float64))

    def prior(self, words: Sequence[str]) -> WordPrior:
        """The word prior over these words, which are those of the counts."""
        known = dict(zip(words, self.counts.tolist(), strict=True))
        stems = zip(words, self.stem_ends.tolist(), self.is_verb.tolist(), strict=True)
        ends = {word: (end, "v" if verb else "n") for word, end, verb in stems if end}
        pairs = {
            (words[before], words[after]): n
            for (before, after), n in zip(
                self.pairs.tolist(), self.pair_counts.tolist(), strict=True
            )
        }
        return WordPrior(Counts(known, ends, pairs), tuple(self.weights.tolist()))

    def search(self, words: Sequence[str]) -> SpellingSearch:
        """What corrects texts."""
        return SpellingSearch(self.prior(words), self.config, self.config.min_count)

    @classmethod
    def learn(cls, config: NoisyChannelConfig, texts: Iterable[str]) -> tuple[Self, list[str]]:
        """Count texts; returns the model and its words, the commonest first.

        Raises DataError where there is no Korean word in them.
        """
        texts = list(texts)
        counts = count((t for i, t in enumerate(texts) if (i + 1) % HELD_OUT), config.analysed)
        if not counts.words:
            raise DataError("no Korean word in the {n} texts given.", n=len(texts))
        held_out = islice(texts, HELD_OUT - 1, None, HELD_OUT)
        rows = [row for text in islice(held_out, MOST_HELD_OUT) for row in in_context(text)]
        return cls._of(config, WordPrior(counts).fitted(rows))

    @classmethod
    def _of(cls, config: NoisyChannelConfig, prior: WordPrior) -> tuple[Self, list[str]]:
        counts = prior.counts
        words = sorted(counts.words, key=lambda word: (-counts.words[word], word))
        ids = {word: number for number, word in enumerate(words)}
        model = cls(replace(config, vocab_size=len(words), n_pairs=len(counts.pairs)))
        ends = [counts.stem_ends.get(word, (0, "n")) for word in words]
        model.counts.copy_(torch.tensor([counts.words[word] for word in words]))
        model.stem_ends.copy_(torch.tensor([end for end, _ in ends]))
        model.is_verb.copy_(torch.tensor([kind == "v" for _, kind in ends]))
        if counts.pairs:
            pairs = [(ids[before], ids[word]) for before, word in counts.pairs]
            model.pairs.copy_(torch.tensor(pairs))
            model.pair_counts.copy_(torch.tensor(list(counts.pairs.values())))
        model.weights.copy_(torch.tensor(prior.weights))
        return model, words
