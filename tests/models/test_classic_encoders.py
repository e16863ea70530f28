"""The encoders beside the Transformer: bags of n-grams, convolutions, recurrent cells."""

from typing import Any

import pytest
import torch

from jium.config import build
from jium.errors import ConfigError
from jium.models.cnn import Cnn, CnnConfig
from jium.models.fasttext import FastText, FastTextConfig
from jium.models.rnn import Rnn, RnnConfig
from jium.nn.layout import Layout

LENGTHS = [4, 1, 6]
LAYOUT = Layout(LENGTHS)
TOKENS = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5])


def made(kind: str) -> Any:
    torch.manual_seed(0)
    if kind == "fasttext":
        return FastText(FastTextConfig(vocab_size=10, dim=6, n_grams=3, buckets=50)).eval()
    if kind == "cnn":
        return Cnn(CnnConfig(vocab_size=10, embedding_dim=5, n_filters=3, widths=[2, 3])).eval()
    return Rnn(RnnConfig(cell=kind, vocab_size=10, embedding_dim=5, hidden_dim=4)).eval()  # type: ignore[arg-type]


KINDS = ("fasttext", "cnn", "lstm", "gru")


@pytest.mark.parametrize("kind", KINDS)
def test_other_texts_in_the_batch_change_nothing(kind: str):
    encoder = made(kind)
    together = encoder.pool(encoder(TOKENS, LAYOUT), LAYOUT)
    assert together.shape == (3, encoder.config.dim)
    for i, (start, length) in enumerate(((0, 4), (4, 1), (5, 6))):
        alone = Layout([length])
        part = encoder.pool(encoder(TOKENS[start : start + length], alone), alone)
        torch.testing.assert_close(together[i : i + 1], part, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["cnn", "lstm", "gru", "fasttext"])
def test_the_order_of_words_counts(kind: str):
    encoder = made(kind)
    layout = Layout([4])
    forwards, backwards = TOKENS[:4], TOKENS[:4].flip(0)
    vectors = [encoder.pool(encoder(t, layout), layout) for t in (forwards, backwards)]
    assert not torch.allclose(*vectors, atol=1e-4)


def test_a_bag_of_single_tokens_is_the_mean_of_their_vectors_whatever_the_order():
    encoder = FastText(FastTextConfig(vocab_size=10, dim=6, n_grams=1)).eval()
    layout = Layout([4])
    pooled = encoder.pool(encoder(TOKENS[:4], layout), layout)[0]
    torch.testing.assert_close(pooled, encoder.embedding.weight[TOKENS[:4]].mean(0))


def test_n_grams_end_within_their_own_text():
    encoder = made("fasttext")
    _, whole = encoder.n_grams(TOKENS, LAYOUT, 3)
    assert whole.tolist() == [0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1]
    ids, _ = encoder.n_grams(TOKENS, LAYOUT, 2)
    assert ids[1] == encoder.n_grams(TOKENS[:2], Layout([2]), 2)[0][1]
    assert (ids >= 10).all() and (ids < 60).all()


def test_attention_over_recurrent_states_adds_up_to_one_a_text():
    encoder = made("lstm")
    weights = encoder.attention_weights(encoder(TOKENS, LAYOUT), LAYOUT)
    sums = [part.sum().item() for part in weights.split(LENGTHS)]
    assert sums == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(
    ("cls", "settings", "message"),
    [
        (FastTextConfig, {"n_grams": 9}, "n_grams: must be between 1 and 5; got 9"),
        (CnnConfig, {"widths": []}, "widths: must name at least one"),
        (RnnConfig, {"hidden_dim": 0}, "hidden_dim: must be at least 1; got 0"),
    ],
)
def test_impossible_settings_are_said(cls: type, settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        build(cls, settings)
