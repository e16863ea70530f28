"""Samplers, step after step, against the schedulers of `diffusers` on the same predictions."""

from typing import Any

import pytest
import torch
from torch import Tensor

from jium.generation.diffusion import Denoise, Walk, find_sampler
from jium.generation.first_order import ddim_inversion
from jium.models.noise import NoiseConfig, Predicts, Schedule, make_schedule, target, to_clean

diffusers = pytest.importorskip("diffusers")
diffusers.logging.set_verbosity_error()
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

GAP = 1e-4
BETAS: dict[str, dict[str, Any]] = {
    "linear": dict(beta_schedule="linear", beta_start=1e-4, beta_end=0.02),
    "scaled_linear": dict(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012),
    "cosine": dict(beta_schedule="squaredcos_cap_v2"),
}
PREDICTIONS: dict[Predicts, str] = {"eps": "epsilon", "x0": "sample", "v": "v_prediction"}
START_AT_CLEAN = dict(set_alpha_to_one=True)
FINAL = dict(final_sigmas_type="zero")
both_schedules = pytest.mark.parametrize("kind", ["linear", "scaled_linear"])
every_prediction = pytest.mark.parametrize("predicts", PREDICTIONS)


def predict(schedule: Schedule, x: Tensor, time: float, predicts: Predicts = "eps") -> Tensor:
    """What a model might say of a picture that depends on x, on neighbours and on the time."""
    clean = 0.8 * torch.tanh(x + 0.5 * x.roll(1, -1)) + 0.2 * torch.sin(3 * x + time)
    alpha, sigma = schedule.levels(torch.tensor([time]).double(), x.double())
    return target(predicts, clean, (x - alpha * clean) / sigma, alpha, sigma).float()


def noise() -> Tensor:
    return torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def ours_of(kind: Any, **options: Any) -> Schedule:
    return make_schedule(NoiseConfig(kind=kind, **options))


def denoiser(schedule: Schedule, predicts: Predicts = "eps") -> Denoise:
    """`predict` as our samplers ask."""

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        said = predict(schedule, x, float(time[0]), predicts)
        return to_clean(predicts, said, x, *schedule.levels(time, x))

    return denoise


def times_of(timesteps: Any) -> list[float]:
    """Step k of theirs, counted from 0, is our time (k + 1) / 1000; repeated ones are one stop."""
    stops = sorted({(float(step) + 1) / 1000 for step in timesteps}, reverse=True)
    return [*stops, 0.0]


def walked(
    sampler: str, schedule: Schedule, timesteps: Any, predicts: Predicts = "eps", **options: Any
) -> Tensor:
    torch.manual_seed(1)
    walk = Walk(denoiser(schedule, predicts), schedule, times_of(timesteps))
    return find_sampler(sampler)(walk, noise(), **options)


def stepped(
    scheduler: Any, ours: Schedule, predicts: Predicts = "eps", steps: int = 10, **options: Any
) -> Tensor:
    """Their loop, from the same noise: ours is x, and theirs, in some of them, x / alpha."""
    torch.manual_seed(1)
    scheduler.set_timesteps(steps)
    x = noise()
    if float(scheduler.init_noise_sigma) != 1:
        x = x * (1 + float(scheduler.sigmas[0]) ** 2) ** 0.5
    for step in scheduler.timesteps:
        seen = scheduler.scale_model_input(x, step)
        said = predict(ours, seen, (float(step) + 1) / 1000, predicts)
        x = scheduler.step(said, step, x, **options).prev_sample
    return x


def nearly(one: Tensor, other: Tensor) -> bool:
    """To 1e-4 of the largest value, where that is above 1."""
    largest = float(other.abs().max())
    assert 0.1 < largest < 50  # the comparison is of pictures, not of what blew up
    return float((one - other).abs().max()) < GAP * max(1.0, largest)


