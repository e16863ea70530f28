"""How much noise a picture carries at each time, and what a denoiser may predict about it.

At time t in [0, 1], 0 clean and 1 noise, a picture is seen as

    x_t = alpha(t) clean + sigma(t) noise,        noise standard normal

(Kingma et al., 2021, https://arxiv.org/abs/2107.00630). A schedule says what alpha and sigma are,
by the logarithm of the signal-to-noise ratio alpha^2 / sigma^2, which only ever falls. Most keep
alpha^2 + sigma^2 = 1 (variance preserving); the straight one keeps alpha + sigma = 1 (flow).

Whatever a denoiser predicts, the noise (eps), the clean picture (x0), Salimans' velocity (v) or the
direction of the flow, the others follow from it and x_t: `convert`.
"""

import math
from abc import ABC, abstractmethod
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.ranges import above_zero, at_least

Predicts = Literal["eps", "x0", "v", "flow"]
HALVINGS = 60  # of [0, 1] in search of a time: float64 tells no nearer ones apart


@config
class NoiseConfig:
    """A schedule, by name.

    linear: betas of Ho et al. (2020), https://arxiv.org/abs/2006.11239. scaled_linear: linear in
    their square roots (latent diffusion, Rombach et al., 2022). cosine: equation 17 of Nichol and
    Dhariwal (2021), https://arxiv.org/abs/2102.09672. flow: alpha 1 - t, sigma t (Liu et al., 2022,
    https://arxiv.org/abs/2209.03003). learned: monotone, appendix H of Kingma et al. (2021); errors
    then count evenly over the logarithm of the signal-to-noise ratio, and the schedule learns at
    which times to look so that their mean varies least.
    """

    kind: Literal["linear", "scaled_linear", "cosine", "flow", "learned"] = "cosine"
    n_steps: int = 1000  # of linear, scaled_linear, cosine: how many betas; a sampler takes no more
    beta_first: float | None = None  # of linear 1e-4, of scaled_linear 0.00085
    beta_last: float | None = None  # of linear 0.02, of scaled_linear 0.012
    zero_terminal_snr: bool = False  # nothing of the picture is left at time 1; flow is always so
    shift: float = (
        1.0  # above 1: noisier at each time, as large pictures want (divides alpha/sigma)
    )

    def __post_init__(self) -> None:
        at_least(1, n_steps=self.n_steps)
        above_zero(shift=self.shift)
        first, last = self.betas
        if not 0 < first <= last < 1:
            raise ConfigError(
                "betas must rise within (0, 1); got {first} to {last}.",
                key="beta_first",
                first=first,
                last=last,
            )
        if self.kind == "learned" and self.zero_terminal_snr:
            raise ConfigError(
                "a learned schedule has its ends fixed; take linear, cosine or flow.",
                key="zero_terminal_snr",
            )
        if self.zero_terminal_snr:
            at_least(2, n_steps=self.n_steps)  # its first is not its last

    @property
    def betas(self) -> tuple[float, float]:
        """The first and the last."""
        first, last = (0.00085, 0.012) if self.kind == "scaled_linear" else (1e-4, 0.02)
        return (
            first if self.beta_first is None else self.beta_first,
            last if self.beta_last is None else self.beta_last,
        )


