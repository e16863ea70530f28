"""Batches of sentences to compare: each from one source, the sources drawn by their weights.

Everything is a function of (seed, number of the batch), so going on costs nothing. An epoch of a
source is shuffled, cut into pools of which each is sorted by length, and the batches of a pool are
shuffled: texts of like length make little padding, and are harder to tell apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.data.batches import packed
from jium.data.duplicates import fingerprint
from jium.data.epochs import Batch
from jium.data.similar_data import Similar, Source
from jium.errors import TrainingError
from jium.nn.layout import Layout

POOL = 50  # batches


@dataclass(frozen=True)
class SimilarBatch(Batch):
    """Texts packed in one row: `n` first ones, the `n` second ones, then negatives, if any.

    tokens: (tokens,) ids. scores: (n,), 0 to 1; None where pairs mean the same. meanings: (n,) of
    first and second each, equal for equal texts.
    """

    tokens: Tensor
    layout: Layout
    n: int
    scores: Tensor | None
    first: Tensor
    second: Tensor
    after: int = 0

    @property
    def n_tokens(self) -> int:
        return len(self.tokens)


class Encoded:
    """The examples of a source as ids: [first, second, negative] each; an empty text is none."""

    def __init__(self, examples: Sequence[Similar], encode: Any) -> None:
        self.scores = [example.score for example in examples]
        columns = [[getattr(e, side) for e in examples] for side in ("first", "second", "negative")]
        self.marks = np.array(
            [[fingerprint(text) % 2**63 for text in column] for column in columns[:2]], np.int64
        )
        rows = [encode(column) for column in columns]
        self.ids = list(zip(*rows, strict=True))
        self.sizes = np.array([sum(map(len, texts)) for texts in self.ids])

    def __len__(self) -> int:
        return len(self.ids)

    def batch(self, items: NDArray, after: int = 0) -> SimilarBatch:
        """These examples, packed."""
        chosen = [self.ids[i] for i in items]
        texts = [row[side] for side in range(3) for row in chosen if len(row[side])]
        scores = [self.scores[i] for i in items]
        return SimilarBatch(
            packed(texts),
            Layout([len(text) for text in texts]),
            len(items),
            None if scores[0] is None else torch.tensor(scores, dtype=torch.float32),
            torch.from_numpy(self.marks[0, items]),
            torch.from_numpy(self.marks[1, items]),
            after,
        )


class SimilarBatches:
    """Batches without end, a batch from one source.

    batch_tokens: at most, first, second and negative texts together. steps: how many batches the
    training takes, of which a source with `until` below 1 has its part.
    """

    def __init__(
        self,
        encoded: Sequence[Encoded],
        sources: Sequence[Source],
        batch_tokens: int,
        steps: int,
        seed: int = 0,
        position: int = 0,
    ) -> None:
        self.encoded = encoded
        self.sources = sources
        self.batch_tokens = batch_tokens
        self.steps = steps
        self.seed = seed
        self.position = position

    def go_on(self, position: int) -> None:
        """Begin where `after` of an earlier batch says."""
        self.position = position

    def __iter__(self) -> Iterator[SimilarBatch]:
        streams = [self._stream(i) for i in range(len(self.sources))]
        number = 0
        while True:
            chosen = self._choose(number)
            items = next(streams[chosen])
            number += 1
            if number > self.position:  # those before it are passed by, and never packed
                yield self.encoded[chosen].batch(items, number)

    def _choose(self, number: int) -> int:
        """The source of a batch."""
        done = number / self.steps
        weights = np.array([s.weight * (done < s.until or s.until == 1) for s in self.sources])
        if not weights.any():
            weights = np.array(
                [s.until == max(x.until for x in self.sources) for s in self.sources]
            )
        return int(
            np.random.default_rng((self.seed, number)).choice(
                len(weights), p=weights / weights.sum()
            )
        )

    def _stream(self, source: int) -> Iterator[NDArray]:
        """The batches of a source, epoch after epoch, each an array of example numbers."""
        encoded, epoch = self.encoded[source], 0
        while True:
            rng = np.random.default_rng((self.seed, source + 1, epoch))
            order = rng.permutation(len(encoded))
            for pool in self._pools(encoded, order):
                batches = fill(pool, encoded.sizes, self.batch_tokens)
                yield from (batches[i] for i in rng.permutation(len(batches)))
            epoch += 1

    def _pools(self, encoded: Encoded, order: NDArray) -> Iterator[NDArray]:
        size = max(1, int(POOL * self.batch_tokens / max(encoded.sizes.mean(), 1)))
        for start in range(0, len(order), size):
            pool = order[start : start + size]
            yield pool[np.argsort(encoded.sizes[pool], kind="stable")]


def fill(items: NDArray, sizes: NDArray, budget: int) -> list[NDArray]:
    """Cut a sequence of examples, in order, into runs that fit `budget` tokens; of two at least,
    for one alone has nothing to be compared with.

    Raises TrainingError where two do not fit.
    """
    if len(items) > 1 and (longest := int(np.sort(sizes[items])[-2:].sum())) > budget:
        raise TrainingError(
            "train.batch_tokens={budget} does not hold the two longest examples, {longest} tokens. "
            "Raise it, or lower model.max_len.",
            budget=budget,
            longest=longest,
        )
    batches: list[list[int]] = [[]]
    used = 0
    for item in items.tolist():
        if used and used + sizes[item] > budget:
            batches.append([])
            used = 0
        batches[-1].append(item)
        used += sizes[item]
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches.pop()  # another epoch cuts elsewhere
    return [np.array(batch) for batch in batches]
