"""Schedules, and what follows from what."""

from itertools import product
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from jium.errors import ConfigError
from jium.models.noise import (
    LearnedSchedule,
    NoiseConfig,
    Predicts,
    Schedule,
    check_predicts,
    convert,
    make_schedule,
    target,
    to_clean,
    to_noise,
)

KINDS: dict[str, dict[str, Any]] = {
    "linear": dict(kind="linear"),
    "scaled_linear": dict(kind="scaled_linear"),
    "cosine": dict(kind="cosine"),
    "flow": dict(kind="flow"),
    "learned": dict(kind="learned"),
    "few": dict(kind="linear", n_steps=50, beta_first=0.002, beta_last=0.3),
    "shifted": dict(kind="flow", shift=3.0),
    "zero": dict(kind="linear", zero_terminal_snr=True),
}
PREDICTIONS: tuple[Predicts, ...] = get_args(Predicts)
every_kind = pytest.mark.parametrize("kind", KINDS)


def schedule_of(kind: str) -> Schedule:
    torch.manual_seed(0)
    return make_schedule(NoiseConfig(**KINDS[kind]))


def times(n: int = 201) -> Tensor:
    return torch.linspace(0, 1, n, dtype=torch.double)


@every_kind
def test_noise_only_ever_grows(kind: str):
    ratios = schedule_of(kind).log_snr(times())
    assert (ratios.diff() < 0).all()


@every_kind
def test_alpha_and_sigma_say_the_ratio(kind: str):
    schedule, inner = schedule_of(kind), times()[1:-1]
    alpha, sigma = schedule.alpha(inner), schedule.sigma(inner)
    assert torch.allclose(2 * (alpha / sigma).log(), schedule.log_snr(inner))
    whole = alpha + sigma if schedule.straight else alpha**2 + sigma**2
    assert torch.allclose(whole, torch.ones_like(whole))


@every_kind
def test_a_picture_at_time_0_is_clean(kind: str):
    schedule = schedule_of(kind)
    expected = 0.0013 if kind == "learned" else 0.0
    assert schedule.sigma(torch.zeros(1)).item() == pytest.approx(expected, abs=1e-4)


@every_kind
def test_times_in_float32_say_what_those_in_float64_do(kind: str):
    schedule = schedule_of(kind)
    for name in ("alpha", "sigma"):
        exact, coarse = (getattr(schedule, name)(t) for t in (times(), times().float()))
        assert torch.allclose(coarse.double(), exact, rtol=1e-4, atol=1e-6)
        assert coarse.dtype == torch.float32


@every_kind
def test_the_time_of_a_ratio_is_found_again(kind: str):
    schedule, inner = schedule_of(kind), times()[1:-1]
    assert torch.allclose(schedule.time_at(schedule.log_snr(inner)), inner, atol=1e-9)


@every_kind
@torch.no_grad()
def test_moments_of_noised_pictures_are_those_of_the_closed_form(kind: str):
    schedule = schedule_of(kind)
    generator = torch.Generator().manual_seed(3)
    clean = 0.4 + 0.7 * torch.randn(100_000, 1, generator=generator)
    noise = torch.randn(100_000, 1, generator=generator)
    for at in (0.05, 0.4, 0.8, 1.0):
        x = schedule.add_noise(clean, noise, torch.full((100_000,), at))
        alpha, sigma = schedule.levels(torch.tensor([at]), x)
        assert x.mean().item() == pytest.approx(0.4 * alpha.item(), abs=0.01)
        assert x.var().item() == pytest.approx(float((0.7 * alpha) ** 2 + sigma**2), rel=0.02)


def test_noising_in_steps_is_noising_at_once():
    """q(x_t) of 40 small steps with these betas, equation 4 of Ho et al. (2020)."""
    betas = torch.linspace(0.002, 0.3, 50, dtype=torch.double)
    schedule, mean, variance = schedule_of("few"), 1.0, 0.0
    for beta in betas[:40].tolist():
        mean, variance = mean * (1 - beta) ** 0.5, variance * (1 - beta) + beta
    at = torch.tensor(40 / 50, dtype=torch.double)
    assert schedule.alpha(at).item() == pytest.approx(mean)
    assert schedule.sigma(at).item() ** 2 == pytest.approx(variance)


def test_the_cosine_falls_as_its_paper_says():
    """Equation 17 of Nichol and Dhariwal (2021), away from the end, where betas are cut."""
    schedule, at = schedule_of("cosine"), times()[:-2]
    angle = (at + 0.008) / 1.008 * torch.pi / 2
    expected = angle.cos() / torch.tensor(0.008 / 1.008 * torch.pi / 2).cos()
    assert torch.allclose(schedule.alpha(at), expected.double(), atol=1e-5)


@pytest.mark.parametrize("kind", ["linear", "scaled_linear", "cosine"])
def test_zero_terminal_snr_leaves_no_signal_and_the_first_step_as_it_was(kind: Any):
    usual = make_schedule(NoiseConfig(kind=kind))
    zero = make_schedule(NoiseConfig(kind=kind, zero_terminal_snr=True))
    end, first = torch.ones(1), torch.full((1,), 1e-3)
    assert usual.alpha(end) > 0
    assert zero.alpha(end) == 0 and zero.sigma(end) == 1
    assert zero.alpha(first).item() == pytest.approx(usual.alpha(first).item(), abs=1e-7)
    inner = times()[1:-1]
    assert (zero.alpha(inner) <= usual.alpha(inner) + 1e-12).all()


