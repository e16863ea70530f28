"""Heads: what turns the hidden states of an encoder into the answer to a task.

One encoder serves every task (section 3.2 of Devlin et al., 2019): a text or a pair is judged by
its first token, a token by its own state, an answer span by a score for each token to begin or to
end it, a masked token by the likeliest entry of the vocabulary.
"""

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config, find_kind
from jium.nn.cross_entropy import linear_cross_entropy
from jium.nn.dropout import Dropout
from jium.nn.feed_forward import PLAIN
from jium.nn.layout import Layout
from jium.ranges import at_least, share_below_one


@config
class HeadConfig:
    """Which head stands on an encoder, and how wide it is."""

    kind: str = "label"
    n_outputs: int = 2  # classes, tags; of a span two, begin and end
    dropout: float = 0.1
    settings: dict[str, Any] | None = None  # what only this kind of head knows

    def __post_init__(self) -> None:
        at_least(1, n_outputs=self.n_outputs)
        share_below_one(dropout=self.dropout)


class LabelHead(nn.Module):
    """A score for each class, from the pooled text: (batch, n_outputs)."""

    def __init__(self, config: Any, settings: HeadConfig) -> None:
        super().__init__()
        self.dropout = Dropout(settings.dropout)
        self.output = small(nn.Linear(config.dim, settings.n_outputs))

    def forward(self, encoder: Any, hidden: Tensor, layout: Layout) -> Tensor:
        return self.output(self.dropout(encoder.pool(hidden, layout)))


class TokenHead(nn.Module):
    """Scores for each token: of its tags, or of being the first and the last of an answer;
    (tokens, n_outputs).
    """

    def __init__(self, config: Any, settings: HeadConfig) -> None:
        super().__init__()
        self.dropout = Dropout(settings.dropout)
        self.output = small(nn.Linear(config.dim, settings.n_outputs))

    def forward(self, encoder: Any, hidden: Tensor, layout: Layout) -> Tensor:
        return self.output(self.dropout(hidden))


class MaskedHead(nn.Module):
    """The likeliest entries of the vocabulary, through the token embeddings: a layer, GELU, a norm,
    then the embedding matrix and a bias (the code of Devlin et al., 2019).

    As a head of pairs (next sentence, sentence order) it has two more scores, from the pooled text:
    where settings say `pairs`, and as the kind "pretraining". settings may name another
    `activation`.
    """

    def __init__(self, config: Any, settings: HeadConfig) -> None:
        super().__init__()
        width = config.embedding_dim or config.dim
        self.transform = small(nn.Linear(config.dim, width))
        self.norm = nn.LayerNorm(width, eps=config.norm_eps)
        self.bias = nn.Parameter(self.transform.weight.new_zeros(config.vocab_size))
        self.activation = activation_of(settings)
        paired = settings.kind == "pretraining" or (settings.settings or {}).get("pairs")
        self.pair = small(nn.Linear(config.dim, 2)) if paired else None

    def states(self, hidden: Tensor) -> Tensor:
        """Hidden states, (n, dim), as the embedding matrix is to see them, (n, embedding_dim)."""
        return self.norm(self.activation(self.transform(hidden)))

    def forward(self, encoder: Any, hidden: Tensor, layout: Layout) -> Tensor:
        """(tokens, vocab). Training takes `loss`, which never makes this table."""
        return F.linear(self.states(hidden), encoder.embeddings.token.weight, self.bias)

    def loss(self, encoder: Any, hidden: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy of the true tokens, summed; hidden: (n, dim), targets: (n,)."""
        states = F.pad(self.states(hidden), (0, 1), value=1.0)  # a column of ones for the bias
        weight = F.pad(encoder.embeddings.token.weight, (0, 1))
        weight = weight + F.pad(self.bias[:, None], (weight.size(1) - 1, 0))
        return linear_cross_entropy(states, weight, targets)

    def pair_scores(self, encoder: Any, hidden: Tensor, layout: Layout) -> Tensor:
        """(batch, 2): how well two texts follow each other, and how badly."""
        assert self.pair is not None, "the model was made without a head for pairs"
        return self.pair(encoder.pool(hidden, layout))


class ReplacedHead(nn.Module):
    """How likely a token was put in the place of another, a logit each: (tokens,), section 3.2 of
    Clark et al. (2020), https://arxiv.org/abs/2003.10555.
    """

    def __init__(self, config: Any, settings: HeadConfig) -> None:
        super().__init__()
        self.dense = small(nn.Linear(config.dim, config.dim))
        self.activation = activation_of(settings)
        self.output = small(nn.Linear(config.dim, 1))

    def forward(self, encoder: Any, hidden: Tensor, layout: Layout) -> Tensor:
        return self.output(self.activation(self.dense(hidden))).squeeze(-1)


HEADS = {
    "label": "jium.models.heads:LabelHead",
    "compare": "jium.models.compare:CompareHead",
    "compare_span": "jium.models.compare:CompareSpanHead",
    "next_sentence": "jium.models.heads:LabelHead",
    "tags": "jium.models.heads:TokenHead",
    "span": "jium.models.heads:TokenHead",
    "characters": "jium.models.characters:CharacterHead",
    "masked": "jium.models.heads:MaskedHead",
    "pretraining": "jium.models.heads:MaskedHead",
    "replaced": "jium.models.heads:ReplacedHead",
    "bidirectional": "jium.models.elmo:BidirectionalHead",
}


class Headed(nn.Module):
    """An encoder and the head that stands on it."""

    def __init__(self, encoder: nn.Module, settings: HeadConfig) -> None:
        super().__init__()
        self.encoder = encoder
        self.head_config = settings
        self.head = find_kind(HEADS, settings.kind, "head")(encoder.config, settings)

    @property
    def config(self) -> Any:
        """The settings of the encoder."""
        return self.encoder.config

    def forward(self, tokens: Tensor, layout: Layout, segments: Tensor | None = None) -> Tensor:
        """Packed token ids, (tokens,), to what the head gives; segments: (tokens,), or None."""
        if hasattr(self.head, "read"):  # a head that has the encoder read its own way
            return self.head.read(self.encoder, tokens, layout, segments)
        return self.head(self.encoder, self.encoder(tokens, layout, segments), layout)


def activation_of(settings: HeadConfig) -> Callable[[Tensor], Tensor]:
    """What stands behind the first layer of a head: GELU, unless its settings say otherwise."""
    return PLAIN[(settings.settings or {}).get("activation", "gelu")]


def small(layer: nn.Linear) -> nn.Linear:
    """The layer with weights from N(0, 0.02) and no bias yet, as every layer of BERT begins."""
    nn.init.normal_(layer.weight, std=0.02)
    nn.init.zeros_(layer.bias)
    return layer
