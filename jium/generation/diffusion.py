"""Drawing by taking noise away: what all samplers share, and their names.

A sampler walks from noise, time 1, to a picture, time 0, over a schedule (`jium.models.noise`). At
each stop it asks one thing, `denoise(x, time)`: the clean picture that x, (batch, channels, height,
width), at times, (batch,), most probably is. Whatever a model predicts is said so beforehand, and
guidance, masks, tiles and clipping are functions from one such question to another.
"""

import math
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Literal

import torch
from torch import Tensor

from jium.config import nearest
from jium.errors import ConfigError
from jium.models.noise import Schedule
from jium.ranges import at_least

Denoise = Callable[[Tensor, Tensor], Tensor]
Draw = Callable[[], Tensor]
Preview = Callable[[int, Tensor], None]  # steps done so far, the clean picture as it looks now
Spacing = Literal["uniform", "quadratic", "log_snr", "karras"]
Level = tuple[float, float]  # alpha and sigma
FAINT = 1e-3  # alpha: below, sigma / alpha is too large to take steps of (on the cosine 20,000)

SAMPLERS = {
    "ddpm": "jium.generation.first_order:ddpm",
    "ddim": "jium.generation.first_order:ddim",
    "euler": "jium.generation.first_order:euler",
    "euler_ancestral": "jium.generation.first_order:euler_ancestral",
    "lcm": "jium.generation.first_order:lcm",
    "heun": "jium.generation.higher_order:heun",
    "pndm": "jium.generation.higher_order:pndm",
    "dpm++2m": "jium.generation.higher_order:dpm_2m",
    "unipc": "jium.generation.higher_order:unipc",
}


@torch.no_grad()
def sample(
    denoise: Denoise,
    schedule: Schedule,
    noise: Tensor,
    *,
    sampler: str = "dpm++2m",
    steps: int = 25,
    start: float = 1.0,
    spacing: Spacing = "uniform",
    draw: Draw | None = None,
    preview: Preview | None = None,
    **options: float | str | bool,
) -> Tensor:
    """Pictures from noise, both (batch, channels, height, width).

    noise: x at time `start`: standard normal for 1. draw: the fresh noise of samplers that need it
    (`Draws`, or of torch's own generator). options: the sampler's own, as eta of ddim.
    Raises ConfigError for an unknown sampler, no steps, or more than the schedule has.
    """
    times = spaced_times(schedule, steps, start, spacing)
    return find_sampler(sampler)(Walk(denoise, schedule, times, draw, preview), noise, **options)


def find_sampler(name: str) -> Callable[..., Tensor]:
    """A function of a walk and x. Raises ConfigError with the nearest name and all names."""
    if name not in SAMPLERS:
        raise ConfigError(
            'no {what} "{kind}".{near} Known: {known}.',
            key="sampler",
            what="sampler",
            kind=name,
            near=nearest(name, SAMPLERS),
            known=", ".join(sorted(SAMPLERS)),
        )
    module, function = SAMPLERS[name].split(":")
    return getattr(import_module(module), function)


class Draws:
    """Standard normal noise in which each picture depends on its own seed alone.

    Each call gives the next, (len(seeds), *shape).
    """

    def __init__(
        self, seeds: Sequence[int], shape: Sequence[int], device: torch.device | str = "cpu"
    ) -> None:
        self.shape, self.device = tuple(shape), device
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self) -> Tensor:
        rows = [torch.randn(self.shape, generator=one) for one in self.generators]
        return torch.stack(rows).to(self.device)