def test_flow_is_a_straight_line():
    schedule = schedule_of("flow")
    assert torch.allclose(schedule.alpha(times()), 1 - times(), atol=1e-12)
    assert torch.allclose(schedule.sigma(times()), times(), atol=1e-12)


def test_a_shift_is_that_of_larger_pictures():
    """sigma' = s sigma / (1 + (s - 1) sigma), equation 23 of Esser et al. (2024)."""
    expected = 3 * times() / (1 + 2 * times())
    assert torch.allclose(schedule_of("shifted").sigma(times()), expected, atol=1e-12)


def test_a_learned_schedule_learns_and_stays_between_its_ends():
    torch.manual_seed(1)
    schedule = LearnedSchedule(clean=9.0, noisy=-7.0)
    ends = schedule.log_snr(torch.tensor([0.0, 1.0]))
    assert ends.tolist() == pytest.approx([9.0, -7.0], abs=1e-5)
    schedule.alpha(torch.rand(8)).sum().backward()
    moved = [p.grad is not None and bool(p.grad.abs().sum() > 0) for p in schedule.parameters()]
    assert len(moved) == 4 and all(moved)
    with torch.no_grad():
        for p in schedule.parameters():
            p.mul_(-3)
    assert (schedule.log_snr(times()).diff() < 0).all()


def test_a_learned_schedule_tells_the_denoiser_the_level_and_not_the_time():
    torch.manual_seed(1)
    one, other = LearnedSchedule(clean=9.0, noisy=-7.0), LearnedSchedule(clean=9.0, noisy=-7.0)
    with torch.no_grad():
        other.in_weight.mul_(6)
    level = torch.linspace(8.9, -6.9, 20, dtype=torch.double)
    told = one.clock(one.time_at(level))
    assert torch.allclose(told, (9 - level) / 16, atol=1e-9)
    assert torch.allclose(told, other.clock(other.time_at(level)), atol=1e-9)
    assert not torch.allclose(one.time_at(level), other.time_at(level), atol=0.01)
    assert schedule_of("cosine").clock(level) is level


@pytest.mark.parametrize("shift", [1.0, 2.0])
def test_the_pace_of_a_learned_schedule_is_that_of_its_fall(shift: float):
    torch.manual_seed(1)
    schedule = LearnedSchedule(clean=9.0, noisy=-7.0, shift=shift)
    at = times()[1:-1].requires_grad_()
    (slope,) = torch.autograd.grad(schedule.log_snr(at).sum(), at)
    pace = schedule.pace(at)
    assert torch.allclose(pace, slope / -16, atol=1e-9)
    everywhere = torch.linspace(0, 1, 10_001, dtype=torch.double)
    assert schedule.pace(everywhere).mean().item() == pytest.approx(1, abs=1e-3)
    assert schedule_of("cosine").pace(at) is None


@every_kind
@pytest.mark.parametrize(("source", "wanted"), [*product(PREDICTIONS, PREDICTIONS)])
def test_every_prediction_follows_from_every_other(kind: str, source: Predicts, wanted: Predicts):
    schedule = schedule_of(kind)
    generator = torch.Generator().manual_seed(7)
    clean, noise = torch.randn(2, 6, 3, 4, 4, generator=generator, dtype=torch.double)
    time = torch.tensor([0.02, 0.2, 0.5, 0.7, 0.9, 0.98], dtype=torch.double)
    alpha, sigma = schedule.levels(time, clean)
    x = schedule.add_noise(clean, noise, time)
    said = target(source, clean, noise, alpha, sigma)
    found = convert(source, wanted, said, x, alpha, sigma)
    assert torch.allclose(found, target(wanted, clean, noise, alpha, sigma), atol=1e-8)
    assert torch.allclose(to_clean(source, said, x, alpha, sigma), clean, atol=1e-8)
    assert torch.allclose(to_noise(source, said, x, alpha, sigma), noise, atol=1e-8)


def test_v_at_pure_noise_says_the_picture():
    """Where eps says nothing: alpha 0."""
    clean, noise = torch.randn(2, 1, 3, 2, 2)
    alpha, sigma = torch.zeros(1), torch.ones(1)
    for predicts in ("v", "flow"):
        said = target(predicts, clean, noise, alpha, sigma)
        assert torch.allclose(to_clean(predicts, said, noise, alpha, sigma), clean)


@pytest.mark.parametrize("settings", [dict(kind="flow"), dict(zero_terminal_snr=True)], ids=str)
def test_eps_is_refused_where_it_would_say_nothing(settings: dict[str, Any]):
    with pytest.raises(ConfigError, match='predicts: at time 1 .* predict "v"'):
        check_predicts(NoiseConfig(**settings), "eps")
    check_predicts(NoiseConfig(**settings), "v")
    check_predicts(NoiseConfig(), "eps")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(n_steps=0), "n_steps: must be at least 1; got 0"),
        (dict(n_steps=1, zero_terminal_snr=True), "n_steps: must be at least 2; got 1"),
        (dict(shift=0.0), "shift: must be above 0; got 0.0"),
        (dict(beta_last=1.0), "beta_first: betas must rise within .0, 1.; got 0.0001 to 1.0"),
        (dict(beta_first=0.0), "beta_first: betas .* got 0.0 to 0.02"),
        (dict(kind="linear", beta_first=0.5), "betas must rise"),
        (dict(kind="learned", zero_terminal_snr=True), "zero_terminal_snr: a learned"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        NoiseConfig(**settings)
