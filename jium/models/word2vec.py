"""word2vec (Mikolov et al., 2013): a vector for a word that is seen, and one where it is guessed.

With subwords (Bojanowski et al., 2017) the first is the mean of the vectors of the word and of its
pieces, which a word never seen has too.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.nn.rows import Places, spread, take_rows
from jium.ranges import at_least
from jium.text.subwords import Unit, pieces

AT_ONCE = 4096  # words put together at a time


@config
class Word2VecConfig:
    """Size of the vectors, and which pieces words are made of."""

    dim: int = 100
    subwords: Unit = "none"  # pieces of characters (char) or of letters (jamo)
    min_n: int = 3  # characters or letters in a piece, with < and > around the word; char: 2 to 4
    max_n: int = 6  # suit Korean better
    n_buckets: int = 200_000  # pieces are hashed into so many vectors
    vocab_size: int | None = None  # the corpus says

    def __post_init__(self) -> None:
        at_least(1, dim=self.dim, n_buckets=self.n_buckets)
        if not 1 <= self.min_n <= 3:  # the shortest word has three characters with its marks
            raise ConfigError(
                "must be 1, 2 or 3, so that every word has a piece; got {value}.",
                key="min_n",
                value=self.min_n,
            )
        if self.max_n < self.min_n:
            raise ConfigError(
                "must be at least min_n={low}; got {value}.",
                key="max_n",
                low=self.min_n,
                value=self.max_n,
            )


class Word2Vec(nn.Module):
    """Vectors of words and pieces (`words`), and of words where they are guessed (`contexts`).

    With the hierarchical softmax, `contexts` are the inner nodes of the tree, and its last row is
    without use.
    """

    def __init__(self, config: Word2VecConfig) -> None:
        super().__init__()
        self.config = config
        n_words = config.vocab_size or 0
        n_rows = n_words + (config.n_buckets if config.subwords != "none" else 0)
        self.words = nn.Parameter((torch.rand(n_rows, config.dim) - 0.5) / config.dim)
        self.contexts = nn.Parameter(torch.zeros(n_words, config.dim))
        self.part_rows: Tensor | None  # rows that each word is the mean of, word after word,
        self.part_ends: Tensor | None  # and where those of each word end
        self.register_buffer("part_rows", None, persistent=False)
        self.register_buffer("part_ends", None, persistent=False)

    def spell(self, words: Sequence[str]) -> None:
        """Say how the words of the vocabulary are spelled; a model with subwords must know."""
        if self.config.subwords != "none":
            self.part_rows, self.part_ends = self._parts_of(words, known=True)

    def inputs(self, places: Places) -> Tensor:
        """Vectors of words that are seen: (places, dim)."""
        return spread(self._seen(places.rows), places)

    def outputs(self, places: Places) -> Tensor:
        """Vectors of words that are guessed, or of inner nodes: (places, dim)."""
        return spread(take_rows(self.contexts, places.rows), places)

    @torch.inference_mode()
    def vectors(self) -> Tensor:
        """The vector of each word of the vocabulary: (words, dim)."""
        n_words = len(self.contexts)
        if self.part_ends is None:
            return self.words[:n_words].detach()
        numbers = torch.arange(n_words, device=self.words.device)
        return torch.cat([self._seen(part) for part in numbers.split(AT_ONCE)])

    @torch.inference_mode()
    def spelled(self, words: Sequence[str]) -> Tensor | None:
        """Vectors of words never seen, from their pieces: (words, dim); None without subwords."""
        if self.config.subwords == "none":
            return None
        rows, ends = self._parts_of(words, known=False)
        where = torch.arange(len(rows), device=rows.device)
        return self._mean(self.words.index_select(0, rows), where, ends)

    # ------------------------------------------------------------ pieces

    def _seen(self, words: Tensor) -> Tensor:
        if self.part_rows is None or self.part_ends is None:
            return take_rows(self.words, words)
        rows, ends = _runs(words, self.part_rows, self.part_ends)
        rows, where = torch.unique(rows, return_inverse=True)
        return self._mean(take_rows(self.words, rows), where, ends)

    def _mean(self, vectors: Tensor, where: Tensor, ends: Tensor) -> Tensor:
        starts = F.pad(ends[:-1], (1, 0))
        return F.embedding_bag(where, vectors, starts, mode="mean")

    def _parts_of(self, words: Sequence[str], known: bool) -> tuple[Tensor, Tensor]:
        """Rows of `self.words` of which each word is the mean: its own, where it is known, and
        those of its pieces.
        """
        settings = self.config
        found = pieces(words, settings.subwords, settings.min_n, settings.max_n, settings.n_buckets)
        buckets, ends = (torch.from_numpy(part).to(self.words.device) for part in found)
        buckets = buckets + len(self.contexts)
        if not known:
            return buckets, ends
        starts, numbers = F.pad(ends[:-1], (1, 0)), torch.arange(len(words), device=ends.device)
        rows = buckets.new_empty(len(buckets) + len(words))
        own = starts + numbers  # where each word's own row goes, before its pieces
        taken = torch.zeros(len(rows), dtype=torch.bool, device=rows.device)
        taken[own] = True
        rows[own], rows[~taken] = numbers, buckets
        return rows, ends + numbers + 1


def _runs(words: Tensor, rows: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
    """The rows of some words, one word after another, and where each word's end."""
    starts = F.pad(ends[:-1], (1, 0))[words]
    lengths = ends[words] - starts
    chosen = lengths.cumsum(0)
    offset = torch.repeat_interleave(starts - F.pad(chosen[:-1], (1, 0)), lengths)
    return rows[torch.arange(len(offset), device=rows.device) + offset], chosen
