"""Recurrent encoder-decoders with attention: what translated before the Transformer.

Notable: "additive" is the order of Bahdanau et al. (2015), https://arxiv.org/abs/1409.0473: the
state before a step chooses what the step reads of the source. "dot" and "general" are global
attention in the order of Luong et al. (2015), https://arxiv.org/abs/1508.04025: the state after a
step looks back at the source; without input feeding all steps of a target run at once.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from jium.config import config
from jium.errors import ConfigError
from jium.models.encoder_decoder import EncoderDecoder, Seq2SeqWeights
from jium.nn.dropout import Dropout
from jium.nn.layout import Layout
from jium.ranges import at_least, share_below_one

State = tuple[Tensor, ...]  # of LSTM two, of GRU one; each (layers, rows, dim)


@config
class RnnSeq2SeqConfig:
    """[model] of a recurrent translator or summariser. `size` names a row of `sizes`."""

    cell: Literal["lstm", "gru"] = "lstm"
    attention: Literal["additive", "dot", "general"] = "additive"
    input_feeding: bool = False  # dot and general: a step reads where the one before it looked
    embedding_dim: int = 256
    dim: int = 512  # of the decoder's state, and of the encoder's two directions together
    n_encoder_layers: int = 1
    n_decoder_layers: int = 1
    dropout: float = 0.2
    vocab_size: int | None = None  # None: the tokenizer's
    max_len: int = 256
    tie_embeddings: bool = True  # one matrix for source, target and output; else two: the source's

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(embedding_dim=64, dim=64),
        "mini": dict(embedding_dim=128, dim=256),
        "small": dict(embedding_dim=256, dim=512),
        "classic": dict(embedding_dim=620, dim=1000),  # appendix A.2 of Bahdanau et al.
    }

    def __post_init__(self) -> None:
        at_least(
            1,
            embedding_dim=self.embedding_dim,
            dim=self.dim,
            n_encoder_layers=self.n_encoder_layers,
            n_decoder_layers=self.n_decoder_layers,
            max_len=self.max_len,
            vocab_size=self.vocab_size,
        )
        if self.dim % 2:
            raise ConfigError(
                "must be even, half for each direction of the encoder; got {value}.",
                key="dim",
                value=self.dim,
            )
        share_below_one(dropout=self.dropout)
        if self.input_feeding and self.attention == "additive":
            raise ConfigError(
                "is of dot and general attention: with additive every step reads the source anyway."
                " Leave it out.",
                key="input_feeding",
            )


@dataclass
class Source:
    """What a decoder looks at: keys and values, (sources, time, dim), and where a token stands,
    bool (sources, time).
    """

    keys: Tensor
    values: Tensor
    mask: Tensor

    def select(self, sources: Tensor) -> "Source":
        """These sources only."""
        return Source(self.keys[sources], self.values[sources], self.mask[sources])


class SourceAttention(nn.Module):
    """How much each state of a decoder looks at each token of its source."""

    def __init__(self, kind: str, dim: int) -> None:
        super().__init__()
        self.kind = kind
        if kind == "additive":
            self.query = nn.Linear(dim, dim, bias=False)
            self.score = nn.Linear(dim, 1, bias=False)
        if kind != "dot":
            self.key = nn.Linear(dim, dim, bias=kind == "additive")

    def source(self, values: Tensor, mask: Tensor) -> Source:
        """Encoded sources, with all that need not be done again at each step."""
        return Source(values if self.kind == "dot" else self.key(values), values, mask)

    def forward(self, states: Tensor, source: Source) -> tuple[Tensor, Tensor]:
        """states: (sources, queries, dim). Returns contexts, (sources, queries, dim), and weights,
        (sources, queries, time).
        """
        scores = self._scores(states, source.keys).float()
        weights = scores.masked_fill(~source.mask[:, None], -torch.inf).softmax(-1)
        return weights.to(source.values.dtype) @ source.values, weights

    def _scores(self, states: Tensor, keys: Tensor) -> Tensor:
        """v tanh(W s + U h), appendix A.1.2 of Bahdanau et al.; s h or s W h, section 3.1 of Luong
        et al.
        """
        if self.kind != "additive":
            return states @ keys.transpose(1, 2)
        joined = torch.tanh(self.query(states)[:, :, None] + keys[:, None])
        return self.score(joined).squeeze(-1)  # (sources, queries, time)


class RnnCache:
    """The state of each text that is written, and what its source needs not be asked twice."""

    def __init__(self) -> None:
        self.source: Source | None = None
        self.state: State = ()
        self.fed: Tensor | None = None  # (rows, embedding_dim), what the last step gave

    def select(self, rows: Tensor) -> None:
        """Reorder or drop texts, after a search has chosen which live on."""
        self.state = tuple(part[:, rows] for part in self.state)
        self.fed = None if self.fed is None else self.fed[rows]

    def select_sources(self, rows: Tensor) -> None:
        """Keep these sources only (several texts share one)."""
        if self.source is not None:
            self.source = self.source.select(rows)


class RnnSeq2Seq(EncoderDecoder):
    """An encoder that reads the source in both directions, and a decoder that looks at its states
    while it writes. The last layer is tanh(W [state; context]) for all kinds of attention, equation
    5 of Luong et al., in the place of the maxout of Bahdanau et al.
    """

    config: RnnSeq2SeqConfig

    def __init__(self, config: RnnSeq2SeqConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.config = config
        width, dim = config.embedding_dim, config.dim
        self.scale = math.sqrt(width)  # what is read varies by 1; unscaled it learns far slower
        self.source_embedding = nn.Embedding(config.vocab_size, width)
        self.target_embedding = self.source_embedding
        if not config.tie_embeddings:
            self.target_embedding = nn.Embedding(config.vocab_size, width)
        for embedding in (self.source_embedding, self.target_embedding):
            nn.init.normal_(embedding.weight, std=width**-0.5)
        read = dim if config.attention == "additive" else width if config.input_feeding else 0
        self.encoder = _cells(config, width, dim // 2, config.n_encoder_layers, bidirectional=True)
        self.decoder = _cells(config, width + read, dim, config.n_decoder_layers)
        n_states = 2 if config.cell == "lstm" else 1
        self.bridge = nn.Linear(dim, n_states * config.n_decoder_layers * dim)
        self.attention = SourceAttention(config.attention, dim)
        self.combine = nn.Linear(2 * dim, width)
        self.dropout = Dropout(config.dropout)
        self.output = nn.Linear(width, config.vocab_size, bias=False)
        self.output.weight = self.target_embedding.weight

    def encode(
        self, source: Tensor, layout: Layout, weights: Seq2SeqWeights | None = None
    ) -> Tensor:
        """Packed source ids to packed states of both directions, (source_tokens, dim)."""
        x = layout.pad(self.dropout(self.source_embedding(source) * self.scale))
        lengths = torch.tensor(layout.lengths)
        run = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.encoder(run)[0], batch_first=True)
        return self.dropout(layout.unpad(states))

    def decode(
        self,
        target: Tensor,
        layout: Layout,
        memory: Tensor,
        memory_layout: Layout,
        cache: RnnCache | None = None,
        weights: Seq2SeqWeights | None = None,
    ) -> Tensor:
        """Packed target ids, over what `encode` gave, to packed hidden states, (target_tokens,
        embedding_dim). weights: gets one layer with one head.
        """
        assert cache is None or layout.full, "a cache keeps texts of one length"
        kept = cache or self.new_cache()
        if kept.source is None:
            self._begin(kept, memory, memory_layout, layout.batch)
        x = layout.pad(
            self.dropout(self.target_embedding(target) * self.scale)
        )  # (rows, time, embedding_dim)
        parts = x.split(1, dim=1) if self._in_steps else [x]
        steps = [self._step(part, kept) for part in parts]
        if weights is not None:
            looked = torch.cat([weight for _, weight in steps], dim=1)
            weights.decoder.cross.append(looked[:, None])  # (rows, 1, time, source time)
        return layout.unpad(torch.cat([hidden for hidden, _ in steps], dim=1))

    def new_cache(self, max_len: int = 0) -> RnnCache:
        """An empty cache; a state has one size however long the text is."""
        return RnnCache()

    @property
    def _in_steps(self) -> bool:
        """Whether a step must wait for the one before it."""
        return self.config.attention == "additive" or self.config.input_feeding

    def _begin(self, kept: RnnCache, memory: Tensor, layout: Layout, rows: int) -> None:
        """The source, and states made of where each direction of the encoder ended."""
        values = layout.pad(memory)  # (sources, time, dim)
        half = self.config.dim // 2
        last = torch.tensor(layout.lengths, device=values.device) - 1
        forwards = values[torch.arange(len(values), device=values.device), last, :half]
        made = torch.tanh(self.bridge(torch.cat((forwards, values[:, 0, half:]), dim=-1)))
        made = made.repeat_interleave(rows // layout.batch, dim=0)
        made = made.unflatten(1, (-1, self.config.n_decoder_layers, self.config.dim))
        kept.state = tuple(part.transpose(0, 1).contiguous() for part in made.unbind(1))
        kept.source = self.attention.source(values, layout.mask)
        kept.fed = made.new_zeros(rows, self.config.embedding_dim)

    def _step(self, x: Tensor, kept: RnnCache) -> tuple[Tensor, Tensor]:
        """Embedded tokens, (rows, time, embedding_dim), to hidden states of that shape, and
        weights, (rows, time, source time); time is 1 where steps wait for each other.
        """
        assert kept.source is not None and kept.fed is not None
        if self.config.attention == "additive":
            context, weights = self._look(kept.state[0][-1][:, None], kept.source)
            states = self._run(torch.cat((x, context), dim=-1), kept)
        else:
            x = torch.cat((x, kept.fed[:, None]), dim=-1) if self.config.input_feeding else x
            states = self._run(x, kept)
            context, weights = self._look(states, kept.source)
        joined = torch.cat((self.dropout(states), context), dim=-1)
        hidden = self.dropout(torch.tanh(self.combine(joined)))
        kept.fed = hidden[:, -1]
        return hidden, weights

    def _run(self, x: Tensor, kept: RnnCache) -> Tensor:
        """The cells over (rows, time, width), from the states that are kept: (rows, time, dim)."""
        state = kept.state if len(kept.state) > 1 else kept.state[0]
        states, state = self.decoder(x, state)
        kept.state = state if isinstance(state, tuple) else (state,)
        return states

    def _look(self, states: Tensor, source: Source) -> tuple[Tensor, Tensor]:
        """Attention of (rows, time, dim) states, where several rows may share a source."""
        rows, time = states.shape[:2]
        grouped = states.reshape(len(source.mask), -1, states.size(-1))
        context, weights = self.attention(grouped, source)
        return context.reshape(rows, time, -1), weights.reshape(rows, time, -1)


def _cells(
    config: RnnSeq2SeqConfig, width: int, dim: int, n_layers: int, bidirectional: bool = False
) -> nn.Module:
    kind = nn.LSTM if config.cell == "lstm" else nn.GRU
    return kind(
        width,
        dim,
        n_layers,
        batch_first=True,
        bidirectional=bidirectional,
        dropout=config.dropout if n_layers > 1 else 0.0,
    )
