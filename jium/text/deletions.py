"""Finding strings one edit away without comparing all: the symmetric deletion index.

Two strings one insertion, deletion, substitution or transposition apart become equal when at most
one character is deleted from each (Garbe 2012, https://github.com/wolfgarbe/SymSpell).
"""

from collections.abc import Iterator, Sequence

import numpy as np


class DeletionIndex:
    """The strings given, found again by any string near them.

    Kept as sorted hashes: a tenth of the memory of a dictionary of strings.
    """

    def __init__(self, strings: Sequence[str]):
        self.strings = strings
        self._whole = frozenset(strings)
        lengths = [len(string) + 1 for string in strings]
        hashes = (hash(key) for string in strings for key in _shortened(string))
        unsorted = np.fromiter(hashes, np.int64, sum(lengths))
        order = np.argsort(unsorted, kind="stable")
        self._hashes = unsorted[order]
        self._owners = np.repeat(np.arange(len(strings), dtype=np.int32), lengths)[order]

    def __contains__(self, string: str) -> bool:
        return string in self._whole

    def near(self, string: str) -> list[str]:
        """The strings at most one edit from this one, and a few that are two away."""
        asked = np.fromiter((hash(key) for key in _shortened(string)), np.int64, len(string) + 1)
        starts = np.searchsorted(self._hashes, asked, "left")
        ends = np.searchsorted(self._hashes, asked, "right")
        owners = {
            int(owner)
            for start, end in zip(starts, ends, strict=True)
            if start < end
            for owner in self._owners[start:end]
        }
        return [self.strings[owner] for owner in sorted(owners)]


def _shortened(string: str) -> Iterator[str]:
    """The string, and it without each of its characters."""
    yield string
    for place in range(len(string)):
        yield string[:place] + string[place + 1 :]
