"""Word vectors from elsewhere: a table, and nothing that could be trained on."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from jium.config import config


@config
class WordTableConfig:
    """Size of the vectors; the file says."""

    dim: int
    vocab_size: int | None = None


class WordTable(nn.Module):
    """A vector for each word of a vocabulary."""

    def __init__(self, config: WordTableConfig) -> None:
        super().__init__()
        self.config = config
        size = (config.vocab_size or 0, config.dim)
        self.words = nn.Parameter(torch.zeros(size), requires_grad=False)

    @classmethod
    def of(cls, vectors: Tensor) -> "WordTable":
        """The table of given vectors, (words, dim)."""
        table = cls(WordTableConfig(vocab_size=len(vectors), dim=vectors.shape[1]))
        table.words.copy_(vectors)
        return table

    def vectors(self) -> Tensor:
        """The vector of each word: (words, dim)."""
        return self.words

    def spell(self, words: Sequence[str]) -> None:
        """How words are spelled says nothing to this model."""

    def spelled(self, words: Sequence[str]) -> None:
        """Words that are not in the table have no vector."""
        return None
