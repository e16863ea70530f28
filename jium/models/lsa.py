"""Summaries by latent semantic analysis: Steinberger and Jezek (2004).

The words by sentences table is taken apart into topics, the strongest first; a sentence that weighs
much in strong topics says much of the text. Nothing is learned.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jium.config import config
from jium.errors import ConfigError
from jium.models.extraction import ExtractionConfig, SentenceRanker, Words, counts, tf_idf


@config
class LsaConfig(ExtractionConfig):
    """Which topics count, and what of a sentence. The defaults are the paper's; for one sentence
    take `least = 1.0` and `normalise = true`, which ask how much of it is the main topic.
    """

    least: float = 0.5  # topics at least so strong, as a share of the strongest
    weights: Literal["counts", "tf_idf"] = "counts"  # of the words of a sentence
    normalise: bool = False  # sentences as vectors of length 1: the long have no advantage

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.least <= 1:
            raise ConfigError("must be in (0, 1]; got {value}.", key="least", value=self.least)


class Lsa(SentenceRanker):
    """Sentences ranked by their length in the space of the strong topics."""

    config: LsaConfig

    def rank(self, sentences: Sequence[Words]) -> NDArray[np.float64]:
        table = counts(sentences)  # (sentences, words): the transpose of the paper's A
        if not table.any():
            return np.ones(len(table))
        table = tf_idf(table) if self.config.weights == "tf_idf" else table
        if self.config.normalise:
            lengths = np.linalg.norm(table, axis=1, keepdims=True)
            table = table / np.where(lengths > 0, lengths, 1)
        sentence_topics, strengths, _ = np.linalg.svd(table, full_matrices=False)
        kept = strengths >= self.config.least * strengths[0]
        return np.linalg.norm(sentence_topics[:, kept] * strengths[kept], axis=1)
