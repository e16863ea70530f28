"""Batches of running text for models that guess the next token.

Documents are cut into windows of at most `max_len` tokens; many windows stand in one packed row,
and none sees another, so no document ever attends to its neighbour and nothing is padded. Where a
long document is first cut is drawn anew every epoch; windows and batches are functions of (seed,
epoch, pool), so going on costs one pool.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from jium.data.batches import cut, packed
from jium.data.documents import OpenDocuments
from jium.data.epochs import START, Epochs, Position, pool_rows, pools_of
from jium.data.text_batches import TextBatch
from jium.nn.layout import Layout

POOL = 2**15  # documents


class LanguageBatches(Epochs[NDArray, TextBatch]):
    """Batches without end, over the epochs; `once` goes through all documents for measuring.

    A batch is a TextBatch; its targets, (tokens,), are the tokens that follow. before: tokens that
    stand before every document; end: the one after it, learned like any other.
    """

    def __init__(
        self,
        documents: OpenDocuments,
        before: Sequence[int],
        end: int,
        max_len: int,
        batch_tokens: int,
        seed: int = 0,
    ) -> None:
        self.documents = documents
        self.before = np.array(before, np.int64)
        self.end = end
        self.max_len = max_len
        self.batch_tokens = batch_tokens
        self.seed = seed
        self.n_pools = pools_of(len(documents), POOL)

    def once(self) -> Iterator[TextBatch]:
        """Every token of every document guessed once; the first window of each is whole."""
        for windows in self._by_length(self.windows(np.arange(len(self.documents)))):
            yield self.batch(windows)

    def windows(self, rows: NDArray, rng: np.random.Generator | None = None) -> NDArray[np.int64]:
        """(windows, 3): a document, and from where to where it is read; the token after each is
        guessed. rng: draws where the first window of a long document ends.
        """
        starts, ends = self.documents.spans(rows)
        sizes = ends - starts + len(self.before)  # what is read; the last guess is the end
        found = []
        for row, size in zip(rows.tolist(), sizes.tolist(), strict=True):
            first = self.max_len
            if rng is not None and size > self.max_len:
                first = int(rng.integers(1, self.max_len + 1))
            cuts = [0, *range(first, size, self.max_len), size]
            found += [(row, a, b) for a, b in zip(cuts[:-1], cuts[1:], strict=True) if b > a]
        return np.array(found, np.int64).reshape(-1, 3)

    def batch(self, windows: NDArray, after: Position = START) -> TextBatch:
        """These windows, packed."""
        read = [self._read(*window) for window in windows.tolist()]
        return TextBatch(
            packed([ids[:-1] for ids in read]),
            Layout([len(ids) - 1 for ids in read]),
            targets=packed([ids[1:] for ids in read]),
            after=after,
        )

    def _plan(self, epoch: int, pool: int) -> list[NDArray]:
        rng = np.random.default_rng((self.seed, epoch, pool))
        rows = pool_rows(len(self.documents), epoch, pool, self.n_pools)
        windows = self.windows(rng.permutation(rows), rng)
        windows = windows[rng.permutation(len(windows))]
        batches = self._by_length(windows)
        return [batches[i] for i in rng.permutation(len(batches))]

    def _make(self, item: NDArray, place: Position, after: Position) -> TextBatch:
        return self.batch(item, after)

    def _read(self, row: int, start: int, end: int) -> NDArray:
        """What is read of a document from `start` to `end`, and the token after it."""
        first, last = (int(place[0]) for place in self.documents.spans(np.array([row])))
        shift = first - len(self.before)  # from a place in the document to one in the store
        ids = self.documents.tokens[max(shift + start, first) : min(shift + end + 1, last)]
        ending = [self.end] if shift + end == last else []
        return np.concatenate((self.before[start : end + 1], ids, ending)).astype(np.int64)

    def _by_length(self, windows: NDArray) -> list[NDArray]:
        sizes = windows[:, 2] - windows[:, 1]
        order = np.argsort(sizes, kind="stable")
        return [windows[order[items]] for items in cut(sizes[order], self.batch_tokens)]
