"""ELMo, Peters et al. (2018), https://arxiv.org/abs/1802.05365: a language model that reads
forwards and one that reads backwards, and their layers mixed for a task.

Notable: the two directions meet nowhere, or each would see the word that it has to guess; they
share the token embeddings, which are the output matrix too. Tokens are pieces of the tokenizer, and
not characters as in the paper.
"""

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from jium.config import config
from jium.models.bert import mean_of
from jium.nn.dropout import Dropout
from jium.nn.layout import Layout
from jium.nn.stack import Weights
from jium.ranges import at_least, share_below_one


@config
class ElmoConfig:
    """[model] of a pair of language models whose layers are mixed."""

    hidden_dim: int = 256  # of each direction, and of a token embedding
    n_layers: int = 2
    dropout: float = 0.1
    vocab_size: int | None = None  # None: the tokenizer's
    max_len: int = 512

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(hidden_dim=64),
        "mini": dict(hidden_dim=128),
        "small": dict(hidden_dim=256),
    }

    def __post_init__(self) -> None:
        at_least(1, hidden_dim=self.hidden_dim, n_layers=self.n_layers, max_len=self.max_len)
        share_below_one(dropout=self.dropout)

    @property
    def dim(self) -> int:
        """Of a hidden state: both directions."""
        return 2 * self.hidden_dim


class Directions(nn.Module):
    """One layer: an LSTM that reads forwards and one that reads backwards, each with a way around
    it.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.forwards = nn.LSTM(dim, dim, batch_first=True)
        self.backwards = nn.LSTM(dim, dim, batch_first=True)

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """left: (batch, time, dim); right: the same of texts that are turned around."""
        return self.forwards(left)[0] + left, self.backwards(right)[0] + right


class Mix(nn.Module):
    """Layers weighed by learned scalars, equation 1 of the paper: gamma times the sum of s_j h_j,
    where s is a softmax.
    """

    def __init__(self, n_layers: int) -> None:
        super().__init__()
        self.scalars = nn.Parameter(torch.zeros(n_layers))
        self.gamma = nn.Parameter(torch.ones(()))

    def forward(self, layers: list[Tensor]) -> Tensor:
        shares = self.scalars.softmax(0)
        parts = [share * layer for share, layer in zip(shares, layers, strict=True)]
        return self.gamma * torch.stack(parts).sum(0)


class Elmo(nn.Module):
    """Token embeddings and layers of two directions, mixed. What mixes them is called `pooler`: it
    is of the task, so it learns where the rest is frozen.
    """

    def __init__(self, config: ElmoConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.config = config
        self.scale = math.sqrt(config.hidden_dim)
        self.embedding = nn.Embedding(config.vocab_size, config.hidden_dim)
        nn.init.normal_(self.embedding.weight, std=config.hidden_dim**-0.5)
        self.blocks = nn.ModuleList(Directions(config.hidden_dim) for _ in range(config.n_layers))
        self.dropout = Dropout(config.dropout)
        self.pooler = Mix(config.n_layers + 1)

    def forward(
        self,
        tokens: Tensor,
        layout: Layout,
        segments: Tensor | None = None,
        weights: Weights | None = None,
    ) -> Tensor:
        """Packed ids, (tokens,), to hidden states, (tokens, dim)."""
        layers = [torch.cat(pair, dim=-1) for pair in self.layers(tokens, layout)]
        return self.dropout(self.pooler(layers))

    def layers(self, tokens: Tensor, layout: Layout) -> list[tuple[Tensor, Tensor]]:
        """The embeddings twice, then of each layer what it knows from the left and from the right
        of each token, itself included: (tokens, hidden_dim) each.
        """
        turned = _turned(layout)
        left = layout.pad(self.dropout(self.embedding(tokens) * self.scale))
        right = left.gather(1, turned.expand_as(left))
        states = [(left, right)]
        for block in self.blocks:
            left, right = (self.dropout(side) for side in block(left, right))
            states.append((left, right))
        return [
            (layout.unpad(a), layout.unpad(b.gather(1, turned.expand_as(b)))) for a, b in states
        ]

    def pool(self, hidden: Tensor, layout: Layout) -> Tensor:
        """The mean state of each text: (batch, dim)."""
        return mean_of(hidden, layout)


def _turned(layout: Layout) -> Tensor:
    """Where each place of a padded view goes when its text is turned around, (batch, time, 1);
    padding stays where it is.
    """
    lengths = torch.tensor(layout.lengths, device=layout.device)[:, None]
    places = torch.arange(layout.time, device=layout.device).expand(layout.batch, -1)
    return torch.where(places < lengths, lengths - 1 - places, places)[:, :, None]


class BidirectionalHead(nn.Module):
    """The next token by what stands before it, and the one before by what stands after it, both
    through the token embeddings.
    """

    def __init__(self, config: Any, settings: Any) -> None:
        super().__init__()

    def read(
        self, encoder: Elmo, tokens: Tensor, layout: Layout, segments: Tensor | None = None
    ) -> Tensor:
        """Log-probabilities of each token by its left and its right, added up: (tokens, vocab). At
        an end of a text one side alone speaks.
        """
        left, right = encoder.layers(tokens, layout)[-1]
        weight, inner = encoder.embedding.weight, inner_places(layout)
        found = left.new_zeros(len(tokens), len(weight))
        found[inner + 1] += (left[inner] @ weight.T).log_softmax(-1).to(found.dtype)
        found[inner] += (right[inner + 1] @ weight.T).log_softmax(-1).to(found.dtype)
        return found


def inner_places(layout: Layout) -> Tensor:
    """The places, in a packed row, of all tokens but the last of each text."""
    lasts = torch.tensor(layout.lengths).cumsum(0) - 1
    keep = torch.ones(layout.tokens, dtype=torch.bool)
    keep[lasts] = False
    return keep.nonzero().squeeze(1).to(layout.device)