class Walk:
    """Stops from noise to picture, and what is asked at each.

    times: falling; where the last is 0 the picture there is clean, whatever the schedule says.
    levels: alpha and sigma of each, in float64.
    """

    def __init__(
        self,
        denoise: Denoise,
        schedule: Schedule,
        times: Sequence[float],
        draw: Draw | None = None,
        preview: Preview | None = None,
    ) -> None:
        self.denoise, self.schedule, self.times = denoise, schedule, list(times)
        self.preview, self._draw = preview, draw
        self.levels = self._levels(self.times)
        self.n = len(self.times) - 1
        # Along a line x moves straight while the clean picture stays the same: see `place`.
        self.straight = schedule.straight or any(alpha < FAINT for alpha, _ in self.levels)

    def level(self, time: float) -> Level:
        """alpha and sigma of a time."""
        return self._levels([time])[0]

    @torch.no_grad()
    def _levels(self, times: Sequence[float]) -> list[Level]:
        at = torch.tensor(times, dtype=torch.double)
        alphas, sigmas = self.schedule.alpha(at).tolist(), self.schedule.sigma(at).tolist()
        known = zip(times, alphas, sigmas, strict=True)
        return [(alpha, sigma) if time else (1.0, 0.0) for time, alpha, sigma in known]

    def ask(self, x: Tensor, time: float) -> Tensor:
        """The clean picture in x."""
        return self.denoise(x, torch.full((len(x),), time, device=x.device))

    def look(self, x: Tensor, i: int) -> Tensor:
        """The clean picture in x at stop i, shown to whoever watches."""
        clean = self.ask(x, self.times[i])
        if self.preview is not None:
            self.preview(i + 1, clean)
        return clean

    def draw(self, x: Tensor) -> Tensor:
        """Fresh noise of the shape of x."""
        return torch.randn_like(x) if self._draw is None else self._draw().to(x)

    def scale(self, level: Level) -> float:
        """Divided by it, x lies on the line."""
        alpha, sigma = level
        return alpha + sigma if self.straight else alpha

    def place(self, level: Level) -> float:
        """Where on the line: y = x / scale moves by the same slope all along it.

        sigma / alpha, where y = clean + place * noise (Karras et al., 2022); or, where alpha comes
        to nearly 0, sigma / (alpha + sigma), where y = (1 - place) * clean + place * noise, as
        flows have it.
        """
        return level[1] / self.scale(level)

    def slope(self, x: Tensor, clean: Tensor, level: Level) -> Tensor:
        """dy / dplace: the noise, or the noise less the clean picture."""
        return (x / self.scale(level) - clean) / self.place(level)

    def along(self, x: Tensor, slope: Tensor, level: Level, to: Level) -> Tensor:
        """x at level `to`, straight on from x at `level`."""
        y = x / self.scale(level) + (self.place(to) - self.place(level)) * slope
        return y * self.scale(to)


def spaced_times(
    schedule: Schedule, steps: int, start: float = 1.0, spacing: Spacing = "uniform"
) -> list[float]:
    """steps + 1 times, falling from `start` to 0.

    uniform: evenly, and time 1 among them (Lin et al., 2023, section 3.3). quadratic: their square
    roots evenly (DDIM's on small pictures). log_snr: even logarithms of the signal-to-noise ratio
    (DPM-Solver). karras: equation 5 of Karras et al. (2022), rho 7.
    Raises ConfigError for less than one step, or more than the schedule has.
    """
    check_steps(schedule, steps)
    if not 0 < start <= 1:
        raise ConfigError("must be above 0 and at most 1; got {value}.", key="start", value=start)
    even = [1 - i / steps for i in range(steps + 1)]
    if spacing == "uniform":
        return [start * share for share in even]
    if spacing == "quadratic":
        return [start * share**2 for share in even]
    last = min(1 / (schedule.n_steps or 1000), start / 2)
    first = min(start, 1 - last)  # time 1 may have no signal, and no logarithm
    ends = schedule.log_snr(torch.tensor([first, last], dtype=torch.double))
    shares = torch.linspace(0, 1, steps, dtype=torch.double)[1:]
    if spacing == "log_snr":
        wanted = ends[0] + shares * (ends[1] - ends[0])
    else:
        high, low = (-ends / 2).exp() ** (1 / 7)  # of sigma / alpha
        wanted = -2 * 7 * (high + shares * (low - high)).log()
    return [start, *schedule.time_at(wanted).tolist(), 0.0]


def check_steps(schedule: Schedule, steps: int, key: str = "steps") -> None:
    """Raises ConfigError for less than one step, or more than the schedule has."""
    at_least(1, steps=steps)
    if schedule.n_steps is not None and steps > schedule.n_steps:
        raise ConfigError(
            "must be at most {most}, the steps of the schedule; got {value}.",
            key=key,
            most=schedule.n_steps,
            value=steps,
        )


def ratio(level: Level) -> float:
    """log(alpha / sigma), half the logarithm of the signal-to-noise ratio; may be infinite."""
    alpha, sigma = level
    if sigma == 0 or alpha == 0:
        return math.inf if sigma == 0 else -math.inf
    return math.log(alpha / sigma)
