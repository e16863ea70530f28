"""Pre-training objectives: masked words, pairs of sentences, replaced tokens."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from jium.data.masked_batches import NO_PAIR, MaskedBatch
from jium.models.bert import Bert, BertConfig
from jium.models.electra import Electra, ElectraConfig
from jium.models.heads import HeadConfig, Headed
from jium.nn.layout import Layout
from jium.objectives.masked import Masked
from jium.objectives.replaced import Replaced, draw

SIZES = dict(dim=16, n_heads=2, ffn_dim=32, n_layers=2, vocab_size=40, max_len=16, dropout=0.0)


def batch(pairs: bool = False) -> MaskedBatch:
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(5, 40, (18,), generator=generator)
    chosen = torch.tensor([2, 7, 11, 16])
    targets = tokens[chosen].clone()
    tokens[chosen] = 4
    layout = Layout([6, 5, 7])
    if not pairs:
        return MaskedBatch(tokens, layout, chosen, targets)
    segments = torch.tensor([0, 0, 0, 1, 1, 1] + [0, 0, 0, 0, 1] + [0] * 7)
    return MaskedBatch(tokens, layout, chosen, targets, segments, torch.tensor([0, 1, NO_PAIR]))


def bert(pairs: bool = False) -> Headed:
    torch.manual_seed(0)
    config = BertConfig(**SIZES, attention_dropout=0.0)  # type: ignore[arg-type]
    return Headed(Bert(config), HeadConfig(kind="masked", settings={"pairs": pairs})).eval()


def test_the_loss_at_the_start_is_that_of_a_uniform_model():
    loss = next(iter(Masked()(bert(), batch())))
    assert float(loss.total.detach()) / loss.count == pytest.approx(math.log(40), rel=0.02)


def test_only_chosen_tokens_count():
    model, whole = bert(), batch()
    loss = next(iter(Masked()(model, whole)))
    assert loss.count == 4
    logits = model(whole.tokens, whole.layout)[whole.chosen]
    wanted = F.cross_entropy(logits, whole.targets, reduction="sum")
    torch.testing.assert_close(loss.total, wanted)


def test_the_whole_loss_is_that_of_tokens_plus_that_of_pairs():
    model, paired = bert(pairs=True), batch(pairs=True)
    loss = next(iter(Masked(pairs="next")(model, paired)))
    hidden = model.encoder(paired.tokens, paired.layout, paired.segments)
    mlm = model.head.loss(model.encoder, hidden[paired.chosen], paired.targets) / 4
    scores = model.head.pair_scores(model.encoder, hidden, paired.layout)
    assert scores.shape == (3, 2)
    nsp = F.cross_entropy(scores[:2], torch.tensor([0, 1]))
    torch.testing.assert_close(loss.total / loss.count, mlm + nsp)


def test_replaced_tokens_are_told_at_chance_at_the_start_and_the_encoder_learns_from_all():
    torch.manual_seed(0)
    sizes = SIZES | {"generator_dim": 8, "generator_ffn_dim": 16, "attention_dropout": 0.0}
    model = Electra(ElectraConfig(**sizes)).eval()  # type: ignore[arg-type]
    loss = next(iter(Replaced()(model, batch())))
    assert loss.count == 18
    assert loss.metrics["replaced"] / 18 == pytest.approx(math.log(2), rel=0.05)
    assert loss.metrics["masked"] / 18 == pytest.approx(math.log(40), rel=0.02)
    total = loss.metrics["masked"] + 50 * loss.metrics["replaced"]
    assert float(loss.total.detach()) == pytest.approx(total, rel=1e-5)
    loss.total.backward()
    assert all(p.grad is not None for p in model.encoder.encoder.parameters())
    assert all(p.grad is not None for p in model.generator.encoder.parameters())


def test_guesses_are_drawn_as_the_softmax_has_it():
    torch.manual_seed(0)
    logits = torch.tensor([0.0, 1.0, -2.0, 0.5])
    drawn = draw(logits.expand(20_000, 4))
    shares = np.bincount(drawn.numpy(), minlength=4) / 20_000
    np.testing.assert_allclose(shares, logits.softmax(0).numpy(), atol=0.015)
    assert draw(torch.tensor([[-1e9, 0.0], [0.0, -1e9]])).tolist() == [1, 0]
