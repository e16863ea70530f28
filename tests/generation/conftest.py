"""A decoder made of tables, small enough to try every text it could write, and a taught model."""

import itertools
import random
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig
from jium.nn.layout import Layout

Text = tuple[int, ...]
ENDS = ((1, 0), (0, 1))  # START before what a decoder reads, EOS after what it writes


class Tables:
    """Logits drawn anew for every source and prefix, so that a row out of place shows.

    sources: the name of each; rows: texts written for each; sharp: how far logits lie apart.
    """

    start_id, eos_id = 0, 1

    def __init__(
        self, sources: list[int], rows: int = 1, vocab: int = 4, sharp: float = 1.0
    ) -> None:
        self.device = torch.device("cpu")
        self.rows, self.vocab, self.sharp = rows, vocab, sharp
        self.open = list(sources)
        self.texts: list[tuple[int, Text]] = [(s, ()) for s in sources for _ in range(rows)]
        self.fewest = len(sources)  # sources that were still open at the end

    def step(self, tokens: Tensor) -> Tensor:
        new = tokens.tolist()
        self.texts = [(s, (*text, t)) for (s, text), t in zip(self.texts, new, strict=True)]
        return torch.stack([self.logits(source, text[1:]) for source, text in self.texts])

    def select(self, rows: Tensor, sources: Tensor | None = None) -> None:
        self.texts = [self.texts[row] for row in rows.tolist()]
        if sources is not None:
            self.open = [self.open[i] for i in sources.tolist()]
            self.fewest = len(self.open)
        assert [s for s, _ in self.texts] == [s for s in self.open for _ in range(self.rows)]

    def logits(self, source: int, prefix: Text) -> Tensor:
        """(vocab,) logits after a prefix, START left out."""
        draw = random.Random(f"{source} {prefix}")
        return torch.tensor([self.sharp * draw.gauss(0, 1) for _ in range(self.vocab)])

    def log_prob(self, source: int, tokens: Text) -> float:
        """Of exactly these tokens, one after another."""
        steps = (
            self.logits(source, tokens[:i]).log_softmax(-1)[token].item()
            for i, token in enumerate(tokens)
        )
        return sum(steps)

    def everything(self, source: int, max_tokens: int) -> dict[Text, float]:
        """Every text of at most `max_tokens` tokens, EOS counted, and its log-probability."""
        words = [token for token in range(self.vocab) if token != self.eos_id]
        found = {}
        for length in range(max_tokens):
            for text in itertools.product(words, repeat=length):
                found[text] = self.log_prob(source, (*text, self.eos_id))
        for text in itertools.product(words, repeat=max_tokens):
            found[text] = self.log_prob(source, text)
        return found


@pytest.fixture(scope="session")
def tables() -> Callable[..., Tables]:
    return Tables


@pytest.fixture(scope="session")
def learned() -> Seq2Seq:
    """A model that has begun to learn to write its source backwards.

    Words are 3 to 11, START is 1, EOS is 2. Untaught models repeat one word without end.
    """
    torch.manual_seed(0)
    config = Seq2SeqConfig(
        dim=16,
        n_heads=2,
        ffn_dim=32,
        n_encoder_layers=1,
        n_decoder_layers=1,
        vocab_size=12,
        max_len=16,
        dropout=0.0,
    )
    model = Seq2Seq(config)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(80):
        length = 2 + step % 4
        layout, longer = Layout([length] * 32), Layout([length + 1] * 32)
        source = torch.randint(3, 12, (32, length))
        before, after = (F.pad(source.flip(1), ends, value=i + 1) for i, ends in enumerate(ENDS))
        logits = model.output(model(source.flatten(), layout, before.flatten(), longer))
        optimiser.zero_grad()
        F.cross_entropy(logits, after.flatten()).backward()
        optimiser.step()
    return model.eval()
