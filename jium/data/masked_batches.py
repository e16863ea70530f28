"""Batches of running text with masked tokens, drawn from documents on disk.

An epoch goes through pools of documents. Those of a pool are cut into windows (or pairs of runs of
sentences), sorted by length, cut into batches that fill the token budget, and the batches are
shuffled. Windows and masks are functions of (seed, epoch, pool, batch): going on costs one pool,
and every epoch masks anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.data.batches import cut, packed
from jium.data.documents import OpenDocuments
from jium.data.epochs import START, Batch, Epochs, Position, pool_rows, pools_of
from jium.data.frames import Frame
from jium.data.masking import Masking, Unmasked
from jium.data.next_sentence import Pairing, pair_up, runs
from jium.nn.layout import Layout

POOL = 2**15  # documents
NO_PAIR = -100  # the label of a text that stands alone


@dataclass(frozen=True)
class MaskedBatch(Batch):
    """Texts, or pairs of them, in one row, some tokens masked.

    tokens: (tokens,) as the model sees them. chosen: (n,) places to guess; targets: (n,) what stood
    there. segments: (tokens,); pairs: (batch,) 0 where the second text follows, 1 where it does
    not, NO_PAIR for a text alone; both None where there are no pairs.
    """

    tokens: Tensor
    layout: Layout
    chosen: Tensor
    targets: Tensor
    segments: Tensor | None = None
    pairs: Tensor | None = None
    after: Position = START

    @property
    def n_tokens(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Text:
    """A window of a document, or two parts of documents."""

    ids: NDArray
    segments: NDArray | None = None
    pair: int = NO_PAIR


class MaskedBatches(Epochs[list[Text], MaskedBatch]):
    """Batches without end, over the epochs; `once` goes through all documents for measuring.

    pairing: texts in pairs, for next-sentence or sentence-order prediction; None: texts alone.
    """

    def __init__(
        self,
        documents: OpenDocuments,
        frame: Frame,
        masking: Masking | Unmasked,
        max_len: int,
        batch_tokens: int,
        seed: int = 0,
        pairing: Pairing | None = None,
    ) -> None:
        self.documents = documents
        self.frame = frame
        self.masking = masking
        self.max_len = max_len
        self.batch_tokens = batch_tokens
        self.seed = seed
        self.pairing = pairing
        self.n_pools = pools_of(len(documents), POOL)

    def once(self) -> Iterator[MaskedBatch]:
        """Every document once, with the same masks each time."""
        rng = np.random.default_rng(self.seed)
        for texts in self._cut(np.arange(len(self.documents)), rng):
            yield self._batch(texts, rng, START)

    def _plan(self, epoch: int, pool: int) -> list[list[Text]]:
        rng = np.random.default_rng((self.seed, epoch, pool))
        rows = pool_rows(len(self.documents), epoch, pool, self.n_pools)
        return self._cut(rng.permutation(rows), rng)

    def _make(self, item: list[Text], place: Position, after: Position) -> MaskedBatch:
        return self._batch(item, np.random.default_rng((self.seed, *place)), after)

    def _cut(self, rows: NDArray, rng: np.random.Generator) -> list[list[Text]]:
        """The texts of some documents in batches, in any order."""
        texts = self._pairs(rows, rng) if self.pairing else self._windows(rows, rng)
        sizes = np.array([len(text.ids) for text in texts])
        order = rng.permutation(len(texts))
        order = order[np.argsort(sizes[order], kind="stable")]
        batches = [order[items] for items in cut(sizes[order], self.batch_tokens)]
        return [[texts[i] for i in batches[k]] for k in rng.permutation(len(batches))]

    def _windows(self, rows: NDArray, rng: np.random.Generator) -> list[Text]:
        """Documents cut to what the model takes; of a long one the first cut is anywhere."""
        room = self.max_len - len(self.frame.before) - len(self.frame.after)
        texts = []
        for start, end in zip(*(side.tolist() for side in self.documents.spans(rows)), strict=True):
            first = start + (int(rng.integers(1, room + 1)) if end - start > room else room)
            cuts = [start, *range(first, end, room), end]
            for a, b in pairwise(cuts):
                texts.append(Text(self.frame(self.documents.tokens[a:b], self.max_len)))
        return texts

    def _pairs(self, rows: NDArray, rng: np.random.Generator) -> list[Text]:
        """Runs of sentences in pairs; a document of one run stands alone, without a label."""
        assert self.pairing is not None
        room = (self.max_len - self.frame.extra) // 2
        parts: list[NDArray] = []
        owners: list[int] = []
        for row in rows.tolist():
            sentences = self.documents.sentences(row)
            for a, b in runs([len(s) for s in sentences], room):
                parts.append(np.concatenate(sentences[a:b]))
                owners.append(row)
        found = pair_up(np.array(owners, np.int64), self.pairing, rng)
        texts = []
        for a, b, label in zip(found.first, found.second, found.labels, strict=True):
            ids, segments = self.frame.pair(parts[a], parts[b], self.max_len)
            texts.append(Text(ids, segments, int(label)))
        alone = set(range(len(parts))) - set(found.first.tolist()) - set(found.second.tolist())
        for i in sorted(alone):
            ids = self.frame(parts[i], self.max_len)
            texts.append(Text(ids, np.zeros(len(ids), np.int64)))
        return texts

    def _batch(
        self, texts: Sequence[Text], rng: np.random.Generator, after: Position
    ) -> MaskedBatch:
        row = np.concatenate([text.ids for text in texts])
        seen, chosen = self.masking(row, rng)
        segments = [text.segments for text in texts if text.segments is not None]
        return MaskedBatch(
            torch.from_numpy(seen),
            Layout([len(text.ids) for text in texts]),
            torch.from_numpy(chosen),
            torch.from_numpy(row[chosen]),
            packed(segments) if self.pairing else None,
            torch.tensor([text.pair for text in texts]) if self.pairing else None,
            after,
        )
