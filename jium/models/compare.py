"""Two texts, each read by itself, compared token by token.

Read together by one encoder, two texts are compared by its attention, which only much pre-training
teaches. Here the comparison is built in, as in decomposable attention (Parikh et al., 2016,
https://arxiv.org/abs/1606.01933) and ESIM (Chen et al., 2017, https://arxiv.org/abs/1609.06038):
each token is set beside what answers it best in the other text.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.errors import DataError
from jium.models.bert import summed
from jium.models.heads import HeadConfig, small
from jium.nn.dropout import Dropout
from jium.nn.layout import Layout


class CompareHead(nn.Module):
    """A score for each class, or a number, from two texts: (batch, n_outputs)."""

    def __init__(self, config: Any, settings: HeadConfig) -> None:
        super().__init__()
        dim = config.dim
        self.project = nn.Linear(dim, dim, bias=False)
        nn.init.eye_(self.project.weight)  # like goes with like from the start
        self.compare = nn.Linear(4 * dim, dim)
        self.dropout = Dropout(settings.dropout)
        self.hidden = nn.Linear(8 * dim, dim)
        self.output = small(nn.Linear(dim, settings.n_outputs))

    def forward(self, encoder: Any, hidden: Tensor, layout: Layout) -> Tensor:
        """hidden: (tokens, dim) of first and second texts in turns, as `layout` has them."""
        mask = layout.mask
        states = layout.pad(hidden).unflatten(0, (-1, 2))  # (batch, 2, time, dim)
        masks = mask.unflatten(0, (-1, 2))
        keys = layout.pad(self.project(hidden)).unflatten(0, (-1, 2))
        first, second = (
            self._read(states[:, one], states[:, other], keys[:, one], keys[:, other], masks, one)
            for one, other in ((0, 1), (1, 0))
        )
        parts = (first, second, (first - second).abs(), first * second)
        joined = self.dropout(torch.cat(parts, dim=-1))
        return self.output(self.dropout(torch.relu(self.hidden(joined))))

    @staticmethod
    def apart(layout: Layout, segments: Tensor | None) -> Layout:
        """The layout in which the two texts of each row are texts of their own. Raises DataError
        for a row that holds one.
        """
        seconds = [0] if segments is None else summed(segments, layout).tolist()
        if not all(seconds):
            raise DataError("this model compares two texts; it was given one. Give pairs.")
        pairs = zip(layout.lengths, seconds, strict=True)
        lengths = [part for whole, second in pairs for part in (whole - second, second)]
        return Layout(lengths, layout.device)

    def _read(
        self, own: Tensor, other: Tensor, key: Tensor, other_key: Tensor, masks: Tensor, one: int
    ) -> Tensor:
        """One text beside the other: (batch, 2 * dim), the mean and the largest of its tokens."""
        mask, hidden_from = masks[:, one], ~masks[:, 1 - one, None, :]
        scores = key @ other_key.mT / key.size(-1) ** 0.5  # (batch, time, time)
        found = scores.masked_fill(hidden_from, -torch.inf).softmax(-1) @ other
        beside = torch.cat((own, found, own - found, own * found), dim=-1)
        said = F.relu(self.compare(self.dropout(beside))) * mask[..., None]
        return torch.cat((said.sum(1) / mask.sum(1, keepdim=True), said.amax(1)), dim=-1)
