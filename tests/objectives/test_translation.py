import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from jium.config import build
from jium.data.batches import PairBatch, PairFormat
from jium.errors import ConfigError
from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig
from jium.objectives.loss import Loss
from jium.objectives.translation import Translation

FORMAT = PairFormat(start_id=1, eos_id=2)
PAIRS = [([5, 6, 7], [8, 9]), ([5], [6, 7, 8, 9, 10]), ([11, 3], [4])]


def batch(pairs: list[tuple[list[int], list[int]]]) -> PairBatch:
    return FORMAT.batch([(np.array(s), np.array(t), -1, False) for s, t in pairs])


def model() -> Seq2Seq:
    torch.manual_seed(0)
    config = Seq2SeqConfig(
        dim=16, n_heads=2, ffn_dim=16, n_encoder_layers=1, n_decoder_layers=1, vocab_size=12
    )
    return Seq2Seq(config).eval()


def loss(pairs: list[tuple[list[int], list[int]]], smoothing: float = 0.1) -> Loss:
    (only,) = Translation(label_smoothing=smoothing)(model(), batch(pairs))
    return only


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_the_loss_is_the_smoothed_cross_entropy_of_every_next_token(smoothing: float) -> None:
    network, expected = model(), 0.0
    for source, target in PAIRS:
        one = batch([(source, target)])
        assert one.target_in.tolist() == [1, *target] and one.target_out.tolist() == [*target, 2]
        hidden = network(one.source, one.source_layout, one.target_in, one.target_layout)
        log_probs = network.output(hidden).log_softmax(-1).detach()
        for row, true in zip(log_probs, one.target_out, strict=True):
            expected -= float((1 - smoothing) * row[true] + smoothing * row.mean())
    given = loss(PAIRS, smoothing)
    assert given.total.item() == pytest.approx(expected, rel=1e-5)
    assert given.count == sum(len(target) + 1 for _, target in PAIRS)


def test_padding_does_not_change_the_loss() -> None:
    alone = [loss([pair]) for pair in PAIRS]
    together = loss(PAIRS)
    assert together.count == sum(one.count for one in alone)
    total = sum(one.total.item() for one in alone)
    assert together.total.item() == pytest.approx(total, rel=1e-6)


def test_the_order_of_pairs_does_not_change_the_loss() -> None:
    assert loss(PAIRS[::-1]).total.item() == pytest.approx(loss(PAIRS).total.item(), rel=1e-6)


def test_gradients_of_unequal_parts_add_up_to_those_of_the_whole() -> None:
    objective = Translation()

    def gradients(parts: list[list[tuple[list[int], list[int]]]]) -> list[torch.Tensor]:
        network = model()
        for part in parts:
            for one in objective(network, batch(part)):
                one.total.backward()
        return [p.grad for p in network.parameters() if p.grad is not None]

    apart, whole = gradients([PAIRS[:1], PAIRS[1:]]), gradients([PAIRS])
    assert len(whole) == len(list(model().parameters()))
    for ours, theirs in zip(apart, whole, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_a_model_that_knows_nothing_starts_at_ln_v() -> None:
    start = loss(PAIRS)
    assert start.total.item() / start.count == pytest.approx(math.log(12), rel=0.02)


def test_a_few_steps_of_it_teach_the_pairs() -> None:
    network, data = model(), batch(PAIRS)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(60):
        for step in Translation(label_smoothing=0.0)(network, data):
            optimiser.zero_grad()
            step.total.backward()
            optimiser.step()
    hidden = network(data.source, data.source_layout, data.target_in, data.target_layout)
    assert torch.equal(network.output(hidden).argmax(-1), data.target_out)
    assert F.cross_entropy(network.output(hidden), data.target_out).item() < 0.2


@pytest.mark.parametrize("value", [-0.1, 1.0, 2.0])
def test_smoothing_outside_its_range_is_named(value: float) -> None:
    message = rf"^objective.label_smoothing: must be in \[0, 1\); got {value}"
    with pytest.raises(ConfigError, match=message):
        build(Translation, {"label_smoothing": value}, "objective")
