"""Two language models in one encoder: they meet nowhere but in the mix."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from jium.config import build
from jium.data.masked_batches import MaskedBatch
from jium.errors import ConfigError
from jium.models.elmo import Elmo, ElmoConfig
from jium.models.heads import HeadConfig, Headed
from jium.nn.layout import Layout
from jium.objectives.bidirectional import Bidirectional

TEXTS = Layout([4, 1, 6])


def make(**settings: Any) -> Elmo:
    torch.manual_seed(0)
    values = {"hidden_dim": 8, "vocab_size": 20, "dropout": 0.0} | settings
    return Elmo(build(ElmoConfig, values)).eval()


def ids(seed: int = 0) -> Tensor:
    return torch.randint(0, 20, (TEXTS.tokens,), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def test_a_direction_knows_its_side_of_a_text_and_nothing_else() -> None:
    model, tokens = make(), ids()
    before = model.layers(tokens, TEXTS)
    for place in range(5, 11):  # the third text
        changed = tokens.clone()
        changed[place] = (changed[place] + 1) % 20
        for (left, right), (was_left, was_right) in zip(
            model.layers(changed, TEXTS)[1:], before[1:], strict=True
        ):
            moved = [(a != b).any(1) for a, b in ((left, was_left), (right, was_right))]
            assert moved[0].nonzero().squeeze(1).tolist() == list(range(place, 11))
            assert moved[1].nonzero().squeeze(1).tolist() == list(range(5, place + 1))


@torch.no_grad()
def test_backwards_is_forwards_over_texts_that_are_turned_around() -> None:
    model, tokens = make(), ids()
    for block in model.blocks:
        block.backwards.load_state_dict(block.forwards.state_dict())
    turned = torch.cat([part.flip(0) for part in tokens.split(TEXTS.lengths)])
    for (_, right), (left, _) in zip(
        model.layers(tokens, TEXTS), model.layers(turned, TEXTS), strict=True
    ):
        again = torch.cat([part.flip(0) for part in left.split(TEXTS.lengths)])
        torch.testing.assert_close(right, again)


@torch.no_grad()
def test_layers_are_mixed_as_equation_1_says() -> None:
    model, tokens = make(), ids()
    model.pooler.scalars.copy_(torch.tensor([0.5, -1.0, 2.0]))
    model.pooler.gamma.fill_(3.0)
    shares = torch.tensor([0.5, -1.0, 2.0]).softmax(0)
    layers = [torch.cat(pair, 1) for pair in model.layers(tokens, TEXTS)]
    expected = 3 * sum(share * layer for share, layer in zip(shares, layers, strict=True))
    torch.testing.assert_close(model(tokens, TEXTS), expected)


@torch.no_grad()
def test_the_loss_is_that_of_both_language_models() -> None:
    encoder, tokens = make(), ids()
    model = Headed(encoder, HeadConfig(kind="bidirectional", n_outputs=20))
    places = torch.arange(TEXTS.tokens)
    loss = next(Bidirectional()(model, MaskedBatch(tokens, TEXTS, places, tokens)))
    left, right = encoder.layers(tokens, TEXTS)[-1]
    total, count = 0.0, 0
    parts = (part.split(TEXTS.lengths) for part in (tokens, left, right))
    for text, forwards, backwards in zip(*parts, strict=True):
        for states, targets in ((forwards[:-1], text[1:]), (backwards[1:], text[:-1])):
            logits = states @ encoder.embedding.weight.T
            total += F.cross_entropy(logits, targets, reduction="sum").item()
            count += len(targets)
    assert loss.count == count == 16
    assert loss.total.item() == pytest.approx(total, rel=1e-5)


@torch.no_grad()
def test_a_token_is_guessed_by_what_stands_around_it_and_not_by_itself() -> None:
    model = Headed(make(), HeadConfig(kind="bidirectional", n_outputs=20))
    tokens = ids()
    before = model(tokens, TEXTS)
    changed = tokens.clone()
    changed[7] = (changed[7] + 1) % 20
    after = model(changed, TEXTS)
    differs = (before != after).any(1).nonzero().squeeze(1).tolist()
    assert differs == [5, 6, 8, 9, 10]
    assert (before[4] == 0).all(), "of a single token nothing is known"


@torch.no_grad()
def test_company_changes_no_text() -> None:
    model, tokens = make(), ids()
    together = model(tokens, TEXTS).split(TEXTS.lengths)
    for text, one in zip(tokens.split(TEXTS.lengths), together, strict=True):
        torch.testing.assert_close(model(text, Layout([len(text)])), one)


@pytest.mark.parametrize("values", [dict(hidden_dim=0), dict(n_layers=0), dict(dropout=1.0)])
def test_what_cannot_be_is_said(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))):
        build(ElmoConfig, values)
