"""Batches of running text with spans taken out, drawn from documents on disk.

Documents are cut into windows, of a long one the first anywhere; windows are sorted by length and
cut into batches that fill the token budget. Windows are functions of (seed, epoch, pool), spans of
(seed, epoch, pool, batch): going on costs one pool, and every epoch takes out others.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from jium.data.batches import PairBatch, PairFormat, cut
from jium.data.documents import OpenDocuments
from jium.data.epochs import START, Epochs, Position, pool_rows, pools_of
from jium.data.spans import Corruption
from jium.data.store import MARGIN
from jium.errors import ConfigError

POOL = 2**15  # documents
AROUND = 3  # tokens of a pair beside its text and two sentinels a span: EOS, START, the last one


class SpanBatches(Epochs[NDArray, PairBatch]):
    """Batches without end, over the epochs; `once` goes through all documents for measuring.

    A batch is a PairBatch: corrupted texts, and the spans that are missing. batch_tokens: real
    tokens at most, both sides together. Raises ConfigError where the tokenizer has fewer sentinels
    than a window may have spans, and one.
    """

    def __init__(
        self,
        documents: OpenDocuments,
        corruption: Corruption,
        format: PairFormat,
        max_len: int,
        batch_tokens: int,
        seed: int = 0,
    ) -> None:
        self.documents = documents
        self.corruption = corruption
        self.format = format
        self.room = max_len - MARGIN  # tokens of a window, so that source and target fit
        self.batch_tokens = batch_tokens
        self.seed = seed
        self.n_pools = pools_of(len(documents), POOL)
        self._check()

    def once(self) -> Iterator[PairBatch]:
        """Every document once, with the same spans each time."""
        rng = np.random.default_rng(self.seed)
        windows = self.windows(np.arange(len(self.documents)), rng)
        for items in self._batches(windows, rng):
            yield self.batch(items, rng)

    def windows(self, rows: NDArray, rng: np.random.Generator) -> NDArray[np.int64]:
        """(windows, 2): from where to where in the store; a single token is no window."""
        found = []
        for start, end in zip(*(side.tolist() for side in self.documents.spans(rows)), strict=True):
            first = self.room
            if end - start > self.room:
                first = int(rng.integers(1, self.room + 1))
            cuts = [start, *range(start + first, end, self.room), end]
            found += [(a, b) for a, b in pairwise(cuts) if b - a >= 2]
        return np.array(found, np.int64).reshape(-1, 2)

    def batch(
        self, windows: NDArray, rng: np.random.Generator, after: Position = START
    ) -> PairBatch:
        """These windows, corrupted."""
        texts = [self.documents.tokens[a:b].astype(np.int64) for a, b in windows.tolist()]
        pairs = [(*self.corruption(text, rng), -1, False) for text in texts]
        return self.format.batch(pairs, after)

    def _plan(self, epoch: int, pool: int) -> list[NDArray]:
        rng = np.random.default_rng((self.seed, epoch, pool))
        rows = pool_rows(len(self.documents), epoch, pool, self.n_pools)
        batches = self._batches(self.windows(rng.permutation(rows), rng), rng)
        return [batches[i] for i in rng.permutation(len(batches))]

    def _make(self, item: NDArray, place: Position, after: Position) -> PairBatch:
        return self.batch(item, np.random.default_rng((self.seed, *place)), after)

    def _batches(self, windows: NDArray, rng: np.random.Generator) -> list[NDArray]:
        lengths = (windows[:, 1] - windows[:, 0]).tolist()
        counts = self.corruption.config.counts
        sizes = np.array([n + 2 * counts(n)[1] + AROUND for n in lengths], np.int64)
        order = rng.permutation(len(windows))
        order = order[np.argsort(sizes[order], kind="stable")]
        return [windows[order[items]] for items in cut(sizes[order], self.batch_tokens)]

    def _check(self) -> None:
        if self.room < 2:
            raise ConfigError("leaves no room for a text. Raise it.", key="model.max_len")
        needed = max(self.corruption.config.counts(n)[1] for n in range(2, self.room + 1)) + 1
        if needed > len(self.corruption.sentinels):
            raise ConfigError(
                "a text of {max_len} tokens needs {needed} sentinels; the tokenizer has {n}. Raise "
                "it for a new tokenizer, or objective.mean_span.",
                key="objective.sentinels",
                max_len=self.room,
                needed=needed,
                n=len(self.corruption.sentinels),
            )
