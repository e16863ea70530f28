"""Tiny random models, ids and sentences to measure contracts on."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from jium.data.batches import PairBatch, PairFormat
from jium.models.gpt import Gpt, GptConfig
from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig
from jium.tasks.chat import Chatter
from jium.tasks.generate import Writer
from jium.tasks.translate import Translator
from jium.text.chat_template import END, MARKS, ChatTemplate
from jium.text.tokenizer import Tokenizer, TokenizerConfig

POSITIONS = ("sinusoidal", "learned", "rotary", "alibi", "none")
FORMAT = PairFormat(start_id=2, eos_id=3)
RowPair = tuple[NDArray, NDArray, int, bool]  # as PairFormat.batch takes them

_WHO = {"나는": "I", "우리는": "we", "민수는": "Minsu", "아이가": "the child"}
_WHEN = {"오늘": "today", "내일": "tomorrow", "지금": "now", "아침에": "in the morning"}
_WHAT = {"물을": "water", "밥을": "rice", "책을": "a book", "사과를": "an apple"}
_DOES = {"본다": "sees", "산다": "buys", "찾는다": "looks for"}


def model(positions: Any = "sinusoidal", vocab_size: int = 97, **more: Any) -> Seq2Seq:
    """A random encoder-decoder without dropout, in evaluation mode.

    Its embeddings are as large as a trained model's: smaller ones would hide mistakes.
    """
    sizes = dict(dim=32, n_heads=4, ffn_dim=64, n_encoder_layers=2, n_decoder_layers=2)
    settings: dict[str, Any] = sizes | dict(max_len=64, dropout=0.0) | more
    torch.manual_seed(0)
    made = Seq2Seq(Seq2SeqConfig(positions=positions, vocab_size=vocab_size, **settings))
    for embedding in {made.source_embedding, made.target_embedding}:
        nn.init.normal_(embedding.weight, std=0.3)
    return made.eval()


def pairs(lengths: Sequence[tuple[int, int]], vocab_size: int = 97, seed: int = 0) -> list[RowPair]:
    """Pairs of random ids with so many tokens on either side."""
    rng = np.random.default_rng(seed)
    return [(*(rng.integers(4, vocab_size, n) for n in both), -1, False) for both in lengths]  # type: ignore[misc]


def hidden(of: Seq2Seq, batch: PairBatch) -> list[Tensor]:
    """What the decoder knows at each token of each target, (time, dim) a text."""
    packed = of(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
    return list(packed.split(batch.target_layout.lengths))


def distance(one: Tensor, other: Tensor) -> float:
    """The largest difference, as a share of the largest value where that is above 1.

    Infinite for what is not a number: `max` over several would lose it.
    """
    if one.shape != other.shape or not one.numel():
        return math.inf
    gap = float((one - other).abs().max() / other.abs().max().clamp(min=1))
    return math.inf if math.isnan(gap) else gap


@cache
def sentences() -> list[tuple[str, str]]:
    """Korean sentences and their English, 192 of them."""
    return [
        (f"{who} {when} {what} {does}.", f"{_WHEN[when]} {_WHO[who]} {_DOES[does]} {_WHAT[what]}.")
        for who in _WHO
        for when in _WHEN
        for what in _WHAT
        for does in _DOES
    ]


@cache
def tokenizer(kind: Any = "bpe") -> Tokenizer:
    """A tokenizer learned from `sentences`, a little larger than it must be."""
    least = TokenizerConfig(kind=kind).smallest
    settings = TokenizerConfig(kind=kind, vocab_size=least + 80)
    return Tokenizer.train(settings, (text for pair in sentences() for text in pair))


def gpt(positions: Any = "rotary", vocab_size: int = 97, **more: Any) -> Gpt:
    """A random decoder without dropout, in evaluation mode."""
    sizes = dict(dim=32, n_heads=4, n_kv_heads=2, ffn_dim=64, n_layers=2, max_len=128)
    torch.manual_seed(0)
    made = Gpt(GptConfig(positions=positions, vocab_size=vocab_size, **(sizes | more)))
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.3)
    return made.eval()


def chatter() -> Chatter:
    """An untrained model that chats: what it says is noise."""
    least = TokenizerConfig(special_tokens=list(MARKS)).smallest
    settings = TokenizerConfig(vocab_size=least + 80, special_tokens=list(MARKS))
    learned = Tokenizer.train(settings, (text for pair in sentences() for text in pair))
    template = ChatTemplate(learned)
    learned.chat_template = template.source
    ends = (learned.token_id(END) or 0, learned.eos_id)
    model = gpt(vocab_size=learned.vocab_size)
    return Chatter(Writer(model, learned, (learned.start_id,), ends), template)


def translator() -> Translator:
    """An untrained translator: what it writes is noise, often half a character."""
    learned = tokenizer()
    ends = PairFormat(learned.start_id, learned.eos_id)
    return Translator(model(vocab_size=learned.vocab_size), learned, ends, ("ko", "en"))
