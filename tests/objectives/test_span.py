"""The loss of pointing at an answer."""

import math
from typing import Any

import pytest
import torch

from jium.data.text_batches import TextBatch
from jium.nn.layout import Layout
from jium.objectives.span import Span, span_loss


def test_a_model_that_knows_nothing_is_as_unsure_as_its_windows_are_long():
    layout = Layout([4, 7, 2])
    targets = torch.tensor([[1, 2], [0, 0], [1, 1]])
    found = span_loss(torch.zeros(13, 2), layout, targets)
    assert float(found) == pytest.approx(math.log(4) + math.log(7) + math.log(2))


def test_it_is_the_mean_of_both_cross_entropies_within_each_window():
    torch.manual_seed(0)
    scores, lengths = torch.randn(12, 2), [5, 3, 4]
    targets = torch.tensor([[1, 4], [0, 0], [2, 3]])
    expected, start = 0.0, 0
    for length, pair in zip(lengths, targets, strict=True):
        window = scores[start : start + length].log_softmax(0)
        expected -= float(window[pair[0], 0] + window[pair[1], 1]) / 2
        start += length
    assert float(span_loss(scores, Layout(lengths), targets)) == pytest.approx(expected)


def test_windows_do_not_see_each_other():
    torch.manual_seed(0)
    scores = torch.randn(9, 2, requires_grad=True)
    targets = torch.tensor([[1, 2], [0, 3]])
    span_loss(scores, Layout([4, 5]), targets).backward()
    both = scores.grad
    alone = scores.detach()[:4].clone().requires_grad_()
    span_loss(alone, Layout([4]), targets[:1]).backward()
    assert both is not None and alone.grad is not None
    assert torch.allclose(both[:4], alone.grad)


def test_it_counts_windows():
    def model(tokens: Any, layout: Any, segments: Any) -> torch.Tensor:
        return torch.zeros(len(tokens), 2)

    batch = TextBatch(torch.zeros(7).long(), Layout([3, 4]), targets=torch.zeros(2, 2).long())
    (loss,) = Span()(model, batch)  # type: ignore[arg-type]
    assert loss.count == 2
    assert float(loss.total) == pytest.approx(math.log(3) + math.log(4))