# ---------------------------------------------------------------- schedules


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("kind", BETAS)
def test_schedules_are_theirs(kind: str, zero: bool):
    theirs = diffusers.DDIMScheduler(**BETAS[kind], rescale_betas_zero_snr=zero).alphas_cumprod
    schedule, at = ours_of(kind, zero_terminal_snr=zero), torch.arange(1, 1001) / 1000
    assert (schedule.alpha(at) ** 2 - theirs).abs().max() < 1e-5
    # the signal left at the end, to more digits: what zero_terminal_snr is about
    assert float(schedule.alpha(torch.ones(1)) ** 2) == pytest.approx(float(theirs[-1]), abs=1e-7)


@pytest.mark.parametrize("kind", BETAS)
def test_noising_is_theirs(kind: str):
    theirs = diffusers.DDPMScheduler(**BETAS[kind])
    clean, steps = noise().flip(0), torch.tensor([3, 700])
    found = ours_of(kind).add_noise(clean, noise(), (steps + 1) / 1000)
    assert nearly(found, theirs.add_noise(clean, noise(), steps))


def test_flow_is_theirs():
    theirs = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    theirs.set_timesteps(12)
    schedule, x = ours_of("flow", shift=3.0), noise()
    even = schedule.time_at(
        2 * ((1 - theirs.sigmas[:-1]).log() - theirs.sigmas[:-1].log()).double()
    )
    times = [*even.tolist(), 0.0]
    for step, time in zip(theirs.timesteps, times, strict=False):
        x = theirs.step(predict(schedule, x, time, "flow"), step, x).prev_sample
    walk = Walk(denoiser(schedule, "flow"), schedule, times)
    assert nearly(find_sampler("euler")(walk, noise()), x)


# ---------------------------------------------------------------- first order


@every_prediction
@both_schedules
def test_ddim_steps_are_theirs(kind: str, predicts: Predicts):
    theirs = diffusers.DDIMScheduler(
        **BETAS[kind], clip_sample=False, prediction_type=PREDICTIONS[predicts]
    )
    ours = ours_of(kind)
    expected = stepped(theirs, ours, predicts)
    assert nearly(walked("ddim", ours, theirs.timesteps, predicts), expected)


@pytest.mark.parametrize("predicts", ["v", "x0"])
def test_ddim_from_no_signal_at_all_is_theirs(predicts: Predicts):
    theirs = diffusers.DDIMScheduler(
        **BETAS["linear"],
        clip_sample=False,
        prediction_type=PREDICTIONS[predicts],
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
    )
    ours = ours_of("linear", zero_terminal_snr=True)
    expected = stepped(theirs, ours, predicts)
    assert theirs.timesteps[0] == 999
    assert nearly(walked("ddim", ours, theirs.timesteps, predicts), expected)


@both_schedules
def test_ddim_with_fresh_noise_is_theirs(kind: str):
    theirs = diffusers.DDIMScheduler(**BETAS[kind], clip_sample=False)
    ours = ours_of(kind)
    expected = stepped(theirs, ours, eta=0.7)
    assert nearly(walked("ddim", ours, theirs.timesteps, eta=0.7), expected)


@pytest.mark.parametrize("variance", ["small", "large"])
@both_schedules
def test_ddpm_steps_are_theirs(kind: str, variance: str):
    theirs = diffusers.DDPMScheduler(
        **BETAS[kind], clip_sample=False, variance_type=f"fixed_{variance}"
    )
    ours = ours_of(kind)
    expected = stepped(theirs, ours)
    assert nearly(walked("ddpm", ours, theirs.timesteps, variance=variance), expected)


@both_schedules
def test_ddim_inversion_is_theirs(kind: str):
    theirs, ours, x = diffusers.DDIMInverseScheduler(**BETAS[kind]), ours_of(kind), noise()
    theirs.register_to_config(clip_sample=False)
    theirs.set_timesteps(10)
    for step in theirs.timesteps:
        said = predict(ours, x, (float(step) + 1) / 1000)
        x = theirs.step(said, step, x).prev_sample
    times = times_of(theirs.timesteps)
    assert nearly(ddim_inversion(denoiser(ours), ours, noise(), times, refine=0), x)


@both_schedules
def test_euler_steps_are_theirs(kind: str):
    theirs = diffusers.EulerDiscreteScheduler(**BETAS[kind])
    ours = ours_of(kind)
    expected = stepped(theirs, ours)
    assert nearly(walked("euler", ours, theirs.timesteps), expected)


