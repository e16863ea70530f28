"""The likeliest tags among those that make sense: an I only after a B or an I of its own label.

Viterbi (1967). Under these rules the best way to O or to any B comes from the best tag before it,
and the best way to an I from one of two, so that a step costs as much as there are tags, not their
square.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def best_tags(scores: NDArray, lengths: Sequence[int]) -> list[NDArray[np.int64]]:
    """The tags of each text with the highest sum of scores, I never without its beginning.

    scores: (batch, time, tags), logarithms of probabilities, tags in the order of `bio.tag_names`.
    lengths: units of each text; what stands behind them is not looked at.
    """
    batch, time, n_tags = scores.shape
    sizes = np.array(lengths)
    if not time:
        return [np.empty(0, np.int64) for _ in range(batch)]
    back = np.zeros((batch, time, n_tags), np.int32)  # the tag before, on the best way to each
    best = scores[:, 0].astype(np.float64)
    best[:, 2::2] = -np.inf  # nothing goes on before it began
    inside = np.arange(2, n_tags, 2)
    for place in range(1, time):
        back[:, place] = best.argmax(axis=1)[:, None]
        back[:, place, 2::2] = np.where(best[:, 2::2] > best[:, 1::2], inside, inside - 1)
        way = np.take_along_axis(best, back[:, place], axis=1) + scores[:, place]
        best = np.where((place < sizes)[:, None], way, best)
    return _followed(best.argmax(axis=1), back, sizes)


def _followed(last: NDArray, back: NDArray, lengths: NDArray) -> list[NDArray[np.int64]]:
    """The ways that end in the tags `last`."""
    batch, time, _ = back.shape
    tags = np.zeros((batch, time), np.int64)
    rows, now = np.arange(batch), last
    for place in range(time - 1, -1, -1):
        tags[:, place] = now
        now = np.where(place < lengths, back[rows, place, now], now)
    return [row[:length] for row, length in zip(tags, lengths, strict=True)]
