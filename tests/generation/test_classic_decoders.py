"""Decoders of n-gram and recurrent models: written step by step is read at once."""

import numpy as np
import pytest
import torch
from torch import nn

from jium.errors import ConfigError
from jium.generation.decoding import NgramDecoder, RnnDecoder, decoder_for, greedy
from jium.models.kneser_ney import KneserNey, NgramConfig
from jium.models.rnn_lm import RnnLm, RnnLmConfig
from jium.nn.layout import Layout

START, END, VOCAB = 0, 1, 15


def ngram(order: int = 3) -> KneserNey:
    tokens = np.random.default_rng(0).integers(2, VOCAB, 300)
    config = NgramConfig(order=order, vocab_size=VOCAB, start_id=START)
    return KneserNey.fit(config, tokens, np.full(30, 10), END)


def rnn(cell: str) -> RnnLm:
    torch.manual_seed(0)
    return RnnLm(RnnLmConfig(cell=cell, dim=12, vocab_size=VOCAB, start_id=START)).eval()


MODELS = {
    "unigram": lambda: ngram(1),
    "ngram": ngram,
    "lstm": lambda: rnn("lstm"),
    "gru": lambda: rnn("gru"),
}
ROWS = torch.tensor([[START, 4, 5, 6, 7, 8, 3, 9], [START, 9, 9, 2, 4, 12, 3, 4]])


def decoder(model: nn.Module, prompts: torch.Tensor):
    return (NgramDecoder if isinstance(model, KneserNey) else RnnDecoder)(model, prompts)


@pytest.mark.parametrize("kind", MODELS)
def test_written_step_by_step_is_read_at_once(kind):
    model = MODELS[kind]()
    known = model.log_probs(ROWS[:, 1:].flatten(), Layout([7, 7])).view(2, 7)
    writing = decoder(model, ROWS[:, :3])
    last = torch.zeros(2, dtype=torch.int64)
    for place in range(3, 8):
        log_probs = writing.step(last).log_softmax(-1)
        assert log_probs.dtype == torch.float32
        last = ROWS[:, place]
        found = log_probs.gather(1, last[:, None]).squeeze(1)
        assert torch.allclose(found, known[:, place - 1].float(), atol=1e-5)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("when", [0, 2])
def test_rows_may_be_kept_reordered_and_repeated(kind, when):
    model, chosen = MODELS[kind](), torch.tensor([1, 1, 0])
    writing, other = decoder(model, ROWS[:, :3]), decoder(model, ROWS[chosen, :3])
    for place in range(2, 2 + when):
        writing.step(ROWS[:, place]), other.step(ROWS[chosen, place])
    writing.select(chosen)
    following = ROWS[chosen, 2 + when]
    assert torch.allclose(writing.step(following), other.step(following), atol=1e-6)


@pytest.mark.parametrize("kind", MODELS)
def test_any_model_that_writes_has_a_decoder(kind):
    model = MODELS[kind]()
    ids = ROWS[0, :4].tolist()
    one = greedy(decoder_for(model, ids), 1, 0, END, 5)
    assert one == greedy(decoder(model, ROWS[:1, :4]), 1, 0, END, 5)


def test_a_model_that_does_not_write_has_none():
    with pytest.raises(ConfigError, match="Linear does not write texts on"):
        decoder_for(nn.Linear(2, 2), [1])