@both_schedules
def test_euler_ancestral_steps_are_theirs(kind: str):
    theirs = diffusers.EulerAncestralDiscreteScheduler(**BETAS[kind])
    ours = ours_of(kind)
    expected = stepped(theirs, ours)
    assert nearly(walked("euler_ancestral", ours, theirs.timesteps), expected)


def test_lcm_steps_are_theirs():
    """With their boundary condition, which is part of the model: at time 0 it returns x."""
    theirs = diffusers.LCMScheduler(**BETAS["scaled_linear"], clip_sample=False)
    schedule = ours_of("scaled_linear")
    expected = stepped(theirs, schedule, steps=4)
    plain = denoiser(schedule)

    def bounded(x: Tensor, time: Tensor) -> Tensor:
        scaled = (time[0] * 1000 - 1) * 10
        skip, out = 0.25 / (scaled**2 + 0.25), scaled / (scaled**2 + 0.25) ** 0.5
        return out * plain(x, time) + skip * x

    torch.manual_seed(1)
    found = find_sampler("lcm")(Walk(bounded, schedule, times_of(theirs.timesteps)), noise())
    assert nearly(found, expected)


# ---------------------------------------------------------------- higher order


@pytest.mark.parametrize("predicts", ["eps", "v"])
@both_schedules
def test_heun_steps_are_theirs(kind: str, predicts: Predicts):
    """At levels in float64: theirs, in float32, are off by 1e-4 near time 0, and that shows."""
    theirs = diffusers.HeunDiscreteScheduler(**BETAS[kind], prediction_type=PREDICTIONS[predicts])
    theirs.alphas_cumprod = (1 - theirs.betas.double()).cumprod(0)
    ours = ours_of(kind)
    expected = stepped(theirs, ours, predicts)
    assert nearly(walked("heun", ours, theirs.timesteps, predicts), expected)


def test_heun_steps_of_a_flow_are_theirs():
    theirs = diffusers.FlowMatchHeunDiscreteScheduler()
    theirs.set_timesteps(10)
    schedule, x = ours_of("flow"), noise()
    for step in theirs.timesteps:
        said = predict(schedule, x, float(step) / 1000, "flow")
        x = theirs.step(said, step, x).prev_sample
    stops = sorted({float(step) / 1000 for step in theirs.timesteps}, reverse=True)
    walk = Walk(denoiser(schedule, "flow"), schedule, [*stops, 0.0])
    assert nearly(find_sampler("heun")(walk, noise()), x)


@pytest.mark.parametrize("steps", [4, 10, 25])
@every_prediction
@both_schedules
def test_dpm_solver_steps_are_theirs(kind: str, predicts: Predicts, steps: int):
    theirs = diffusers.DPMSolverMultistepScheduler(
        **BETAS[kind], **FINAL, prediction_type=PREDICTIONS[predicts]
    )
    ours = ours_of(kind)
    expected = stepped(theirs, ours, predicts, steps)
    assert nearly(walked("dpm++2m", ours, theirs.timesteps, predicts), expected)


@pytest.mark.parametrize("order", [1, 2, 3])
@every_prediction
@both_schedules
def test_unipc_steps_are_theirs(kind: str, predicts: Predicts, order: int):
    theirs = diffusers.UniPCMultistepScheduler(
        **BETAS[kind], **FINAL, solver_order=order, prediction_type=PREDICTIONS[predicts]
    )
    ours = ours_of(kind)
    expected = stepped(theirs, ours, predicts)
    found = walked("unipc", ours, theirs.timesteps, predicts, order=order)
    assert nearly(found, expected)


@both_schedules
@pytest.mark.parametrize("warm_up", ["runge_kutta", "heun"])
def test_pndm_steps_are_theirs(kind: str, warm_up: str):
    theirs = diffusers.PNDMScheduler(
        **BETAS[kind], **START_AT_CLEAN, skip_prk_steps=warm_up == "heun"
    )
    ours = ours_of(kind)
    expected = stepped(theirs, ours)
    stops = [step for step in theirs.timesteps if int(step) % 100 == 0]
    assert nearly(walked("pndm", ours, stops, warm_up=warm_up), expected)
