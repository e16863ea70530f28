"""Contracts of diffusion: what noise does is known in closed form, and so is what takes it away."""

from itertools import product
from typing import get_args

import torch
from torch import Tensor

from jium.generation.diffusion import Denoise, Walk, find_sampler, sample, spaced_times
from jium.generation.first_order import ddim_inversion
from jium.generation.guidance import Guidance, guided
from jium.models.noise import NoiseConfig, Predicts, Schedule, convert, make_schedule, target

SETTINGS = [
    NoiseConfig(kind="linear"),
    NoiseConfig(kind="scaled_linear"),
    NoiseConfig(kind="cosine"),
    NoiseConfig(kind="linear", zero_terminal_snr=True),
    NoiseConfig(kind="flow"),
    NoiseConfig(kind="flow", shift=3.0),
]
TIMES = (0.02, 0.25, 0.5, 0.75, 0.98)
PICTURES = 256
STEPS = {"ddim": 300, "euler": 300, "heun": 60, "pndm": 60, "dpm++2m": 60, "unipc": 60}
MEAN, SPREAD = 0.3, 0.5  # of a world of pictures that is Gaussian


def _noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.double)


def forward_moments() -> float:
    """Mean and variance of noised pictures against the closed form, at every time of every
    schedule. Noise here is of mean 0 and variance 1 exactly, and nothing of the pictures is in it.
    """
    clean = MEAN + SPREAD * _noise(PICTURES, 1)
    noise = _noise(PICTURES, 1, seed=1)
    basis = torch.cat((torch.ones_like(clean), clean), dim=1)
    noise = noise - basis @ torch.linalg.lstsq(basis, noise).solution
    noise = noise / noise.std(correction=0)
    gap = 0.0
    for settings, time in product(SETTINGS, TIMES):
        schedule, at = make_schedule(settings), torch.full((PICTURES,), time)
        x = schedule.add_noise(clean.float(), noise.float(), at).double()
        alpha, sigma = _levels(settings, time)
        variance = alpha**2 * clean.var(correction=0) + sigma**2
        gap = max(gap, float((x.mean() - alpha * clean.mean()).abs()))
        gap = max(gap, float((x.var(correction=0) - variance).abs()))
    return gap


def _levels(settings: NoiseConfig, time: float) -> tuple[float, float]:
    """alpha and sigma as the papers have them, where that is one line; elsewhere of each other."""
    if settings.kind == "flow":
        sigma = settings.shift * time / (1 + (settings.shift - 1) * time)
        return 1 - sigma, sigma
    if settings.kind == "linear" and not settings.zero_terminal_snr:
        betas = torch.linspace(*settings.betas, settings.n_steps, dtype=torch.double)
        kept = float((1 - betas[: round(time * settings.n_steps)]).prod())
        return kept**0.5, (1 - kept) ** 0.5
    alpha = float(make_schedule(settings).alpha(torch.tensor(time, dtype=torch.double)))
    return alpha, (1 - alpha**2) ** 0.5


def parametrisations() -> float:
    """Every prediction said every other way, against what it is by definition."""
    clean, noise = _noise(5, 3, 4, 4), _noise(5, 3, 4, 4, seed=1)
    time, gap = torch.tensor(TIMES, dtype=torch.double), 0.0
    kinds: tuple[Predicts, ...] = get_args(Predicts)
    for settings in SETTINGS:
        schedule = make_schedule(settings)
        x, levels = schedule.add_noise(clean, noise, time), schedule.levels(time, clean)
        for source, wanted in product(kinds, kinds):
            said = target(source, clean, noise, *levels)
            found = convert(source, wanted, said, x, *levels)
            gap = max(gap, float((found - target(wanted, clean, noise, *levels)).abs().max()))
    return gap


def zero_terminal_snr() -> float:
    """What is left of the picture at time 1 where nothing should be."""
    bare = [s for s in SETTINGS if s.zero_terminal_snr or s.kind == "flow"]
    return max(float(make_schedule(settings).alpha(torch.ones(1))) for settings in bare)


def guidance_of_one() -> float:
    """Guidance 1 against the model with the words, and 0 against the one without."""
    x, time = _noise(2, 3, 4, 4), torch.full((2,), 0.5)
    with_words, without = torch.tanh, torch.sin
    gap = 0.0
    for scale, alone in ((1.0, with_words), (0.0, without)):
        steered = guided(
            lambda x, _: with_words(x), lambda x, _: without(x), Guidance(scale=scale, rescale=0.7)
        )
        gap = max(gap, float((steered(x, time) - alone(x)).abs().max()))
    return gap


def samplers() -> float:
    """Where samplers without fresh noise end in a Gaussian world, against where its flow does."""
    gap = 0.0
    kinds = [settings for settings in SETTINGS if settings.kind != "scaled_linear"]  # wants more
    for settings, (name, steps) in product(kinds, STEPS.items()):
        schedule, x = make_schedule(settings), _noise(32)
        drawn = sample(_gaussian(schedule), schedule, x, sampler=name, steps=steps)
        gap = max(gap, float((drawn - _flown(schedule, x)).abs().max()))
    return gap


def _gaussian(schedule: Schedule) -> Denoise:
    """The mean of clean given x."""

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        alpha, sigma = schedule.levels(time.double(), x)
        gain = alpha * SPREAD**2 / (alpha**2 * SPREAD**2 + sigma**2)
        return MEAN + gain * (x - alpha * MEAN)

    return denoise


def _flown(schedule: Schedule, x: Tensor) -> Tensor:
    """The probability flow from time 1 to 0 keeps how many spreads x lies from the mean."""
    end = torch.ones(1, dtype=torch.double)
    alpha, sigma = schedule.alpha(end), schedule.sigma(end)
    return MEAN + SPREAD * (x - alpha * MEAN) / (alpha**2 * SPREAD**2 + sigma**2).sqrt()


def inversion() -> float:
    """Pictures taken back to noise and drawn from it again by ddim."""
    gap = 0.0
    for settings in SETTINGS:
        schedule, image = make_schedule(settings), MEAN + SPREAD * _noise(32)
        times, denoise = spaced_times(schedule, 16, start=0.9), _gaussian(schedule)
        noise = ddim_inversion(denoise, schedule, image, times, refine=30)
        again = find_sampler("ddim")(Walk(denoise, schedule, times), noise)
        gap = max(gap, float((again - image).abs().max()))
    return gap
