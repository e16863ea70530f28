"""Batches of running words with the words around them: what word2vec learns from.

A batch is a stretch of the corpus. Frequent words are dropped from it at random, and what stays is
cut into blocks of neighbouring words. The words of a block share their negatives, and the words
that stand around any of them are its columns, so that all scores of a block are one small matrix
product (Ji et al., 2016, https://arxiv.org/abs/1604.04661) rather than many products of vectors.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.config import config
from jium.data.epochs import START, Batch, Epochs, Position
from jium.data.huffman import block_paths, huffman
from jium.nn.rows import Places
from jium.ranges import at_least

TABLE = 2**21  # places in the table that negatives are drawn from
Output = Literal["negative_sampling", "hierarchical_softmax"]


@config
class Windows:
    """Which words are seen together, and against which they are told apart."""

    averages: ClassVar[bool] = False  # whether the words around are the input, not the output

    window: int = 5  # words to each side at most
    dynamic: bool = True  # for each word 1 to `window` at random: near words count more
    sample: float = 1e-3  # words of a larger share than about this are dropped at random; 0: none
    output: Output = "negative_sampling"  # or the other, which has no negatives
    negatives: int = 5  # for each word seen together, so many drawn at random
    power: float = 0.75  # of a word's frequency, gives how often it is drawn
    block: int = 32  # neighbouring words that share negatives,
    shared: int = 32  # so many; their weight makes `negatives` of them

    def __post_init__(self) -> None:
        at_least(
            1, window=self.window, negatives=self.negatives, block=self.block, shared=self.shared
        )
        at_least(0, sample=self.sample, power=self.power)


@dataclass(frozen=True)
class WindowBatch(Batch):
    """Blocks of words.

    inputs: words that are seen, (blocks, block) or, where the objective averages, (blocks,
    columns), with block + 2 * window columns; outputs: words that are guessed, the other of the
    two, and after them in each block the negatives. For the hierarchical softmax: the inner nodes
    on the ways to them, (blocks, nodes).
    low, high: (blocks, block, 1), int16, the first and last column around a word; high < low where
    it has none. n_around: (blocks, block, 1), how many that are. n_pairs: their sum.
    n_tokens: words of the stretch, with those dropped. turns: for the hierarchical softmax,
    (blocks, words that are guessed, nodes), int8 (jium.data.huffman: block_paths).
    """

    inputs: Places
    outputs: Places
    low: Tensor
    high: Tensor
    n_around: Tensor
    n_pairs: int
    n_tokens: int
    window: int
    after: Position = START
    turns: Tensor | None = None

    def around(self) -> Tensor:
        """Which columns are seen together with a word: (blocks, block, columns)."""
        block = self.low.shape[1]
        column = torch.arange(block + 2 * self.window, dtype=torch.int16, device=self.low.device)
        itself = column[self.window : self.window + block, None]
        return (column >= self.low) & (column <= self.high) & (column != itself)


class WindowBatches(Epochs[int, WindowBatch]):
    """Batches without end, each epoch in an order of its own; or one epoch in order with `once`.

    ids: a corpus (jium.data.corpora). counts: of its words. batch_tokens: words in a stretch.
    Everything is a function of (seed, epoch, batch), so that a position is two numbers.
    """

    def __init__(
        self,
        ids: NDArray[np.int32],
        counts: Sequence[int],
        windows: Windows,
        batch_tokens: int,
        seed: int = 0,
    ) -> None:
        self.ids = ids
        self.windows = windows
        self.size = batch_tokens
        self.seed = seed
        self._kept = kept_shares(np.asarray(counts), windows.sample)
        self._paths = huffman(counts) if windows.output == "hierarchical_softmax" else None
        self._table = negative_table(np.asarray(counts), windows.power)

    @property
    def n_batches(self) -> int:
        """Stretches in an epoch."""
        return -(-len(self.ids) // self.size)

    def once(self) -> Iterator[WindowBatch]:
        """Every stretch once, in order, the same at every call, for measuring."""
        for number in range(self.n_batches):
            if (batch := self._batch(number, 0, START)) is not None:
                yield batch

    def _plan(self, epoch: int, pool: int) -> list[int]:
        return np.random.default_rng((self.seed, epoch)).permutation(self.n_batches).tolist()

    def _make(self, item: int, place: Position, after: Position) -> WindowBatch | None:
        return self._batch(item, place.epoch, after)

    def _batch(self, number: int, epoch: int, after: Position) -> WindowBatch | None:
        """One stretch; None where no two words of it stand together."""
        rng = np.random.default_rng((self.seed, epoch, number))
        stretch = self.ids[number * self.size : (number + 1) * self.size]
        kept = stretch[rng.random(len(stretch), np.float32) < self._kept[stretch]]
        words = kept >= 0
        text = np.cumsum(~words)[words]
        low, high = self._reach(text, rng)
        n_pairs = int((high - low).sum())
        if n_pairs == 0:
            return None
        n_words = int((stretch >= 0).sum())
        return self._blocks(kept[words], low, high, n_pairs, n_words, after, rng)

    def _reach(self, text: NDArray, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        """The first and last place around each word, within its text and its window."""
        place, window = np.arange(len(text)), self.windows.window
        wide = rng.integers(1, window + 1, len(text)) if self.windows.dynamic else window
        low = np.maximum(place - wide, np.searchsorted(text, text, "left"))
        high = np.minimum(place + wide, np.searchsorted(text, text, "right") - 1)
        return low, high

    def _blocks(
        self,
        words: NDArray,
        low: NDArray,
        high: NDArray,
        n_pairs: int,
        n_words: int,
        after: Position,
        rng: np.random.Generator,
    ) -> WindowBatch:
        block, window = self.windows.block, self.windows.window
        n_blocks = -(-len(words) // block)
        first = np.repeat(np.arange(n_blocks) * block - window, block)  # the first column's place
        shape = (n_blocks, block, 1)
        low, high = (_padded(x, len(first), value) for x, value in ((low, 0), (high, -1)))
        n_around = np.maximum(high - low, 0).reshape(shape)
        low, high = (low - first).reshape(shape), (high - first).reshape(shape)
        high[n_around == 0] = -1
        line = np.pad(words, (window, len(first) - len(words) + window))
        columns = np.lib.stride_tricks.sliding_window_view(line, block + 2 * window)[::block]
        centres = line[window : window + len(first)].reshape(n_blocks, block)
        inputs, outputs = (columns, centres) if self.windows.averages else (centres, columns)
        guessed, turns = self._guessed(outputs, rng)
        return WindowBatch(
            Places.of(inputs.ravel()),
            guessed,
            torch.from_numpy(low.astype(np.int16)),
            torch.from_numpy(high.astype(np.int16)),
            torch.from_numpy(n_around.astype(np.float32)),
            n_pairs,
            n_words,
            window,
            after,
            turns,
        )

    def _guessed(self, words: NDArray, rng: np.random.Generator) -> tuple[Places, Tensor | None]:
        """What scores are taken with to guess words, (blocks, m): `outputs` and `turns`."""
        if self._paths is not None:
            nodes, turns = block_paths(self._paths, words)
            return Places.of(nodes.ravel()), torch.from_numpy(turns)
        drawn = self._table[rng.integers(0, len(self._table), (len(words), self.windows.shared))]
        return Places.of(np.hstack([words, drawn]).ravel()), None


def _padded(values: NDArray, size: int, value: int) -> NDArray:
    return np.pad(values, (0, size - len(values)), constant_values=value)


def kept_shares(counts: NDArray, sample: float) -> NDArray[np.float32]:
    """The share of each word's places that is kept, and 1 at the end for the ends of texts.

    sqrt(sample / share) + sample / share, as the word2vec program has it; its paper (Mikolov et
    al., 2013, equation 5) gives the first term alone.
    """
    share = counts / counts.sum()
    kept = np.sqrt(sample / share) + sample / share if sample else np.ones(len(share))
    return np.append(kept, 2.0).astype(np.float32)


def negative_table(counts: NDArray, power: float) -> NDArray[np.int32]:
    """Words, each at a number of places in proportion to its count to `power`."""
    ends = np.cumsum(counts.astype(np.float64) ** power)
    places = (np.arange(TABLE) + 0.5) / TABLE * ends[-1]
    return np.searchsorted(ends, places).astype(np.int32)
