"""Exact duplicates, found in flat memory: a set of 64-bit fingerprints."""

import sys
from array import array
from hashlib import blake2b

FULL = 0.8  # share of slots in use at which the table grows
GROWTH = 1.6


def fingerprint(*texts: str) -> int:
    """A number in [1, 2**64) that stands for the texts, the same on every machine."""
    # 0xFF occurs in no UTF-8 text, so ("ab", "c") and ("a", "bc") differ.
    joined = b"\xff".join(text.encode("utf-8", "surrogatepass") for text in texts)
    return int.from_bytes(blake2b(joined, digest_size=8).digest(), "little") or 1


class Seen:
    """A set of fingerprints in 10 to 16 bytes each (26 for the moment in which it grows).

    A Python set of integers takes 60 to 100. Some two different texts among n share a fingerprint
    with a probability of n * n / 2**65: 3e-8 in a million, 3e-4 in a hundred million.
    """

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * 1024))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: int) -> bool:
        return self._slots[self._slot(number)] == number

    def add(self, number: int) -> bool:
        """Put a fingerprint in; True where it was not there before."""
        slot = self._slot(number)
        if self._slots[slot] == number:
            return False
        self._slots[slot] = number
        self._count += 1
        if self._count > FULL * len(self._slots):
            self._grow()
        return True

    @property
    def n_bytes(self) -> int:
        """Memory held."""
        return sys.getsizeof(self._slots)

    def _slot(self, number: int) -> int:
        """Where the number stands, or the empty slot (0) where it would: linear probing."""
        slots, size = self._slots, len(self._slots)
        slot = number % size
        while slots[slot] and slots[slot] != number:
            slot = slot + 1 if slot + 1 < size else 0
        return slot

    def _grow(self) -> None:
        old = self._slots
        self._slots = array("Q", [0]) * int(len(old) * GROWTH)
        for number in old:
            if number:
                self._slots[self._slot(number)] = number
