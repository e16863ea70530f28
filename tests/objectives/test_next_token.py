"""The next token as a loss: those that are to be learned, and no others."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from jium.config import build
from jium.data.text_batches import TextBatch
from jium.errors import ConfigError
from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout
from jium.objectives.loss import IGNORE
from jium.objectives.next_token import NextToken

VOCAB = 40


@pytest.fixture(scope="module")
def model() -> Gpt:
    torch.manual_seed(0)
    made = Gpt(build(GptConfig, {"size": "tiny", "vocab_size": VOCAB, "max_len": 16})).eval()
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.2)
    return made


def batch(*learned: bool) -> TextBatch:
    """Two texts, of 5 and 3 tokens."""
    tokens, targets = torch.arange(3, 11), torch.arange(4, 12)
    if learned:
        targets = targets.masked_fill(~torch.tensor(learned), IGNORE)
    return TextBatch(tokens, Layout([5, 3]), targets=targets)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_it_is_the_cross_entropy_of_what_follows(model: Gpt, smoothing: float) -> None:
    loss = next(NextToken(label_smoothing=smoothing)(model, batch()))
    hidden = torch.cat([model(part, Layout([len(part)])) for part in batch().tokens.split([5, 3])])
    expected = F.cross_entropy(
        model.output(hidden), torch.arange(4, 12), reduction="sum", label_smoothing=smoothing
    )
    assert loss.count == 8
    torch.testing.assert_close(loss.total, expected, rtol=1e-5, atol=1e-4)


def test_what_is_ignored_is_read_and_neither_learned_nor_counted(model: Gpt) -> None:
    parts = [(True, False) * 4, (False, True) * 4]
    losses = [next(NextToken()(model, batch(*part))) for part in parts]
    whole = next(NextToken()(model, batch()))
    assert [loss.count for loss in losses] == [4, 4]
    torch.testing.assert_close(losses[0].total + losses[1].total, whole.total)


def test_a_model_that_knows_nothing_loses_ln_vocab_a_token() -> None:
    model = Gpt(build(GptConfig, {"size": "tiny", "vocab_size": VOCAB, "max_len": 16}))
    nn.init.zeros_(model.output.weight)
    loss = next(NextToken()(model, batch()))
    assert loss.total.item() / loss.count == pytest.approx(math.log(VOCAB))


def test_smoothing_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="label_smoothing"):
        NextToken(label_smoothing=1.0)
