"""Where the parts of texts in a batch go on from the batch before."""

from collections.abc import Sequence

import torch

from jium.nn.layout import Layout


class StreamLayout(Layout):
    """A packed row of parts of texts that were cut from streams running side by side.

    begins: of each part the stream in whose state it begins, -1 where it begins anew; lasts: of
    each stream the part it ends in. Parts of a stream stand one after another.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        begins: Sequence[int],
        lasts: Sequence[int],
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__(lengths, device)
        self.begins, self.lasts = list(begins), list(lasts)

    def to(self, device: torch.device | str) -> "StreamLayout":
        if torch.device(device) == self.device:
            return self
        return StreamLayout(self.lengths, self.begins, self.lasts, device)
