"""Near copies of a picture among those seen before, as they come one by one."""

from array import array
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from jium.data.image_hash import (
    BANDS,
    FREQUENCY_BITS,
    GRADIENT_BITS,
    frequency_hash,
    gradient_hash,
    is_flat,
)
from jium.data.split import SPLITS, Split


class Neighbours:
    """Where near copies went, so that a later one follows: about 60 bytes a picture.

    Near is as `image_hash.near_pairs` has it. A picture of one colour has no near copies.
    """

    def __init__(self) -> None:
        self.bands = [defaultdict[int, array](lambda: array("L")) for _ in range(BANDS)]
        self.gradients, self.frequencies = array("Q"), array("Q")
        self.splits = array("b")

    def settle(self, image: NDArray[np.uint8], own: Split) -> Split:
        """The split of a near copy that came before; `own` where there is none."""
        if is_flat(image):
            return own
        gradient, frequency = gradient_hash(image), frequency_hash(image)
        found = self._near(gradient, frequency)
        place = SPLITS.index(own) if found is None else self.splits[found]
        for band, table in enumerate(self.bands):
            table[_key(gradient, band)].append(len(self.splits))
        self.gradients.append(gradient)
        self.frequencies.append(frequency)
        self.splits.append(place)
        return SPLITS[place]

    def _near(self, gradient: int, frequency: int) -> int | None:
        for band, table in enumerate(self.bands):
            for other in table.get(_key(gradient, band), ()):
                if (self.gradients[other] ^ gradient).bit_count() > GRADIENT_BITS:
                    continue
                if (self.frequencies[other] ^ frequency).bit_count() <= FREQUENCY_BITS:
                    return other
        return None


def _key(gradient: int, band: int) -> int:
    return gradient >> 16 * band & 0xFFFF
