"""Recurrent language models: LSTM (Hochreiter and Schmidhuber, 1997; as a language model
Sundermeyer et al., 2012) and GRU (Cho et al., 2014).

Notable: a text may be of any length, for all that is known of it is a state of fixed size. In
training the state of a stream goes on from batch to batch, see `jium.data.streams`. Locked dropout
is that of Gal and Ghahramani (2016), one output matrix for input and output that of Press and Wolf
(2017). The equations of the cells stand in `recurrent_cells.py`; PyTorch's fused ones do the work.
"""

from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.nn.dropout import dropout
from jium.nn.layout import Layout
from jium.nn.recurrent import Runner
from jium.nn.streams import StreamLayout
from jium.ranges import at_least, share, share_below_one

CHUNK = 256  # tokens of a text read at a time, where only its probabilities are wanted
ROWS = 512  # tokens that have their logits at a time


@config
class RnnLmConfig:
    """[model] of a recurrent language model. `size` names a row of `sizes`."""

    cell: Literal["lstm", "gru"] = "lstm"
    dim: int = 256  # of the embeddings
    hidden_dim: int | None = None  # of the state; None: dim
    n_layers: int = 2
    dropout: float = 0.2  # of embeddings, between layers, and of what is known at the end
    locked: bool = False  # one dropout mask for all tokens of a text
    tie_embeddings: bool = True  # one matrix for input and output
    window: int = 64  # tokens of a batch that stand one after another: a gradient goes no farther
    across_documents: bool = (
        False  # in training, a text begins with what is known of the one before
    )
    restarts: float = 0.02  # share of windows that begin as a text does, so that few long texts do
    vocab_size: int | None = None  # None: the tokenizer's
    start_id: int = 0  # the token before every text; training says

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(dim=64, n_layers=1),
        "mini": dict(dim=128),
        "small": dict(dim=256),
        "medium": dict(dim=512),
        "base": dict(dim=768, n_layers=3),
    }

    def __post_init__(self) -> None:
        at_least(
            1,
            dim=self.dim,
            hidden_dim=self.hidden_dim,
            n_layers=self.n_layers,
            window=self.window,
            vocab_size=self.vocab_size,
        )
        share_below_one(dropout=self.dropout)
        share(restarts=self.restarts)
        if self.tie_embeddings and self.width != self.dim:
            raise ConfigError(
                "one matrix for input and output needs hidden_dim={hidden} to be dim={dim}. Set "
                "model.tie_embeddings=false, or leave model.hidden_dim out.",
                key="tie_embeddings",
                hidden=self.width,
                dim=self.dim,
            )

    @property
    def width(self) -> int:
        """Of a state."""
        return self.hidden_dim or self.dim


