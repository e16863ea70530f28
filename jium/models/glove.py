"""GloVe (Pennington et al., 2014): the product of two words' vectors is the log of their count.

https://nlp.stanford.edu/pubs/glove.pdf. Words have a vector as a word and one as a context, which
are alike in role; their sum is the word's vector (section 4.2).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from jium.config import config
from jium.nn.rows import Places, spread, take_rows
from jium.ranges import at_least


@config
class GloveConfig:
    """Size of the vectors."""

    dim: int = 100
    vocab_size: int | None = None  # the corpus says

    def __post_init__(self) -> None:
        at_least(1, dim=self.dim)


class Glove(nn.Module):
    """Two vectors and two biases for each word."""

    def __init__(self, config: GloveConfig) -> None:
        super().__init__()
        self.config = config
        n_words, dim = config.vocab_size or 0, config.dim
        self.words = nn.Parameter((torch.rand(n_words, dim) - 0.5) / dim)
        self.contexts = nn.Parameter((torch.rand(n_words, dim) - 0.5) / dim)
        self.word_bias = nn.Parameter(torch.zeros(n_words, 1))
        self.context_bias = nn.Parameter(torch.zeros(n_words, 1))

    def forward(self, words: Places, contexts: Places) -> Tensor:
        """What the model takes the log of each pair's count to be: (pairs,)."""
        word = spread(take_rows(self.words, words.rows), words)  # (pairs, dim)
        context = spread(take_rows(self.contexts, contexts.rows), contexts)
        word_bias = spread(take_rows(self.word_bias, words.rows), words)
        context_bias = spread(take_rows(self.context_bias, contexts.rows), contexts)
        return (word * context).sum(1) + (word_bias + context_bias).squeeze(1)

    @torch.inference_mode()
    def vectors(self) -> Tensor:
        """The vector of each word: (words, dim)."""
        return self.words + self.contexts

    def spell(self, words: Sequence[str]) -> None:
        """How words are spelled says nothing to this model."""

    def spelled(self, words: Sequence[str]) -> None:
        """Words never seen have no vector."""
        return None
