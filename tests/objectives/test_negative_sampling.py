"""Negative sampling: the loss, and its gradient in closed form."""

import math

import torch

from jium.objectives.negative_sampling import negative_sampling


def blocks(seed=0):
    """Inputs, outputs, wanted, negative: two blocks of 3 words, 4 columns, 2 negatives."""
    generator = torch.Generator().manual_seed(seed)
    inputs, outputs = (
        torch.randn(2, n, 5, dtype=torch.float64, generator=generator) for n in (3, 6)
    )
    wanted = (torch.rand(2, 3, 4, generator=generator) < 0.6).double()
    return inputs, outputs, wanted, torch.rand(2, 3, 1, generator=generator).double()


def test_the_gradient_is_that_of_finite_differences():
    inputs, outputs, wanted, negative = blocks()
    inputs.requires_grad_(), outputs.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda a, b: 3 * negative_sampling(a, b, wanted, negative), (inputs, outputs)
    )


def test_the_loss_is_the_sum_over_pairs_and_negatives():
    inputs, outputs, wanted, negative = blocks(1)
    total = 0.0
    for block in range(2):
        for i in range(3):
            scores = (outputs[block] @ inputs[block, i]).tolist()
            for j in range(4):
                total += wanted[block, i, j].item() * math.log1p(math.exp(-scores[j]))
            for score in scores[4:]:
                total += negative[block, i, 0].item() * math.log1p(math.exp(score))
    torch.testing.assert_close(
        negative_sampling(inputs, outputs, wanted, negative).item(), total, rtol=1e-12, atol=0
    )


def test_large_scores_stay_finite():
    inputs, outputs, wanted, negative = blocks()
    total = negative_sampling(inputs * 1e3, outputs * 1e3, wanted, negative)
    assert math.isfinite(total.item())
