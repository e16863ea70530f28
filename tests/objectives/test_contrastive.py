"""Contrastive losses against what they are by hand."""

import math

import pytest
import torch

from jium.config import build
from jium.data.similar_batches import SimilarBatch
from jium.errors import ConfigError
from jium.models.sentence import SentenceConfig, SentenceEncoder
from jium.nn.layout import Layout
from jium.objectives.contrastive import Contrastive, cosent, multiple_negatives, same_meaning


def unit(*rows: list[float]) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.tensor(rows), dim=-1)


NONE_EQUAL = torch.eye(2, dtype=torch.bool)


def batch(lengths: list[int], n: int, scores: list[float] | None = None) -> SimilarBatch:
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(4, 30, (sum(lengths),), generator=generator)
    given = None if scores is None else torch.tensor(scores)
    return SimilarBatch(
        tokens, Layout(lengths), n, given, torch.arange(n), torch.arange(n) + 100, after=1
    )


def model(dropout: float = 0.0) -> SentenceEncoder:
    torch.manual_seed(0)
    settings = dict(dim=16, n_heads=2, ffn_dim=32, n_layers=1, max_len=12, vocab_size=30)
    return SentenceEncoder(
        SentenceConfig(**settings, dropout=dropout, attention_dropout=0.0)  # type: ignore[arg-type]
    )


# ---------------------------------------------------------------- multiple negatives


def test_vectors_that_are_all_alike_cost_ln_n_each():
    same = torch.ones(5, 3) / math.sqrt(3)
    found = multiple_negatives(same, same, torch.eye(5, dtype=torch.bool), 0.05)
    assert found.item() == pytest.approx(5 * math.log(5), rel=1e-5)


def test_the_loss_of_two_pairs_is_that_of_the_formula():
    first, second = unit([1.0, 0.0], [0.0, 1.0]), unit([3.0, 4.0], [0.0, 1.0])
    found = multiple_negatives(first, second, NONE_EQUAL, 0.5)
    one = -math.log(math.exp(1.2) / (math.exp(1.2) + math.exp(0)))
    two = -math.log(math.exp(2.0) / (math.exp(1.6) + math.exp(2.0)))
    assert found.item() == pytest.approx(one + two, rel=1e-5)


def test_a_hard_negative_is_wrong_for_every_first_sentence():
    first, second = unit([1.0, 0.0], [0.0, 1.0]), unit([1.0, 0.0], [0.0, 1.0])
    bare = multiple_negatives(first, second, NONE_EQUAL, 1.0)
    harder = multiple_negatives(first, torch.cat((second, unit([1.0, 1.0]))), NONE_EQUAL, 1.0)
    assert harder > bare


def test_an_equal_sentence_elsewhere_in_the_batch_is_no_negative():
    """Two pairs of one premise: the second sentence of one is right for the other, too."""
    first = unit([1.0, 0.0], [1.0, 0.0])
    second = unit([1.0, 0.0], [1.0, 0.1])
    equal = same_meaning(torch.tensor([7, 7]), torch.tensor([1, 2]))
    assert multiple_negatives(first, second, equal, 0.05).item() == pytest.approx(0, abs=1e-6)
    assert multiple_negatives(first, second, NONE_EQUAL, 0.05).item() > 0.5


def test_same_meaning_looks_at_both_sides():
    found = same_meaning(torch.tensor([1, 1, 2]), torch.tensor([5, 6, 6]))
    assert found.tolist() == [[True, True, False], [True, True, True], [False, True, True]]


# ---------------------------------------------------------------- scores


def test_cosent_is_its_formula():
    cosines, scores = torch.tensor([0.9, 0.1, 0.4]), torch.tensor([0.2, 0.8, 0.8])
    expected = math.log(1 + math.exp(20 * 0.8) + math.exp(20 * 0.5))
    assert cosent(cosines, scores).item() == pytest.approx(expected, rel=1e-5)


def test_cosent_of_a_right_order_is_near_0_and_of_equal_scores_is_0():
    assert cosent(torch.tensor([0.0, 0.5, 1.0]), torch.tensor([0.1, 0.2, 0.3])) < 1e-3
    assert cosent(torch.tensor([0.3, 0.9]), torch.tensor([0.5, 0.5])) == 0


# ---------------------------------------------------------------- the objective


def test_pairs_with_scores_are_judged_by_scores_and_others_by_multiple_negatives():
    scored, bare = batch([3, 2, 4, 3], 2, [0.0, 1.0]), batch([3, 2, 4, 3], 2)
    encoder = model().eval()
    vectors = encoder(scored.tokens, scored.layout)
    cosines = (vectors[:2] * vectors[2:]).sum(-1)
    (by_order,) = Contrastive()(encoder, scored)
    (by_value,) = Contrastive(scored="cosine")(encoder, scored)
    (by_others,) = Contrastive(symmetric=False)(encoder, bare)
    assert by_order.total.item() == pytest.approx(2 * cosent(cosines, scored.scores).item())
    expected = ((cosines - torch.tensor([0.0, 1.0])) ** 2).sum().item()
    assert by_value.total.item() == pytest.approx(expected)
    expected = multiple_negatives(vectors[:2], vectors[2:], NONE_EQUAL, 0.05).item()
    assert by_others.total.item() == pytest.approx(expected, rel=1e-5)
    assert by_order.count == by_value.count == by_others.count == 2


def test_one_text_twice_gives_two_vectors_while_dropout_is_on():
    text = torch.tensor([4, 5, 6, 7])
    encoder = model(dropout=0.3).train()
    torch.manual_seed(1)
    one, two = encoder(torch.cat((text, text)), Layout([4, 4]))
    assert not torch.equal(one, two)
    one, two = encoder.eval()(torch.cat((text, text)), Layout([4, 4]))
    assert torch.allclose(one, two, atol=1e-6)


def test_steps_lower_the_loss():
    encoder, given = model(), batch([3, 4, 2, 4, 3, 4], 3)
    descent = torch.optim.Adam(encoder.parameters(), lr=1e-2)
    losses = []
    for _ in range(20):
        (loss,) = Contrastive()(encoder, given)
        descent.zero_grad()
        loss.total.backward()
        descent.step()
        losses.append(loss.total.item())
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("key", ["temperature", "scale"])
def test_a_temperature_of_0_is_refused(key: str):
    with pytest.raises(ConfigError, match=rf"objective.{key}: must be above 0; got 0.0\."):
        build(Contrastive, {key: 0.0}, "objective")
