"""Samplers on pictures whose clean version is known in closed form: Gaussians and mixtures."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from jium.errors import ConfigError
from jium.generation.diffusion import (
    SAMPLERS,
    Denoise,
    Draws,
    Walk,
    find_sampler,
    sample,
    spaced_times,
)
from jium.generation.first_order import ddim_inversion
from jium.models.noise import NoiseConfig, Schedule, make_schedule

MEAN, SPREAD = 0.3, 0.5  # of a Gaussian world
PEAKS, WIDTH = (-0.6, 0.5), 0.2  # of a world of two kinds of pictures, equally frequent
DETERMINISTIC = ["ddim", "euler", "heun", "pndm", "dpm++2m", "unipc"]
SCHEDULES: dict[str, dict[str, Any]] = {
    "linear": dict(kind="linear"),
    "cosine": dict(kind="cosine"),
    "flow": dict(kind="flow"),
    "zero": dict(kind="linear", zero_terminal_snr=True),
}
every_schedule = pytest.mark.parametrize("kind", SCHEDULES)
every_sampler = pytest.mark.parametrize("sampler", SAMPLERS)


def schedule_of(kind: str) -> Schedule:
    return make_schedule(NoiseConfig(**SCHEDULES[kind]))


def gaussian(schedule: Schedule, spread: float = SPREAD) -> Denoise:
    """The mean of clean given x, where clean is N(MEAN, spread^2)."""

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        alpha, sigma = (level.to(x) for level in schedule.levels(time.double(), x.double()))
        gain = alpha * spread**2 / (alpha**2 * spread**2 + sigma**2)
        return MEAN + gain * (x - alpha * MEAN)

    return denoise


def mixture(schedule: Schedule, width: float = WIDTH) -> Denoise:
    """The mean of clean given x, in the world of two peaks."""

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        alpha, sigma = (level.to(x) for level in schedule.levels(time.double(), x.double()))
        variance = alpha**2 * width**2 + sigma**2
        logits = torch.stack([-((x - alpha * peak) ** 2) / (2 * variance) for peak in PEAKS])
        means = [peak + alpha * width**2 / variance * (x - alpha * peak) for peak in PEAKS]
        return (logits.softmax(0) * torch.stack(means)).sum(0)

    return denoise


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.double)


def flown(schedule: Schedule, x: Tensor, start: float, end: float) -> Tensor:
    """Where the probability flow takes x in the Gaussian world: as many spreads from the mean."""
    at = torch.tensor([start, end], dtype=torch.double)
    alpha, sigma = schedule.alpha(at), schedule.sigma(at)
    spread = (alpha**2 * SPREAD**2 + sigma**2).sqrt()
    return alpha[1] * MEAN + (x - alpha[0] * MEAN) / spread[0] * spread[1]


def walked(
    sampler: str, schedule: Schedule, x: Tensor, start: float, end: float, n: int, **options: Any
) -> Tensor:
    times = torch.linspace(start, end, n + 1, dtype=torch.double).tolist()
    return find_sampler(sampler)(Walk(gaussian(schedule), schedule, times), x, **options)


# ---------------------------------------------------------------- how fast they come near


def order(sampler: str, kind: str, n: int, **options: Any) -> float:
    """The power of the step that the error falls with, measured by halving steps."""
    schedule, x = schedule_of(kind), noise(64)
    exact = flown(schedule, x, 0.8, 0.2)
    errors = [
        float((walked(sampler, schedule, x, 0.8, 0.2, steps, **options) - exact).abs().max())
        for steps in (n, 2 * n)
    ]
    return float(torch.tensor(errors[0] / errors[1]).log2())


@pytest.mark.parametrize("kind", ["linear", "cosine", "flow"])
@pytest.mark.parametrize(
    ("sampler", "expected", "n", "options"),
    [
        ("ddim", 1, 16, {}),
        ("euler", 1, 16, {}),
        ("heun", 2, 16, {}),
        ("dpm++2m", 2, 64, {}),
        ("unipc", 2, 32, dict(order=1)),
        ("unipc", 3, 64, dict(order=2)),
    ],
    ids=str,
)
def test_errors_fall_with_the_order_of_the_solver(
    kind: str, sampler: str, expected: int, n: int, options: dict[str, Any]
):
    assert order(sampler, kind, n, **options) == pytest.approx(expected, abs=0.25)


@pytest.mark.parametrize("warm_up", ["runge_kutta", "heun"])
def test_pndm_is_of_second_order_at_least(warm_up: str):
    assert order("pndm", "cosine", 32, warm_up=warm_up) > 1.8
    assert order("pndm", "linear", 64, warm_up=warm_up) > 1.7


@every_schedule
@pytest.mark.parametrize("sampler", DETERMINISTIC)
def test_many_steps_follow_the_flow_all_the_way(kind: str, sampler: str):
    schedule, x = schedule_of(kind), noise(64)
    drawn = sample(gaussian(schedule), schedule, x, sampler=sampler, steps=150)
    nearest = 0.04 if sampler in ("ddim", "euler") else 0.005
    assert (drawn - flown(schedule, x, 1.0, 0.0)).abs().max() < nearest


@every_schedule
@pytest.mark.parametrize("sampler", DETERMINISTIC)
def test_few_steps_come_near_from_however_faint_a_start(kind: str, sampler: str):
    """sigma / alpha is 20,000 at time 1 of the cosine, and infinite of others."""
    schedule, x = schedule_of(kind), noise(64)
    drawn = sample(gaussian(schedule), schedule, x, sampler=sampler, steps=25)
    assert (drawn - flown(schedule, x, 1.0, 0.0)).abs().max() < 0.2


@every_schedule
@pytest.mark.parametrize("sampler", ["ddpm", "euler_ancestral"])
def test_fresh_noise_draws_the_pictures_of_the_world(kind: str, sampler: str):
    schedule, x = schedule_of(kind), noise(4_000, 1)
    torch.manual_seed(4)
    drawn = sample(gaussian(schedule), schedule, x, sampler=sampler, steps=80)
    assert drawn.mean().item() == pytest.approx(MEAN, abs=0.03)
    assert drawn.std().item() == pytest.approx(SPREAD, abs=0.06)


@every_schedule
def test_lcm_draws_what_a_consistent_model_sees(kind: str):
    """One that knows where the flow ends: then any number of steps draws the world."""
    schedule = schedule_of(kind)

    def consistent(x: Tensor, time: Tensor) -> Tensor:
        return flown(schedule, x, float(time[0]), 0.0)

    for steps in (1, 4):
        torch.manual_seed(4)
        drawn = sample(consistent, schedule, noise(4_000, 1), sampler="lcm", steps=steps)
        assert drawn.mean().item() == pytest.approx(MEAN, abs=0.03)
        assert drawn.std().item() == pytest.approx(SPREAD, abs=0.03)


@pytest.mark.parametrize("kind", ["cosine", "flow"])
@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name != "lcm"])
def test_two_peaks_are_drawn_equally_often_and_as_wide_as_they_are(kind: str, sampler: str):
    schedule, x = schedule_of(kind), noise(2_000, 1)
    torch.manual_seed(5)
    drawn = sample(mixture(schedule), schedule, x, sampler=sampler, steps=60)
    low = drawn < 0
    assert low.double().mean().item() == pytest.approx(0.5, abs=0.06)
    for peak, found in zip(PEAKS, (drawn[low], drawn[~low]), strict=True):
        assert found.mean().item() == pytest.approx(peak, abs=0.05)
        assert found.std().item() == pytest.approx(WIDTH, abs=0.05)


def test_the_flow_of_a_mixture_keeps_the_order_and_the_shares():
    """In one dimension the flow takes each quantile of the noise to that of the pictures."""
    schedule, x = schedule_of("flow"), torch.linspace(-2, 2, 41, dtype=torch.double)[:, None]
    drawn = sample(mixture(schedule), schedule, x, sampler="unipc", steps=100)
    below = [torch.special.ndtr((drawn - peak) / WIDTH) for peak in PEAKS]
    assert torch.allclose((below[0] + below[1]) / 2, torch.special.ndtr(x), atol=2e-3)


# ---------------------------------------------------------------- several names of one step


@every_schedule
def test_euler_is_ddim(kind: str):
    schedule, x = schedule_of(kind), noise(8)
    one, other = (sample(mixture(schedule), schedule, x, sampler=s) for s in ("euler", "ddim"))
    assert torch.allclose(one, other, atol=1e-9)


@every_schedule
def test_ddpm_and_euler_ancestral_are_ddim_with_eta_1(kind: str):
    schedule, x = schedule_of(kind), noise(8, 1)
    ways: list[tuple[str, dict[str, Any]]] = [
        ("ddim", dict(eta=1.0)),
        ("ddpm", {}),
        ("euler_ancestral", {}),
    ]
    drawn = [
        sample(mixture(schedule), schedule, x, sampler=s, draw=Draws(range(8), (1,)), **how)
        for s, how in ways
    ]
    assert torch.allclose(drawn[0], drawn[1], atol=1e-6)
    assert torch.allclose(drawn[0], drawn[2], atol=1e-6)


@every_schedule
def test_a_world_of_one_picture_is_drawn_in_one_step_by_all(kind: str):
    schedule, x = schedule_of(kind), noise(2, 3, 4, 4)
    for sampler in SAMPLERS:
        drawn = sample(lambda x, _: torch.full_like(x, 0.25), schedule, x, sampler=sampler, steps=1)
        assert torch.allclose(drawn, torch.full_like(x, 0.25), atol=1e-12)


def inverted(kind: str, steps: int, refine: int) -> tuple[Tensor, Tensor, Tensor]:
    """A picture, its inversion up to time 0.9, and what ddim draws from that."""
    schedule, image = schedule_of(kind), MEAN + SPREAD * noise(16)
    times, denoise = spaced_times(schedule, steps, start=0.9), gaussian(schedule)
    back = ddim_inversion(denoise, schedule, image, times, refine=refine)
    return image, back, find_sampler("ddim")(Walk(denoise, schedule, times), back)


@every_schedule
def test_ddim_inverts_exactly_where_the_guess_is_corrected(kind: str):
    image, _, again = inverted(kind, steps=16, refine=30)
    assert (again - image).abs().max() < 1e-8


@every_schedule
def test_ddim_inverts_the_nearer_the_more_steps(kind: str):
    few, many = (inverted(kind, steps, refine=0) for steps in (100, 400))
    gaps = [float((again - image).abs().max()) for image, _, again in (few, many)]
    assert gaps[1] < 0.1
    assert gaps[0] / gaps[1] == pytest.approx(4, abs=1.2)
    image, back, _ = many
    expected = flown(schedule_of(kind), image, 0.0, 0.9)
    assert back.var().item() == pytest.approx(expected.var().item(), rel=0.15)


def test_corrections_invert_ddim_only_where_steps_are_short():
    """The docstring of ddim_inversion: peaks of a fiftieth of their distance."""
    schedule = schedule_of("cosine")
    image = torch.cat([peak + 0.02 * noise(16) for peak in PEAKS])

    def gap(steps: int, refine: int) -> float:
        times, denoise = spaced_times(schedule, steps, start=0.9), mixture(schedule, width=0.02)
        back = ddim_inversion(denoise, schedule, image, times, refine=refine)
        again = find_sampler("ddim")(Walk(denoise, schedule, times), back)
        return float((again - image).abs().max())

    assert gap(200, 30) < 1e-12
    assert gap(50, 30) > 0.5 and gap(50, 100) > 0.5  # of the 1.1 between the peaks


# ---------------------------------------------------------------- stops


@every_schedule
@pytest.mark.parametrize("spacing", ["uniform", "quadratic", "log_snr", "karras"])
@pytest.mark.parametrize("start", [1.0, 0.4])
def test_stops_fall_from_the_start_to_0(kind: str, spacing: Any, start: float):
    for steps in (1, 2, 7, 50):
        times = spaced_times(schedule_of(kind), steps, start, spacing)
        assert len(times) == steps + 1
        assert times[0] == start and times[-1] == 0
        assert all(a > b for a, b in zip(times, times[1:], strict=False))


def test_each_spacing_is_even_in_its_own_measure():
    schedule = schedule_of("cosine")

    def uneven(spacing: Any, measure: Callable[[Tensor], Tensor]) -> float:
        times = torch.tensor(spaced_times(schedule, 12, 0.9, spacing)[:-1], dtype=torch.double)
        return float(measure(times).diff().std() / measure(times).diff().mean().abs())

    assert uneven("uniform", lambda t: t) < 1e-6
    assert uneven("quadratic", lambda t: t.sqrt()) < 1e-6
    assert uneven("log_snr", schedule.log_snr) < 1e-6
    assert uneven("karras", lambda t: (-schedule.log_snr(t) / 14).exp()) < 1e-6


@every_sampler
def test_every_spacing_draws(sampler: str):
    schedule, x = schedule_of("flow"), noise(64)
    for spacing in ("quadratic", "log_snr", "karras"):
        drawn = sample(gaussian(schedule), schedule, x, sampler=sampler, steps=60, spacing=spacing)
        assert drawn.isfinite().all()
        assert drawn.mean().item() == pytest.approx(MEAN, abs=0.2)


# ---------------------------------------------------------------- around the steps


@every_sampler
def test_a_picture_depends_on_its_own_seed_only(sampler: str):
    schedule = schedule_of("cosine")

    def drawn(seeds: list[int]) -> Tensor:
        draws = Draws(seeds, (2, 3))
        how: dict[str, Any] = dict(sampler=sampler, steps=6, draw=draws)
        return sample(mixture(schedule), schedule, draws(), **how)

    together = drawn([3, 8, 5])
    assert torch.allclose(together[1], drawn([8])[0], atol=1e-6)
    assert torch.allclose(together[2], drawn([5, 3])[0], atol=1e-6)
    assert not torch.allclose(together[0], together[1], atol=0.01)


@every_sampler
def test_a_preview_shows_every_step_once(sampler: str):
    schedule, seen = schedule_of("linear"), []
    sample(
        gaussian(schedule),
        schedule,
        noise(2, 3),
        sampler=sampler,
        steps=5,
        preview=lambda step, clean: seen.append((step, clean.shape)),
    )
    assert seen == [(step, (2, 3)) for step in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("sampler", "asked"), [("ddim", 10), ("heun", 19), ("pndm", 19), ("unipc", 10), ("dpm++2m", 10)]
)
def test_questions_are_as_many_as_the_paper_says(sampler: str, asked: int):
    schedule, times = schedule_of("linear"), []

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        times.append(time)
        return torch.zeros_like(x)

    sample(denoise, schedule, noise(3, 2), sampler=sampler, steps=10)
    assert len(times) == asked
    assert all(time.shape == (3,) and (time > 0).all() for time in times)


def test_ddpm_with_the_large_variance_draws_wider_pictures():
    schedule, stds = schedule_of("linear"), []
    for variance in ("small", "large"):
        torch.manual_seed(0)
        drawn = sample(
            gaussian(schedule),
            schedule,
            noise(4_000, 1),
            sampler="ddpm",
            steps=10,
            variance=variance,
        )
        stds.append(drawn.std().item())
    assert stds[1] > stds[0] + 0.05


@pytest.mark.parametrize("steps", [0, -3])
def test_no_steps_are_refused(steps: int):
    with pytest.raises(ConfigError, match=f"steps: must be at least 1; got {steps}"):
        sample(gaussian(schedule_of("flow")), schedule_of("flow"), noise(1), steps=steps)


def test_more_steps_than_the_schedule_has_are_refused():
    schedule = make_schedule(NoiseConfig(kind="linear", n_steps=50))
    with pytest.raises(ConfigError, match="steps: must be at most 50, .* got 51"):
        spaced_times(schedule, 51)
    assert len(spaced_times(schedule, 50)) == 51
    assert len(spaced_times(schedule_of("flow"), 5000)) == 5001


@pytest.mark.parametrize("start", [0.0, -1.0, 1.5, float("nan")])
def test_a_start_outside_of_time_is_refused(start: float):
    with pytest.raises(ConfigError, match="start: must be above 0 and at most 1; got"):
        spaced_times(schedule_of("flow"), 5, start)


def test_an_unknown_sampler_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match='no sampler "unipcc". Did you mean "unipc"'):
        find_sampler("unipcc")


def test_an_order_that_unipc_lacks_is_refused():
    schedule = schedule_of("flow")
    with pytest.raises(ConfigError, match="order: must be 1, 2 or 3; got 4"):
        sample(gaussian(schedule), schedule, noise(1), sampler="unipc", order=4)
