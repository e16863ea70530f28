"""Sentence encoders: pooling, by hand."""

import torch

from jium.config import build
from jium.models.bert import summed
from jium.models.sentence import SentenceConfig, SentenceEncoder
from jium.nn.layout import Layout

TOKENS, LAYOUT = torch.tensor([4, 5, 6, 7, 8]), Layout([3, 2])


def encoder(**more: object) -> SentenceEncoder:
    settings = {"dim": 16, "n_heads": 2, "ffn_dim": 32, "n_layers": 1, "max_len": 12}
    torch.manual_seed(0)
    values = settings | {"vocab_size": 30, "normalise": False} | more
    return SentenceEncoder(build(SentenceConfig, values)).eval()


def test_mean_pooling_is_the_mean_of_each_text():
    model = encoder()
    hidden = model.bert(TOKENS, LAYOUT)
    expected = torch.stack([hidden[:3].mean(0), hidden[3:].mean(0)])
    assert torch.allclose(model(TOKENS, LAYOUT), expected, atol=1e-6)


def test_token_weights_make_it_a_weighted_mean():
    model = encoder(token_weights=True)
    assert torch.allclose(model(TOKENS, LAYOUT), encoder()(TOKENS, LAYOUT), atol=1e-6)
    shares = torch.tensor([1.0, 2.0, 3.0])
    model.weights.weight.data[4:7] = shares.log()[:, None]
    hidden = model.bert(TOKENS, LAYOUT)
    expected = (hidden[:3] * shares[:, None]).sum(0) / 6
    assert torch.allclose(model(TOKENS, LAYOUT)[0], expected, atol=1e-6)


def test_cls_pooling_takes_the_first_and_max_pooling_the_largest():
    hidden = encoder().bert(TOKENS, LAYOUT)
    assert torch.equal(encoder(pooling="cls")(TOKENS, LAYOUT), hidden[[0, 3]])
    largest = torch.stack([hidden[:3].amax(0), hidden[3:].amax(0)])
    assert torch.equal(encoder(pooling="max")(TOKENS, LAYOUT), largest)


def test_normalised_vectors_have_length_1():
    found = encoder(normalise=True)(TOKENS, LAYOUT)
    assert torch.allclose(found.norm(dim=-1), torch.ones(2))


def test_summed_adds_up_by_text():
    x = torch.arange(10.0).reshape(5, 2)
    assert summed(x, LAYOUT).tolist() == [[6.0, 9.0], [14.0, 16.0]]
