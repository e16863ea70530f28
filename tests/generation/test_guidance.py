"""Guidance: what it is at 1 and at 0, and what it does to contrast."""

from typing import Any

import pytest
import torch
from torch import Tensor

from jium.errors import ConfigError
from jium.generation.diffusion import Denoise
from jium.generation.guidance import Guidance, clipped, guided, rescaled, thresholded
from jium.models.noise import NoiseConfig, convert, make_schedule


def seen(value: float, asked: list[float] | None = None) -> Denoise:
    """Always the same picture; notes when it was asked."""

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        if asked is not None:
            asked.append(float(time[0]))
        return value * torch.tanh(x)

    return denoise


def pictures() -> Tensor:
    return torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def at(time: float) -> Tensor:
    return torch.full((2,), time)


def test_scale_1_is_the_conditional_model_and_asks_no_other():
    asked: list[float] = []
    denoise = guided(seen(0.5), seen(-1.0, asked), Guidance(scale=1.0))
    assert torch.equal(denoise(pictures(), at(0.7)), seen(0.5)(pictures(), at(0.7)))
    assert not asked


def test_scale_0_is_the_unconditional_model_and_asks_no_other():
    asked: list[float] = []
    denoise = guided(seen(0.5, asked), seen(-1.0), Guidance(scale=0.0))
    assert torch.equal(denoise(pictures(), at(0.7)), seen(-1.0)(pictures(), at(0.7)))
    assert not asked


def test_above_1_it_goes_on_beyond_the_words_and_away_from_the_negative_ones():
    denoise = guided(seen(0.5), seen(0.2), Guidance(scale=3.0))
    assert torch.allclose(denoise(pictures(), at(0.7)), seen(1.1)(pictures(), at(0.7)))


def test_guiding_clean_pictures_is_guiding_noise():
    """Equation 6 of Ho and Salimans (2022) is of eps; the two are one."""
    schedule, x = make_schedule(NoiseConfig()), pictures()
    levels = schedule.levels(at(0.6), x)
    eps = [convert("x0", "eps", seen(v)(x, at(0.6)), x, *levels) for v in (0.5, 0.2)]
    steered = guided(seen(0.5), seen(0.2), Guidance(scale=4.0))(x, at(0.6))
    expected = (1 + 3) * eps[0] - 3 * eps[1]  # their w is one less
    assert torch.allclose(convert("x0", "eps", steered, x, *levels), expected, atol=1e-5)


def test_both_at_once_is_each_alone():
    asked: list[float] = []
    one, other = seen(0.5, asked), seen(0.2, asked)

    def both(x: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
        return seen(0.5)(x, time), seen(0.2)(x, time)

    apart = guided(seen(0.5), seen(0.2), Guidance(scale=2.0))(pictures(), at(0.5))
    together = guided(one, other, Guidance(scale=2.0), both)(pictures(), at(0.5))
    assert torch.equal(apart, together)
    assert not asked


def test_it_steers_within_its_times_only():
    guidance = Guidance(scale=5.0, start=0.3, end=0.8)
    assert [guidance.at(t) for t in (0.1, 0.3, 0.5, 0.8, 0.9)] == [1, 5, 5, 5, 1]


def test_it_may_rise_towards_the_picture():
    even = Guidance(scale=5.0, rise=1.0)
    assert [even.at(t) for t in (1.0, 0.5, 0.0)] == [1, 3, 5]
    assert [Guidance(scale=5.0, rise=0.5).at(t) for t in (1.0, 0.0)] == [3, 5]


def test_rescaling_gives_the_contrast_of_the_words_alone_back():
    words, steered = pictures(), 3 * pictures() + 1
    full = rescaled(steered, words, 1.0)
    assert torch.allclose(full.std((1, 2, 3)), words.std((1, 2, 3)))
    half = rescaled(steered, words, 0.5)
    assert torch.allclose(half, (full + steered) / 2, atol=1e-6)
    assert torch.equal(rescaled(steered, words, 0.0), steered)
    assert torch.allclose(
        rescaled(steered, words, 1.0)[1], rescaled(steered[1:], words[1:], 1.0)[0]
    )


def test_clipping_keeps_the_range_of_pictures():
    clean = clipped(lambda x, _: 5 * x)(pictures(), at(0.5))
    assert clean.abs().max() == 1
    assert torch.equal(clipped(lambda x, _: 0.1 * x)(pictures(), at(0.5)), 0.1 * pictures())


def test_a_dynamic_threshold_is_each_pictures_own():
    x = pictures() / pictures().abs().max()
    loud = torch.stack((x[0], 8 * x[1]))
    clean = thresholded(lambda x, _: x, share=0.9)(loud, at(0.5))
    assert torch.equal(clean[0], x[0])  # within the range already
    assert clean[1].abs().max() == pytest.approx(1)
    share = (clean[1].abs() > 0.999).float().mean()
    assert 0.05 < float(share) < 0.2  # the loudest tenth


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(scale=-0.5), "scale: must be at least 0; got -0.5"),
        (dict(scale=float("nan")), "scale: must be at least 0; got nan"),
        (dict(rescale=1.5), "rescale: must be between 0 and 1; got 1.5"),
        (dict(rise=-1.0), "rise: must be between 0 and 1; got -1.0"),
        (dict(start=0.8, end=0.2), "start: must be below end.*got 0.8 and 0.2"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        Guidance(**settings)
