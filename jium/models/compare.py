"""Two texts, each read by itself, set beside each other token by token.

Read together by one encoder, two texts are compared by its attention, which only much pre-training
teaches. Here the comparison is built in, as in decomposable attention (Parikh et al., 2016,
https://arxiv.org/abs/1606.01933) and ESIM (Chen et al., 2017, https://arxiv.org/abs/1609.06038):
each token is set beside what answers it best in the other text. In a packed row this costs nothing:
the tokens stay where they are, and the layout says that there are twice as many texts.
"""

from typing import Any

import torch
from torch import Tensor, nn

from jium.errors import DataError
from jium.models.bert import mean_of, summed
from jium.models.heads import HeadConfig, small
from jium.nn.dropout import Dropout
from jium.nn.layout import Layout

REACH = (1, 2, 4)  # tokens between those that a convolution sees, layer by layer
WINDOW = 5


class CompareHead(nn.Module):
    """A score for each class, or a number, from two texts: (batch, n_outputs)."""

    def __init__(self, config: Any, settings: HeadConfig) -> None:
        super().__init__()
        dim = config.dim
        self.project = _same(dim)
        self.compare = nn.Linear(4 * dim, dim)
        self.dropout = Dropout(settings.dropout)
        self.hidden = nn.Linear(8 * dim, dim)
        self.output = small(nn.Linear(dim, settings.n_outputs))

    def read(self, encoder: Any, tokens: Tensor, layout: Layout, segments: Tensor | None) -> Tensor:
        """tokens: (tokens,), of which `segments` says which text they are of."""
        both = apart(layout, segments)
        hidden = encoder(tokens, both)
        found = aligned(hidden, self.project(hidden), both)
        said = torch.relu(self.compare(self.dropout(beside(hidden, found))))
        judged = torch.cat((mean_of(said, both), both.pad(said).amax(1)), dim=-1)
        first, second = judged[0::2], judged[1::2]
        parts = (first, second, (first - second).abs(), first * second)
        joined = self.dropout(torch.cat(parts, dim=-1))
        return self.output(self.dropout(torch.relu(self.hidden(joined))))


class CompareSpanHead(nn.Module):
    """How well each token begins an answer, and ends one: (tokens, 2).

    A passage is set beside its question, with whether the very token stands in the question (Chen
    et al., 2017, https://arxiv.org/abs/1704.00051, section 3.2); convolutions carry what was found
    to the tokens around, where the answer is.
    """

    def __init__(self, config: Any, settings: HeadConfig) -> None:
        super().__init__()
        width = (settings.settings or {}).get("width", config.dim)
        self.project = _same(config.dim)
        self.compare = nn.Linear(4 * config.dim + 1, width)
        self.norm = nn.LayerNorm(width)
        self.dropout = Dropout(settings.dropout)
        self.around = nn.ModuleList(
            nn.Conv1d(width, width, WINDOW, padding=reach * (WINDOW // 2), dilation=reach)
            for reach in REACH
        )
        self.ask = nn.Linear(width, width)
        self.output = small(nn.Linear(2 * width, settings.n_outputs))

    def read(self, encoder: Any, tokens: Tensor, layout: Layout, segments: Tensor | None) -> Tensor:
        """tokens: (tokens,), of questions and passages, which `segments` tells apart."""
        both = apart(layout, segments)
        hidden = encoder(tokens, both)
        found = aligned(hidden, self.project(hidden), both)
        x = torch.cat((beside(hidden, found), shared(tokens, both)[:, None]), dim=-1)
        x = self.norm(torch.relu(self.compare(self.dropout(x))))
        for convolution in self.around:
            x = x + self.dropout(torch.relu(both.unpad(convolution(both.pad(x).mT).mT)))
        questions = self.ask(mean_of(x, both)[0::2])  # (batch, width)
        lengths = torch.tensor(layout.lengths, device=x.device)
        return self.output(torch.cat((x, x * questions.repeat_interleave(lengths, 0)), dim=-1))


def apart(layout: Layout, segments: Tensor | None) -> Layout:
    """The layout in which the two texts of each row are texts of their own. Raises DataError for a
    row that holds one.
    """
    seconds = [0] if segments is None else summed(segments, layout).tolist()
    if not all(seconds):
        raise DataError("this model compares two texts; it was given one. Give pairs.")
    pairs = zip(layout.lengths, seconds, strict=True)
    lengths = [part for whole, second in pairs for part in (whole - second, second)]
    return Layout(lengths, layout.device)


def aligned(hidden: Tensor, keys: Tensor, both: Layout) -> Tensor:
    """For each token the mean of the other text, weighed by nearness of keys: (tokens, dim)."""
    padded = both.pad(keys)  # (2 * batch, time, dim)
    scores = padded @ other(padded).mT / padded.size(-1) ** 0.5
    unseen = ~other(both.mask)[:, None, :]
    return both.unpad(scores.masked_fill(unseen, -torch.inf).softmax(-1) @ other(both.pad(hidden)))


def beside(hidden: Tensor, found: Tensor) -> Tensor:
    """Each token, what was found for it, their difference and product: (tokens, 4 * dim)."""
    return torch.cat((hidden, found, hidden - found, hidden * found), dim=-1)


def shared(tokens: Tensor, both: Layout) -> Tensor:
    """1.0 where the same token stands in the other text: (tokens,)."""
    ids = both.pad(tokens)
    same = (ids[:, :, None] == other(ids)[:, None, :]) & other(both.mask)[:, None, :]
    return both.unpad(same.any(-1)).float()


def other(x: Tensor) -> Tensor:
    """First and second texts exchanged: (2 * batch, ...)."""
    return x.unflatten(0, (-1, 2)).flip(1).flatten(0, 1)


def _same(dim: int) -> nn.Linear:
    """A layer that changes nothing yet: like goes with like from the start."""
    layer = nn.Linear(dim, dim, bias=False)
    nn.init.eye_(layer.weight)
    return layer
