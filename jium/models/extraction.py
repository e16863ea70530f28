"""Ranking the sentences of a text: what extractive summarisers share, and the simplest of them.

Such a model has no weights. It is one all the same, so that it has a run folder, is measured and is
used as every other summariser.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import nn

from jium.config import config
from jium.ranges import at_least

MOST = 500  # sentences that are ranked against each other; a longer text is ranked part by part

Words = Sequence[str]


@config
class ExtractionConfig:
    """How much of a text is kept, where nobody says."""

    n_sentences: int = 3
    early: float = 0.0  # the score of sentence i, counted from 0, is divided by 1 + early * i

    vocab_size: ClassVar[int] = 1  # a run names one; words are counted afresh in every text

    def __post_init__(self) -> None:
        at_least(1, n_sentences=self.n_sentences)
        at_least(0, early=self.early)


class SentenceRanker(nn.Module, ABC):
    """Gives each sentence of a text a score; the highest make the summary."""

    reads: ClassVar[bool] = True  # False: the words of the sentences do not matter

    def __init__(self, config: ExtractionConfig) -> None:
        super().__init__()
        self.config = config

    def scores(self, sentences: Sequence[Words]) -> NDArray[np.float64]:
        """How much each sentence, given as its words, says of the text: (sentences,).

        Memory grows with the square of MOST, not of the text: sentences of a longer text are ranked
        within parts of that many, where they have a mean of 1 each.
        """
        parts = [self._of_part(sentences[i : i + MOST]) for i in range(0, len(sentences), MOST)]
        found = np.concatenate([np.empty(0), *parts])
        return found / (1 + self.config.early * np.arange(len(found)))

    def _of_part(self, sentences: Sequence[Words]) -> NDArray[np.float64]:
        found = self.rank(sentences)
        mean = found.mean()
        return found / mean if mean > 0 else np.ones(len(found))

    @abstractmethod
    def rank(self, sentences: Sequence[Words]) -> NDArray[np.float64]:
        """Scores of at most MOST sentences, 0 or above."""


def counts(sentences: Sequence[Words]) -> NDArray[np.float64]:
    """How often each word stands in each sentence: (sentences, different words)."""
    columns: dict[str, int] = {}
    for sentence in sentences:
        for word in sentence:
            columns.setdefault(word, len(columns))
    table = np.zeros((len(sentences), len(columns)))
    for row, sentence in enumerate(sentences):
        np.add.at(table[row], [columns[word] for word in sentence], 1)
    return table


def tf_idf(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts times ln((1 + sentences) / (1 + sentences with the word)) + 1."""
    holding = (table > 0).sum(axis=0)
    return table * (np.log((1 + len(table)) / (1 + holding)) + 1)


@config
class LeadConfig(ExtractionConfig):
    """The first sentences, which a summary of news must beat."""

    n_sentences: int = 1


class Lead(SentenceRanker):
    """The first sentences: what every other summary is measured against."""

    reads = False

    def scores(self, sentences: Sequence[Words]) -> NDArray[np.float64]:
        return self.rank(sentences)

    def rank(self, sentences: Sequence[Words]) -> NDArray[np.float64]:
        return 1 / (1 + np.arange(len(sentences)))
