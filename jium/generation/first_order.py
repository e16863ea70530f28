"""Samplers that look at one stop at a time.

On the same stops ddpm, euler_ancestral and ddim with eta 1 are one sampler, and so are euler and
ddim with eta 0: each paper found the step in its own way.
"""

from typing import Literal

from torch import Tensor

from jium.generation.diffusion import Denoise, Walk
from jium.models.noise import Schedule


def ddpm(walk: Walk, x: Tensor, variance: Literal["small", "large"] = "small") -> Tensor:
    """Ancestral sampling, algorithm 2 of Ho et al. (2020), https://arxiv.org/abs/2006.11239.

    variance: "small" is that of x at the next stop given x here and the clean picture (their
    beta-tilde), "large" that of x here given the next stop (their beta).
    """
    for i in range(walk.n):
        small, large = _variances(walk, i)
        clean = walk.look(x, i)
        added = large if variance == "large" and walk.levels[i + 1][1] > 0 else small
        x = _renoise(walk, x, clean, i, known=small, added=added)
    return x


def ddim(walk: Walk, x: Tensor, eta: float = 0.0) -> Tensor:
    """Equation 12 of Song et al. (2021), https://arxiv.org/abs/2010.02502.

    eta: 0 is deterministic, 1 is ddpm.
    """
    for i in range(walk.n):
        added = eta**2 * _variances(walk, i)[0]
        x = _renoise(walk, x, walk.look(x, i), i, known=added, added=added)
    return x


def euler(walk: Walk, x: Tensor) -> Tensor:
    """Euler's rule on the probability flow, equation 4 of Karras et al. (2022),
    https://arxiv.org/abs/2206.00364: straight on, as slope and distance say.
    """
    for i in range(walk.n):
        slope = walk.slope(x, walk.look(x, i), walk.levels[i])
        x = walk.along(x, slope, walk.levels[i], walk.levels[i + 1])
    return x


def euler_ancestral(walk: Walk, x: Tensor, eta: float = 1.0) -> Tensor:
    """Euler's rule to a level below the next stop, and fresh noise up to it, as k-diffusion has it
    (https://github.com/crowsonkb/k-diffusion, get_ancestral_step).

    eta: 0 is euler.
    """
    for i in range(walk.n):
        clean = walk.look(x, i)
        level, (alpha, sigma) = walk.levels[i], walk.levels[i + 1]
        # sigma/alpha at the next stop over sigma/alpha here: 0 where all here is noise
        fallen = sigma * level[0] / (alpha * level[1])
        up = min(1.0, eta * (1 - fallen**2) ** 0.5) * sigma
        down = alpha, (sigma**2 - up**2) ** 0.5
        noise = (x - level[0] * clean) / level[1]
        x = down[0] * clean + down[1] * noise
        x = x + up * walk.draw(x) if up else x
    return x


def lcm(walk: Walk, x: Tensor) -> Tensor:
    """Multistep sampling of consistency models in few steps, algorithm 3 of Luo et al. (2023),
    https://arxiv.org/abs/2310.04378: guess the picture, add fresh noise, guess again.

    For models distilled for it; others draw softened pictures so.
    """
    for i in range(walk.n):
        clean, (alpha, sigma) = walk.look(x, i), walk.levels[i + 1]
        x = alpha * clean
        x = x + sigma * walk.draw(x) if sigma else x
    return x


def ddim_inversion(
    denoise: Denoise, schedule: Schedule, image: Tensor, times: list[float], refine: int = 3
) -> Tensor:
    """The noise from which ddim draws `image` over `times` (falling), section 4.3 of Song et al.
    (2021).

    What the model sees at the next noisier stop is not known yet; it is taken for what it sees in x
    as it is. refine: how often that is then corrected, as a fixed point (Pan et al., 2023,
    https://arxiv.org/abs/2309.04907). With 0, what ddim then draws comes nearer as one over the
    steps. With more it comes back exactly only where steps are so short that each correction is
    smaller than the one before: in a world of two peaks, each a fiftieth of their distance wide,
    200 steps are enough; of 50, some pictures come back as the other peak, however often corrected.
    """
    walk = Walk(denoise, schedule, times)
    x = image
    for i in reversed(range(walk.n)):
        here, noisier, guess = walk.levels[i + 1], walk.levels[i], x
        for _ in range(refine + 1):
            slope = walk.slope(guess, walk.ask(guess, walk.times[i]), noisier)
            guess = walk.along(x, slope, here, noisier)
        x = guess
    return x


def _variances(walk: Walk, i: int) -> tuple[float, float]:
    """Of x at stop i + 1 given x at stop i and the clean picture, equation 7 of Ho et al. (2020);
    and of x at stop i given x at stop i + 1.
    """
    (alpha, sigma), (alpha_next, sigma_next) = walk.levels[i], walk.levels[i + 1]
    large = max(sigma**2 - (alpha / alpha_next * sigma_next) ** 2, 0.0)
    return large * (sigma_next / sigma) ** 2, large


def _renoise(walk: Walk, x: Tensor, clean: Tensor, i: int, known: float, added: float) -> Tensor:
    """x at stop i + 1: its noise is that of stop i, less a variance `known`, and fresh noise of
    variance `added`.
    """
    (alpha, sigma), (alpha_next, sigma_next) = walk.levels[i], walk.levels[i + 1]
    noise = (x - alpha * clean) / sigma
    x = alpha_next * clean + max(sigma_next**2 - known, 0.0) ** 0.5 * noise
    return x + added**0.5 * walk.draw(x) if added else x
