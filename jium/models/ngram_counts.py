"""Counts of n-grams, and what modified Kneser-Ney smoothing makes of them.

Chen and Goodman (1999), "An empirical study of smoothing techniques for language modeling",
https://doi.org/10.1006/csla.1999.0128; section numbers are those of the technical report TR-10-98.

An n-gram is named by a number: the one without its last token has a number too, and
`number * vocab_size + last token` is its key. Keys of one length are sorted, and its place among
them is the number of an n-gram. So all of them are in 64 bits, whatever the vocabulary.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jium.errors import DataError

Ids = NDArray[np.int64]
USUAL = (0.5, 1.0, 1.5)  # discounts where there are too few n-grams to learn them from


@dataclass
class Counted:
    """The n-grams of one length.

    keys: sorted; counts: how often each stands in the texts; suffixes: the number of each without
    its first token.
    """

    keys: Ids
    counts: Ids
    suffixes: Ids


@dataclass
class Smoothed:
    """P(token | context) = share of the n-gram + backoff of the context * P(token | shorter one).

    keys, share: of the n-grams that are kept; backoff: of each context, by its number.
    """

    keys: Ids
    share: NDArray[np.float64]
    backoff: NDArray[np.float64]


def framed(tokens: NDArray, lengths: Ids, start_id: int, end_id: int) -> tuple[NDArray, NDArray]:
    """Texts one after another, a START before and an end after each; and the place of each token in
    its text, from 0.

    tokens: (tokens,), read from the beginning to the end; lengths: (texts,).
    """
    ends = np.cumsum(lengths + 2)
    ids = np.empty(ends[-1], np.int32)
    own = np.ones(len(ids), bool)
    own[ends - 1] = own[ends - lengths - 2] = False
    ids[own] = tokens
    ids[ends - 1], ids[ends - lengths - 2] = end_id, start_id
    place = np.arange(len(ids), dtype=np.int64)
    place -= np.repeat(ends - lengths - 2, lengths + 2)
    return ids, place.astype(np.int32)


def count(ids: NDArray, place: NDArray, order: int, vocab_size: int) -> list[Counted]:
    """The n-grams of 1 to `order` tokens within each text; START is a context only.

    ids, place: as `framed` gives them. Some 60 bytes a token are used on the way. Raises DataError
    where no text holds an n-gram of that order.
    """
    if place.max() + 1 < order:
        raise DataError(
            "no text is as long as an n-gram of {order} tokens: the longest has {n}, with its "
            "start and its end. Set model.order lower.",
            order=order,
            n=int(place.max()) + 1,
        )
    number = ids.astype(np.int64)  # of the n-gram that ends at each token
    tokens = np.arange(vocab_size)
    found = [Counted(tokens, np.bincount(ids[place > 0], minlength=vocab_size), 0 * tokens)]
    for n in range(2, order + 1):
        last = np.flatnonzero(place >= n - 1)
        keys, which, counts = np.unique(
            number[last - 1] * vocab_size + ids[last], return_inverse=True, return_counts=True
        )
        somewhere = np.empty(len(keys), np.int64)
        somewhere[which] = last
        found.append(Counted(keys, counts, number[somewhere]))
        number[last] = which
    return found


def smooth(found: list[Counted], vocab_size: int, min_count: int = 1) -> Iterator[Smoothed]:
    """Interpolated modified Kneser-Ney, equation 29 and section 4.1.6, a length at a time.

    min_count: n-grams of three tokens or more that are rarer are dropped, once all is counted; what
    they had goes to the shorter ones.
    """
    kept_before = np.ones(1, bool)
    for n, level in enumerate(found, 1):
        counts = _adjusted(found, n)
        discount = np.array([0.0, *discounts(counts)])[np.minimum(counts, 3)]
        contexts, tokens = np.divmod(level.keys, vocab_size)
        totals = np.bincount(contexts, counts, len(kept_before))
        kept = level.counts >= (min_count if n > 2 else 0)
        left = np.bincount(contexts, np.where(kept, discount, counts), len(kept_before))
        backoff = np.divide(left, totals, out=np.ones_like(left), where=totals > 0)
        share = ((counts - discount) / np.maximum(totals[contexts], 1))[kept]
        renumbered = np.cumsum(kept_before) - 1
        keys = renumbered[contexts[kept]] * vocab_size + tokens[kept]
        yield Smoothed(keys, share, backoff[kept_before])
        kept_before = kept


def _adjusted(found: list[Counted], n: int) -> Ids:
    """What stands for the counts of n-grams of n tokens: of the longest how often they occur, of
    the others how many different tokens stand before them. Before START stands none: how often.
    """
    level = found[n - 1]
    if n == len(found):
        return level.counts
    before = np.bincount(found[n].suffixes, minlength=len(level.keys))
    return np.where(before > 0, before, level.counts)


def discounts(counts: Ids) -> tuple[float, float, float]:
    """What is taken from counts of 1, of 2, and of 3 or more: equation 26, from how many n-grams
    have each count; the usual ones where those are too few.
    """
    n1, n2, n3, n4 = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].tolist()
    if not (n1 and n2 and n3):
        return USUAL
    y = n1 / (n1 + 2 * n2)
    found = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    return found if all(0 < d <= c for c, d in enumerate(found, 1)) else USUAL
