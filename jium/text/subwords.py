"""Pieces of words, so that a word never seen has a vector: Bojanowski et al. (2017).

https://arxiv.org/abs/1607.04606. A word is written between < and >, and all its n-grams of
characters, or of letters (jamo, Park et al., 2018), are numbered by a hash into so many buckets.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jium.text.hangul import to_jamo
from jium.text.ngrams import characters, ngram_keys

Unit = Literal["none", "char", "jamo"]


class Pieces(NamedTuple):
    """The pieces of some words, one word after another.

    buckets: (pieces,) their numbers. ends: (words,) where the pieces of each word end.
    """

    buckets: NDArray[np.int64]
    ends: NDArray[np.int64]


def pieces(words: Sequence[str], unit: Unit, min_n: int, max_n: int, n_buckets: int) -> Pieces:
    """The n-grams of each word, as bucket numbers; the same on every machine.

    A word shorter than `min_n` with its two marks has none.
    """
    spelled = to_jamo if unit == "jamo" else str
    units = characters([f"<{spelled(word)}>" for word in words])
    keys, owners = [], []
    for n in range(min_n, max_n + 1):
        found, starts = ngram_keys(units, n)
        keys.append(found)
        owners.append(units.texts[starts])
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    bucket = (np.concatenate(keys) >> np.uint64(32)) % np.uint64(n_buckets)  # high bits mix best
    ends = np.cumsum(np.bincount(owner, minlength=len(words)))
    return Pieces(bucket[order].astype(np.int64), ends)
