"""The time as a vector: what it tells apart, and what the paper writes."""

import math

import torch

from jium.nn.timestep import TimeEmbedding, time_sinusoids


def test_sines_are_those_of_the_thousandth() -> None:
    found = time_sinusoids(torch.tensor([0.25]), 4)[0]
    slow = 250 / 100  # of two frequencies, 1 and 10000^(-1/2)
    wanted = [math.cos(250), math.cos(slow), math.sin(250), math.sin(slow)]
    torch.testing.assert_close(found, torch.tensor(wanted), atol=1e-4, rtol=0)


def test_a_clean_picture_has_cosines_of_one_and_sines_of_zero() -> None:
    assert torch.equal(time_sinusoids(torch.zeros(2), 6), torch.tensor([[1.0] * 3 + [0.0] * 3] * 2))


def test_all_thousand_steps_are_told_apart() -> None:
    sines = time_sinusoids(torch.arange(1001) / 1000, 32).double()
    nearest = torch.cdist(sines, sines, compute_mode="donot_use_mm_for_euclid_dist")
    nearest.fill_diagonal_(math.inf)
    assert nearest.min() > 0.5


def test_a_time_is_embedded_alike_in_any_batch() -> None:
    torch.manual_seed(0)
    embedding = TimeEmbedding(8, 12)
    times = torch.tensor([0.1, 0.5, 0.9])
    torch.testing.assert_close(embedding(times)[1:2], embedding(times[1:2]))


def test_half_precision_keeps_the_sines_exact() -> None:
    """In bfloat16 the angle of 0.9 would be off by two radians."""
    torch.manual_seed(0)
    embedding = TimeEmbedding(16, 8)
    times = torch.tensor([0.899, 0.9])
    exact, coarse = embedding(times), embedding.bfloat16()(times)
    assert coarse.dtype == torch.bfloat16
    torch.testing.assert_close(coarse.float(), exact, atol=0.02, rtol=0)