class RnnLm(nn.Module):
    """Layers of recurrent cells that read a text once, from left to right.

    carried: the states in which the streams of the batch before ended, (parts, layers, streams,
    hidden_dim), parts: hidden and cell of an LSTM, hidden of a GRU. It belongs to the state of a
    training, not to the model.
    """

    carries = ("carried",)  # buffers that the trainer saves beside the weights
    carried: Tensor

    def __init__(self, config: RnnLmConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.dim)
        cells = nn.LSTM if config.cell == "lstm" else nn.GRU
        widths = [config.dim, *[config.width] * config.n_layers]
        self.layers = nn.ModuleList(
            cells(before, after, batch_first=True)
            for before, after in zip(widths[:-1], widths[1:], strict=True)
        )
        self.output = nn.Linear(config.width, config.vocab_size, bias=False)
        self._initialise()
        if config.tie_embeddings:
            self.output.weight = self.embedding.weight
        self.open_streams(0)

    def _initialise(self) -> None:
        """Embeddings from N(0, 0.1); an LSTM forgets little at first (Jozefowicz et al., 2015)."""
        for matrix in (self.embedding.weight, self.output.weight):
            nn.init.normal_(matrix, std=0.1)
        for name, parameter in self.layers.named_parameters():
            if name.endswith(("bias_ih_l0", "bias_hh_l0")):
                nn.init.zeros_(parameter)
                if self.config.cell == "lstm" and name.endswith("bias_ih_l0"):
                    nn.init.ones_(parameter[self.config.width : 2 * self.config.width])

    def open_streams(self, n_streams: int) -> None:
        """Make room for the states of so many streams."""
        self.register_buffer("carried", self.new_state(n_streams), persistent=False)

    def new_state(self, rows: int) -> Tensor:
        """Nothing known yet: (parts, layers, rows, hidden_dim)."""
        parts = 2 if self.config.cell == "lstm" else 1
        shape = parts, self.config.n_layers, rows, self.config.width
        return self.embedding.weight.new_zeros(shape)

    def forward(self, tokens: Tensor, layout: Layout) -> Tensor:
        """Packed token ids, (tokens,), to what is known at each, (tokens, hidden_dim); `output`
        turns it into the logits of the next token.

        Every text begins anew, but for parts of streams: they begin where the batch before ended.
        """
        if not isinstance(layout, StreamLayout):
            return self.read(tokens, layout, self.new_state(layout.batch))[0]
        begins = torch.tensor(layout.begins, device=tokens.device)
        state = self.carried[:, :, begins.clamp(min=0)] * (begins >= 0)[:, None]
        hidden, state = self.read(tokens, layout, state)
        self.carried.copy_(state[:, :, layout.lasts].detach())
        return hidden

    def read(self, tokens: Tensor, layout: Layout, state: Tensor) -> tuple[Tensor, Tensor]:
        """What is known at each token of texts that go on from `state`, and the state after each
        text: (parts, layers, batch, hidden_dim).
        """
        run = Runner(layout)
        texts = layout.index // layout.time  # the text of each token
        x = self._drop(self.embedding(tokens), texts, layout)
        states = []
        for layer, before in zip(self.layers, state.unbind(1), strict=True):
            x, after = run(layer, x, before)
            x = self._drop(x, texts, layout)
            states.append(after)
        return x, torch.stack(states, dim=1)

    def _drop(self, x: Tensor, texts: Tensor, layout: Layout) -> Tensor:
        if not self.training or not self.config.locked:
            return dropout(x, self.config.dropout) if self.training else x
        mask = dropout(x.new_ones(layout.batch, x.size(1)), self.config.dropout)
        return x * mask[texts]

    @torch.no_grad()
    def log_probs(self, tokens: Tensor, layout: Layout) -> Tensor:
        """ln P of each token of packed texts, given those before it and the start: (tokens,),
        float32. The end of a text is one of its tokens. Long texts are read piece by piece.
        """
        device = self.embedding.weight.device
        layout, targets = layout.to(device), tokens.to(device)
        padded = layout.pad(targets)  # (batch, time)
        start = padded.new_full((layout.batch, 1), self.config.start_id)
        read = torch.cat((start, padded[:, :-1]), dim=1)
        lengths = torch.tensor(layout.lengths, device=device)
        found = torch.zeros(padded.shape, device=device)
        state = self.new_state(layout.batch)
        for first in range(0, layout.time, CHUNK):
            going = (lengths > first).nonzero().squeeze(1)
            part = Layout((lengths[going] - first).clamp(max=CHUNK).tolist(), device)
            places = slice(first, first + part.time)
            hidden, state[:, :, going] = self.read(
                part.unpad(read[going, places]), part, state[:, :, going]
            )
            own = self._log_probs(hidden, part.unpad(padded[going, places]))
            found[going, places] = part.pad(own)
        return layout.unpad(found).to(tokens.device)

    def _log_probs(self, hidden: Tensor, targets: Tensor) -> Tensor:
        parts = [
            self.output(some).float().log_softmax(-1).gather(1, true[:, None]).squeeze(1)
            for some, true in zip(hidden.split(ROWS), targets.split(ROWS), strict=True)
        ]
        return torch.cat(parts)