class Schedule(nn.Module, ABC):
    """alpha and sigma at each time.

    n_steps: the most steps that sampling may take; None where any number will do. straight: alpha +
    sigma = 1 rather than alpha^2 + sigma^2 = 1.
    """

    n_steps: int | None = None
    straight = False

    def __init__(self, shift: float = 1.0) -> None:
        super().__init__()
        self.shift = shift

    @abstractmethod
    def unshifted(self, time: Tensor) -> Tensor:
        """log(alpha^2 / sigma^2) before the shift, of times in float64."""

    def log_snr(self, time: Tensor) -> Tensor:
        """log(alpha^2 / sigma^2), of the shape of time; infinite where none, or all, is noise."""
        return self._log_snr(time).to(time.dtype)

    def alpha(self, time: Tensor) -> Tensor:
        """The share of the clean picture, of the shape of time."""
        return self._share(self._log_snr(time)).to(time.dtype)

    def sigma(self, time: Tensor) -> Tensor:
        """The share of the noise, of the shape of time."""
        return self._share(-self._log_snr(time)).to(time.dtype)

    def levels(self, time: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """alpha and sigma of times, (batch,), as (batch, 1, ...) to stand beside `like`."""
        shape = (-1, *[1] * (like.dim() - 1))
        return self.alpha(time).view(shape).to(like), self.sigma(time).view(shape).to(like)

    def clock(self, time: Tensor) -> Tensor:
        """What a denoiser is told of times, (batch,): themselves."""
        return time

    def pace(self, time: Tensor) -> Tensor | None:
        """How fast log_snr falls at times, (batch,), beside its mean; None where nobody asks."""
        return None

    def add_noise(self, clean: Tensor, noise: Tensor, time: Tensor) -> Tensor:
        """x_t of clean pictures, (batch, ...), at times, (batch,)."""
        alpha, sigma = self.levels(time, clean)
        return alpha * clean + sigma * noise

    @torch.no_grad()
    def time_at(self, log_snr: Tensor) -> Tensor:
        """When the signal-to-noise ratio is such: the inverse of `log_snr`, by halving."""
        low = torch.zeros_like(log_snr, dtype=torch.double)
        high = torch.ones_like(low)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            early = self._log_snr(middle) > log_snr  # clearer than wanted: later
            low, high = torch.where(early, middle, low), torch.where(early, high, middle)
        return high.to(log_snr.dtype)

    def _log_snr(self, time: Tensor) -> Tensor:
        return self.unshifted(time.double()) - 2 * math.log(self.shift)

    def _share(self, log_snr: Tensor) -> Tensor:
        return (log_snr / 2).sigmoid() if self.straight else log_snr.sigmoid().sqrt()


class BetaSchedule(Schedule):
    """The product of (1 - beta), as Ho et al. (2020) have it: time k / n_steps is their step k.

    Between steps alpha is interpolated; at time 0 it is 1.
    """

    def __init__(self, betas: Tensor, zero_terminal_snr: bool = False, shift: float = 1.0) -> None:
        super().__init__(shift)
        alphas = (1 - betas.double()).cumprod(0).sqrt()
        if zero_terminal_snr:
            alphas = without_signal_at_the_end(alphas)
        self.alphas = torch.cat((alphas.new_ones(1), alphas))  # no buffer: stays float64
        self.n_steps = len(betas)

    def unshifted(self, time: Tensor) -> Tensor:
        alphas = self.alphas.to(time.device)
        place = time.clamp(0, 1) * (len(alphas) - 1)
        before = place.floor().long().clamp(max=len(alphas) - 2)
        alpha = torch.lerp(alphas[before], alphas[before + 1], place - before)
        return 2 * alpha.log() - torch.log1p(-alpha.square())


class FlowSchedule(Schedule):
    """From the picture to the noise in a straight line: alpha 1 - t, sigma t."""

    straight = True

    def unshifted(self, time: Tensor) -> Tensor:
        time = time.clamp(0, 1)
        return 2 * (torch.log1p(-time) - time.log())


class LearnedSchedule(Schedule):
    """A monotone network between two ends, appendix H of Kingma et al. (2021).

    Nothing but which level of noise stands at which time is learned. So the denoiser is told the
    level (`clock`), and errors count by how many levels a time stands for (`pace`): their mean over
    times is that over levels, equation 18, and the schedule cannot make it small by itself.
    """

    def __init__(
        self, clean: float = 13.3, noisy: float = -10.0, hidden: int = 64, shift: float = 1.0
    ) -> None:
        """clean, noisy: log signal-to-noise ratios at times 0 and 1."""
        super().__init__(shift)
        self.clean, self.noisy = clean, noisy
        self.straight_weight = nn.Parameter(torch.zeros(()))
        self.in_weight = nn.Parameter(torch.randn(hidden))
        self.in_bias = nn.Parameter(torch.randn(hidden))
        self.out_weight = nn.Parameter(torch.randn(hidden) - math.log(hidden))

    def unshifted(self, time: Tensor) -> Tensor:
        return self.clean + (self.noisy - self.clean) * self._fallen(time)[0]

    def clock(self, time: Tensor) -> Tensor:
        """How far log_snr has fallen, from 0 to 1."""
        return self._fallen(time.double())[0].to(time.dtype)

    def pace(self, time: Tensor) -> Tensor:
        return self._fallen(time.double())[1].to(time.dtype)

    def _fallen(self, time: Tensor) -> tuple[Tensor, Tensor]:
        """The share of the way from one end to the other, and its derivative."""
        (first, _), (last, _) = self._rise(time.new_zeros(())), self._rise(time.new_ones(()))
        height, slope = self._rise(time.clamp(0, 1))
        return (height - first) / (last - first), slope / (last - first)

    def _rise(self, time: Tensor) -> tuple[Tensor, Tensor]:
        """A function that rises, for no weight is below 0; and its derivative."""
        straight, weight, out = (
            F.softplus(one).to(time)
            for one in (self.straight_weight, self.in_weight, self.out_weight)
        )
        bent = torch.sigmoid(time[..., None] * weight + self.in_bias.to(time))
        return straight * time + bent @ out, straight + (bent * (1 - bent)) @ (weight * out)


def make_schedule(settings: NoiseConfig) -> Schedule:
    """The schedule that `settings` names."""
    if settings.kind == "flow":
        return FlowSchedule(settings.shift)
    if settings.kind == "learned":
        return LearnedSchedule(shift=settings.shift)
    first, last = settings.betas
    betas = {
        "linear": lambda: torch.linspace(first, last, settings.n_steps, dtype=torch.double),
        "scaled_linear": lambda: (
            torch.linspace(first**0.5, last**0.5, settings.n_steps, dtype=torch.double) ** 2
        ),
        "cosine": lambda: cosine_betas(settings.n_steps),
    }[settings.kind]()
    return BetaSchedule(betas, settings.zero_terminal_snr, settings.shift)


def cosine_betas(n_steps: int, offset: float = 0.008, most: float = 0.999) -> Tensor:
    """(n_steps,), equation 17 of Nichol and Dhariwal (2021); none above `most`."""
    time = torch.linspace(0, 1, n_steps + 1, dtype=torch.double)
    kept = ((time + offset) / (1 + offset) * math.pi / 2).cos().square()
    return (1 - kept[1:] / kept[:-1]).clamp(max=most)


def without_signal_at_the_end(alphas: Tensor) -> Tensor:
    """Shifted and scaled so that the last is 0 and the first stays, algorithm 1 of Lin et al.
    (2023), https://arxiv.org/abs/2305.08891.

    Other schedules leave a little of the picture at time 1, which sampling from pure noise lacks:
    such models draw only pictures of medium brightness.
    """
    first, last = alphas[0], alphas[-1]
    return (alphas - last) * first / (first - last)


# ---------------------------------------------------------------- what is predicted


def target(
    predicts: Predicts, clean: Tensor, noise: Tensor, alpha: Tensor, sigma: Tensor
) -> Tensor:
    """What a denoiser that predicts so is to say; alpha, sigma: as of `Schedule.levels`."""
    match predicts:
        case "eps":
            return noise
        case "x0":
            return clean
        case "v":
            return alpha * noise - sigma * clean  # Salimans and Ho (2022), section 4
        case "flow":
            return noise - clean


def to_clean(
    predicts: Predicts, prediction: Tensor, x: Tensor, alpha: Tensor, sigma: Tensor
) -> Tensor:
    """The clean picture that follows from a prediction about x; of eps only where alpha > 0."""
    match predicts:
        case "eps":
            return (x - sigma * prediction) / alpha
        case "x0":
            return prediction
        case "v":
            return (alpha * x - sigma * prediction) / (alpha**2 + sigma**2)
        case "flow":
            return (x - sigma * prediction) / (alpha + sigma)


def to_noise(
    predicts: Predicts, prediction: Tensor, x: Tensor, alpha: Tensor, sigma: Tensor
) -> Tensor:
    """The noise that follows from a prediction about x; of x0 only where sigma > 0."""
    match predicts:
        case "eps":
            return prediction
        case "x0":
            return (x - alpha * prediction) / sigma
        case "v":
            return (sigma * x + alpha * prediction) / (alpha**2 + sigma**2)
        case "flow":
            return (x + alpha * prediction) / (alpha + sigma)


def convert(
    source: Predicts, wanted: Predicts, prediction: Tensor, x: Tensor, alpha: Tensor, sigma: Tensor
) -> Tensor:
    """A prediction about x said the other way."""
    if source == wanted:
        return prediction
    clean = to_clean(source, prediction, x, alpha, sigma)
    noise = to_noise(source, prediction, x, alpha, sigma)
    return target(wanted, clean, noise, alpha, sigma)


def check_predicts(settings: NoiseConfig, predicts: Predicts) -> None:
    """Raises ConfigError where noise alone would have to say what the picture is."""
    if predicts == "eps" and (settings.zero_terminal_snr or settings.kind == "flow"):
        raise ConfigError(
            "at time 1 this schedule is pure noise, and eps says nothing of the picture there; "
            'predict "v", "x0" or "flow".',
            key="predicts",
        )
