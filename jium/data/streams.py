"""Running text in parallel streams, for models that carry a state from batch to batch.

The documents of an epoch stand one after another, START before each, and are cut into as many
streams as fit in a batch. A batch is the next window of every stream, so that a recurrent model
goes on where it stood (truncated backpropagation through time; Williams and Peng, 1990). Everything
is a function of (seed, epoch, batch), so going on costs nothing.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from jium.data.documents import OpenDocuments
from jium.data.epochs import Epochs, Position
from jium.data.text_batches import TextBatch
from jium.errors import ConfigError
from jium.nn.streams import StreamLayout


class StreamBatches(Epochs[tuple[NDArray, NDArray], TextBatch]):
    """Batches without end, over the epochs; their targets are the tokens that follow.

    start_id: what stands before every document; end_id: after it, learned like any other token.
    window: tokens of a stream in a batch. across_documents: the state goes on from one document to
    the next, which then stand as in the file; else every document begins anew, in any order.
    restarts: share of windows at which a stream begins anew although its document goes on. Where
    one does, at the beginning of an epoch too, START is read in the place of the token before.
    """

    def __init__(
        self,
        documents: OpenDocuments,
        start_id: int,
        end_id: int,
        window: int,
        batch_tokens: int,
        seed: int = 0,
        across_documents: bool = False,
        restarts: float = 0.0,
    ) -> None:
        if window > batch_tokens:
            raise ConfigError(
                "must not exceed train.batch_tokens={batch_tokens}; got {value}.",
                key="model.window",
                batch_tokens=batch_tokens,
                value=window,
            )
        self.documents = documents
        self.start_id, self.end_id = start_id, end_id
        self.window = window
        self.seed = seed
        self.across_documents = across_documents
        self.restarts = restarts
        self.firsts, ends = documents.spans(np.arange(len(documents)))
        self.sizes = ends - self.firsts + 1  # START and the tokens are read
        total = int(self.sizes.sum())
        self.n_streams = max(1, min(batch_tokens, total) // window)
        self.length = total // self.n_streams  # of a stream; what is over waits for another order

    @property
    def n_batches(self) -> int:
        """Batches in an epoch."""
        return -(-self.length // self.window)

    def _plan(self, epoch: int, pool: int) -> list[tuple[NDArray, NDArray]]:
        order = self._order(epoch)
        return [(order, np.cumsum(self.sizes[order]))] * self.n_batches

    def _order(self, epoch: int) -> NDArray[np.int64]:
        rows = np.arange(len(self.documents))
        if self.across_documents:
            return rows
        return np.random.default_rng((self.seed, epoch)).permutation(rows)

    def _make(self, item: tuple[NDArray, NDArray], place: Position, after: Position) -> TextBatch:
        order, ends = item
        first = place.batch * self.window
        width = min(self.window, self.length - first)
        places = np.arange(self.n_streams)[:, None] * self.length + np.arange(first, first + width)
        which = np.searchsorted(ends, places.ravel(), side="right")
        rows = order[which]
        offsets = places.ravel() - (ends[which] - self.sizes[rows])  # 0: START
        targets = self._tokens(rows, offsets)
        tokens = np.where(offsets > 0, self._tokens(rows, offsets - 1), self.start_id)
        begin, begins, layout = self._parts(offsets, width, self._goes_on(place))
        tokens[begin[begins < 0]] = self.start_id
        return TextBatch(
            torch.from_numpy(tokens), layout, targets=torch.from_numpy(targets), after=after
        )

    def _goes_on(self, place: Position) -> NDArray[np.bool_]:
        """Whether each stream goes on at a window; in the first of an epoch none does."""
        draw = np.random.default_rng((self.seed, *place))
        return (draw.random(self.n_streams) >= self.restarts) & (place.batch > 0)

    def _tokens(self, rows: NDArray, offsets: NDArray) -> NDArray[np.int64]:
        """The tokens at some places of documents; the end after the last."""
        inside = offsets < self.sizes[rows] - 1
        found = np.full(len(rows), self.end_id, np.int64)
        found[inside] = self.documents.tokens[(self.firsts[rows] + offsets)[inside]]
        return found

    def _parts(
        self, offsets: NDArray, width: int, goes_on: NDArray
    ) -> tuple[NDArray, NDArray, StreamLayout]:
        """Where parts begin, in which stream's state (-1: none), and their layout. They begin with
        the window of a stream, and with a document.
        """
        streams = np.arange(len(offsets)) // width
        anew = (offsets == 0) & (not self.across_documents)
        heads = np.arange(len(offsets)) % width == 0
        begin = np.flatnonzero(heads | anew)
        begins = np.where(heads & ~anew & goes_on[streams], streams, -1)[begin]
        lasts = np.searchsorted(streams[begin], np.arange(self.n_streams), side="right") - 1
        lengths = np.diff([*begin, len(offsets)])
        return begin, begins, StreamLayout(lengths.tolist(), begins.tolist(), lasts.tolist())
