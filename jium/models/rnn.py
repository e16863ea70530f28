"""Recurrent encoders: LSTM (Hochreiter and Schmidhuber, 1997) and GRU (Cho et al., 2014), read in
both directions, pooled by attention.
"""

from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from jium.config import config
from jium.models.bert import summed
from jium.nn.dropout import Dropout
from jium.nn.layout import Layout
from jium.nn.stack import Weights
from jium.ranges import at_least


@config
class RnnConfig:
    """[model] of a recurrent encoder."""

    cell: Literal["lstm", "gru"] = "lstm"
    embedding_dim: int = 128
    hidden_dim: int = 128  # of each direction
    n_layers: int = 1
    dropout: float = 0.3
    vocab_size: int | None = None  # None: the tokenizer's
    max_len: int = 512

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "small": dict(embedding_dim=64, hidden_dim=64),
        "base": dict(embedding_dim=256, hidden_dim=256, n_layers=2),
    }

    def __post_init__(self) -> None:
        at_least(
            1,
            embedding_dim=self.embedding_dim,
            hidden_dim=self.hidden_dim,
            n_layers=self.n_layers,
            max_len=self.max_len,
        )

    @property
    def dim(self) -> int:
        """Of a hidden state: both directions."""
        return 2 * self.hidden_dim


class Rnn(nn.Module):
    """Token embeddings, read forwards and backwards; a text is the sum of its states weighed by
    additive attention (Bahdanau et al., 2015; Zhou et al., 2016).
    """

    def __init__(self, config: RnnConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_dim)
        nn.init.normal_(self.embedding.weight, std=0.1)
        cells = nn.LSTM if config.cell == "lstm" else nn.GRU
        self.cells = cells(
            config.embedding_dim,
            config.hidden_dim,
            config.n_layers,
            batch_first=True,
            bidirectional=True,
            dropout=config.dropout if config.n_layers > 1 else 0.0,
        )
        self.dropout = Dropout(config.dropout)
        self.attention = nn.Sequential(
            nn.Linear(config.dim, config.hidden_dim), nn.Tanh(), nn.Linear(config.hidden_dim, 1)
        )

    def forward(
        self,
        tokens: Tensor,
        layout: Layout,
        segments: Tensor | None = None,
        weights: Weights | None = None,
    ) -> Tensor:
        """Packed ids, (tokens,), to hidden states, (tokens, dim)."""
        x = layout.pad(self.dropout(self.embedding(tokens)))  # (batch, time, embedding_dim)
        lengths = torch.tensor(layout.lengths)
        run = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.cells(run)[0], batch_first=True)
        return self.dropout(layout.unpad(states))

    def pool(self, hidden: Tensor, layout: Layout) -> Tensor:
        """The states of each text, weighed: (batch, dim)."""
        return summed(hidden * self.attention_weights(hidden, layout)[:, None], layout)

    def attention_weights(self, hidden: Tensor, layout: Layout) -> Tensor:
        """How much each token counts in its text: (tokens,), adding up to 1 a text."""
        scores = self.attention(hidden).squeeze(-1).float()
        padded = layout.pad(scores).masked_fill(~layout.mask, -torch.inf)
        return layout.unpad(padded.softmax(1)).to(hidden.dtype)
