"""What a search needs of a model: the next logits of some rows, and a way to keep or reorder rows.

Beam search and sampling see only this, so they serve every model that writes token by token.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from jium.errors import ConfigError
from jium.models.encoder_decoder import EncoderDecoder
from jium.models.gpt import Gpt
from jium.models.kneser_ney import KneserNey
from jium.models.rnn_lm import RnnLm
from jium.nn.layout import Layout


class Decoder(Protocol):
    """Rows of text being written, on a device."""

    device: torch.device

    def step(self, tokens: Tensor) -> Tensor:
        """Take the last token of every row, (rows,); give the logits of the next, (rows, vocab),
        float32.
        """

    def select(self, rows: Tensor, sources: Tensor | None = None) -> None:
        """Keep these rows in this order; `sources`: of the texts they are written from, those that
        stay.
        """


class Seq2SeqDecoder:
    """Targets written from encoded sources: row i belongs to source i // (rows per source)."""

    def __init__(self, model: EncoderDecoder, source: Tensor, layout: Layout, max_len: int) -> None:
        self.model = model
        self.device = source.device
        self.memory = model.encode(source, layout)
        self.layout = layout
        self.cache = model.new_cache(max_len)

    def step(self, tokens: Tensor) -> Tensor:
        layout = Layout([1] * len(tokens), tokens.device)
        hidden = self.model.decode(tokens, layout, self.memory, self.layout, self.cache)
        return self.model.output(hidden).float()

    def select(self, rows: Tensor, sources: Tensor | None = None) -> None:
        self.cache.select(rows)
        if sources is not None:
            self.cache.select_sources(sources)
            # From now on only lengths and mask of the sources are read; keys and values are in the
            # cache.
            mask = self.layout.mask[sources]
            self.layout = _KeptLayout(mask)


class _KeptLayout(Layout):
    """The sources that are left, in the width of the batch they came from."""

    def __init__(self, mask: Tensor) -> None:
        super().__init__(mask.sum(1).tolist(), mask.device)
        self.time = mask.size(1)
        self.full = bool(mask.all())


class GptDecoder:
    """Prompts written on: row i belongs to prompt i // rows.

    A search begins with START, in the place of which the prompts stand here: the first tokens given
    to `step` are not read. ends: tokens that end a text; together they are the first of them, by
    the probability of the likeliest or, for drawing, of all (`joined`).
    """

    def __init__(
        self,
        model: Gpt,
        prompts: Tensor,
        max_len: int,
        rows: int = 1,
        ends: Sequence[int] = (),
        joined: Callable[[Tensor, int], Tensor] = torch.amax,
    ) -> None:
        """prompts: (prompts, time) ids, of one length; max_len: tokens, those of the prompt too."""
        n, time = prompts.shape
        self.model, self.ends, self.joined = model, list(ends), joined
        self.device = prompts.device
        self.cache = model.new_cache(max_len)
        hidden = model(prompts.flatten(), Layout([time] * n, self.device), self.cache)
        self.first: Tensor | None = self._logits(hidden.view(n, time, -1)[:, -1])
        if rows > 1:
            each = torch.arange(n, device=self.device).repeat_interleave(rows)
            self.cache.select(each)
            self.first = self.first[each]

    def step(self, tokens: Tensor) -> Tensor:
        if self.first is not None:
            logits, self.first = self.first, None
            return logits
        layout = Layout([1] * len(tokens), self.device)
        return self._logits(self.model(tokens, layout, self.cache))

    def _logits(self, hidden: Tensor) -> Tensor:
        logits = self.model.output(hidden).float()
        if len(self.ends) > 1:
            end = self.joined(logits[:, self.ends], 1)
            logits[:, self.ends] = -torch.inf
            logits[:, self.ends[0]] = end
        return logits

    def select(self, rows: Tensor, sources: Tensor | None = None) -> None:
        self.cache.select(rows)


class NgramDecoder:
    """Prompts written on by n-grams: what was written is kept as far back as they look.

    The first tokens given to `step` are not read, as with GptDecoder. prompts: (rows, time) ids.
    """

    def __init__(self, model: KneserNey, prompts: Tensor) -> None:
        self.model = model
        self.device = prompts.device
        self.written = prompts
        self.begun = False

    def step(self, tokens: Tensor) -> Tensor:
        if self.begun:
            reach = max(self.model.config.order - 1, 1)
            self.written = torch.cat((self.written, tokens[:, None]), dim=1)[:, -reach:]
        self.begun = True
        return self.model.next_probs(self.written).log().float()

    def select(self, rows: Tensor, sources: Tensor | None = None) -> None:
        self.written = self.written[rows]


class RnnDecoder:
    """Prompts written on by a recurrent model, whose state is all that is kept of them.

    The first tokens given to `step` are not read, as with GptDecoder. prompts: (rows, time) ids.
    """

    @torch.no_grad()
    def __init__(self, model: RnnLm, prompts: Tensor) -> None:
        n, time = prompts.shape
        self.model = model
        self.device = prompts.device
        layout = Layout([time] * n, self.device)
        hidden, self.state = model.read(prompts.flatten(), layout, model.new_state(n))
        self.first: Tensor | None = model.output(hidden.view(n, time, -1)[:, -1]).float()

    @torch.no_grad()
    def step(self, tokens: Tensor) -> Tensor:
        if self.first is not None:
            logits, self.first = self.first, None
            return logits
        layout = Layout([1] * len(tokens), self.device)
        hidden, self.state = self.model.read(tokens, layout, self.state)
        return self.model.output(hidden).float()

    def select(self, rows: Tensor, sources: Tensor | None = None) -> None:
        self.state = self.state[:, :, rows]
        self.first = None if self.first is None else self.first[rows]


def decoder_for(model: nn.Module, ids: Sequence[int]) -> Decoder:
    """A decoder of one row that has read a prompt, for a model that writes on: its first `step`
    does not look at the token given, and gives the logits of what follows the prompt.

    Raises ConfigError for a model that does not write.
    """
    if isinstance(model, Gpt):
        prompt = torch.tensor([list(ids)], device=model.output.weight.device)
        return GptDecoder(model, prompt, model.config.max_len)
    if isinstance(model, RnnLm):
        return RnnDecoder(model, torch.tensor([list(ids)], device=model.output.weight.device))
    if isinstance(model, KneserNey):
        return NgramDecoder(model, torch.tensor([list(ids)], device=model.device))
    raise ConfigError("{model} does not write texts on.", model=type(model).__name__)


@torch.no_grad()
def greedy(
    decoder: Decoder, rows: int, start_id: int, eos_id: int, max_tokens: int
) -> list[list[int]]:
    """The likeliest next token, again and again; ends at EOS, which is left out."""
    last = torch.full((rows,), start_id, device=decoder.device)
    texts: list[list[int]] = [[] for _ in range(rows)]
    open_rows = list(range(rows))
    for _ in range(max_tokens):
        last = decoder.step(last).argmax(-1)
        going = [i for i, token in enumerate(last.tolist()) if token != eos_id]
        if not going:
            break
        if len(going) < len(open_rows):
            open_rows = [open_rows[i] for i in going]
            keep = torch.tensor(going, dtype=torch.long, device=decoder.device)
            decoder.select(keep, keep)
            last = last[keep]
        for row, token in zip(open_rows, last.tolist(), strict=True):
            texts[row].append(token)
    return texts
