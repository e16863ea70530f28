"""Samplers that remember stops, or look ahead, and so need fewer of them."""

import math
from typing import Literal

import torch
from torch import Tensor

from jium.errors import ConfigError
from jium.generation.diffusion import Level, Walk, ratio


def heun(walk: Walk, x: Tensor) -> Tensor:
    """Algorithm 1 of Karras et al. (2022), https://arxiv.org/abs/2206.00364, without churn: the
    mean of the slopes here and at the next stop. Second order; asks twice a step.
    """
    for i in range(walk.n):
        level, to = walk.levels[i], walk.levels[i + 1]
        slope = walk.slope(x, walk.look(x, i), level)
        ahead = walk.along(x, slope, level, to)
        if to[1] > 0:  # a clean picture has no slope
            there = walk.slope(ahead, walk.ask(ahead, walk.times[i + 1]), to)
            ahead = walk.along(x, (slope + there) / 2, level, to)
        x = ahead
    return x


# Of the slopes of the last stops, the newest first: Adams and Bashforth's weights.
ADAMS_BASHFORTH = {
    1: (1.0,),
    2: (3 / 2, -1 / 2),
    3: (23 / 12, -16 / 12, 5 / 12),
    4: (55 / 24, -59 / 24, 37 / 24, -9 / 24),
}


def pndm(walk: Walk, x: Tensor, warm_up: Literal["runge_kutta", "heun"] = "runge_kutta") -> Tensor:
    """Pseudo linear multistep, equations 12 and 13 of Liu et al. (2022),
    https://arxiv.org/abs/2202.09778, on stops evenly spaced in time.

    warm_up: how the first steps find slopes to remember: three of Runge and Kutta's (F-PNDM; each
    asks four times), or one of Heun's and then as many slopes as there are (as Stable Diffusion's
    PLMS).
    """
    slopes: list[Tensor] = []  # the newest first
    for i in range(walk.n):
        level, to = walk.levels[i], walk.levels[i + 1]
        slope = walk.slope(x, walk.look(x, i), level)
        slopes = [slope, *slopes[:3]]
        if warm_up == "runge_kutta" and i < 3 and to[1] > 0:
            slope = _runge_kutta(walk, x, slope, i)
        elif warm_up == "heun" and i == 0 and to[1] > 0:
            ahead = walk.along(x, slope, level, to)
            slope = (slope + walk.slope(ahead, walk.ask(ahead, walk.times[1]), to)) / 2
        else:
            weights = ADAMS_BASHFORTH[len(slopes)]
            slope = sum((w * s for w, s in zip(weights, slopes, strict=True)), torch.zeros_like(x))
        x = walk.along(x, slope, level, to)
    return x


def _runge_kutta(walk: Walk, x: Tensor, first: Tensor, i: int) -> Tensor:
    """The mean slope between two stops by Runge and Kutta's four, two of them halfway."""
    level, to = walk.levels[i], walk.levels[i + 1]
    halfway = (walk.times[i] + walk.times[i + 1]) / 2
    middle = walk.level(halfway)

    def slope_after(slope: Tensor, at: Level, time: float) -> Tensor:
        ahead = walk.along(x, slope, level, at)
        return walk.slope(ahead, walk.ask(ahead, time), at)

    second = slope_after(first, middle, halfway)
    third = slope_after(second, middle, halfway)
    fourth = slope_after(third, to, walk.times[i + 1])
    return (first + 2 * second + 2 * third + fourth) / 6


def dpm_2m(walk: Walk, x: Tensor) -> Tensor:
    """DPM-Solver++ 2M, algorithm 2 of Lu et al. (2022), https://arxiv.org/abs/2211.01095.

    Second order in the logarithm of the signal-to-noise ratio, at one question a step: the clean
    picture is carried on as it changed since the last stop.
    """
    ratios = [ratio(level) for level in walk.levels]
    before = x
    for i in range(walk.n):
        clean = walk.look(x, i)
        carried = clean
        if i > 0 and math.isfinite(ratios[i + 1]) and math.isfinite(ratios[i - 1]):
            distance, last = ratios[i + 1] - ratios[i], ratios[i] - ratios[i - 1]
            carried = clean + (clean - before) * (distance / last / 2)
        x = _exponential(walk, x, carried, i)
        before = clean
    return x


def unipc(walk: Walk, x: Tensor, order: int = 2) -> Tensor:
    """UniPC, algorithms 5 to 8 of Zhao et al. (2023), https://arxiv.org/abs/2302.04867, with
    B(h) = e^h - 1, for the clean picture.

    Predicts with the last `order` stops, 1 to 3, then corrects with what is seen on arrival, which
    costs no further question.
    """
    if order not in (1, 2, 3):
        raise ConfigError("must be 1, 2 or 3; got {value}.", key="order", value=order)
    ratios = [ratio(level) for level in walk.levels]
    clean_end = math.isinf(ratios[-1])  # infinitely far: there the order falls, step by step, to 1
    seen: list[Tensor] = []  # clean pictures, the newest first
    left, used = x, 0  # x at the stop before, and of which order the step from there was
    for i in range(walk.n):
        clean = walk.look(x, i)
        if used and math.isfinite(ratios[i - 1]):
            x = _unified(walk, left, [clean, *seen], ratios, i - 1, used, corrects=True)
        seen = [clean, *seen[: order - 1]]
        known = sum(math.isfinite(r) for r in ratios[max(0, i + 1 - len(seen)) : i + 1])
        used = max(1, min(order, known, walk.n - i if clean_end else order))
        left, x = x, _unified(walk, x, seen, ratios, i, used, corrects=False)
    return x


def _unified(
    walk: Walk,
    x: Tensor,
    seen: list[Tensor],
    ratios: list[float],
    i: int,
    order: int,
    corrects: bool,
) -> Tensor:
    """One step from stop i, of x there, by the clean pictures seen at it and before, the newest
    first; `corrects`: and, before them, the one seen at stop i + 1.
    """
    arrived, (here, *past) = (seen[0], seen[1:]) if corrects else (None, seen)
    base = _exponential(walk, x, here, i)
    distance = ratios[i + 1] - ratios[i]
    away = [(ratios[i - k] - ratios[i]) / distance for k in range(1, order)]
    changes = [(one - here) / where for one, where in zip(past, away, strict=False)]
    if arrived is not None:
        changes.append(arrived - here)
        away.append(1.0)
    (alpha, sigma), (alpha_next, sigma_next) = walk.levels[i], walk.levels[i + 1]
    gain = alpha_next - sigma_next * alpha / sigma
    for weight, change in zip(_unified_weights(away, distance), changes, strict=True):
        base = base + gain * weight * change
    return base


def _unified_weights(away: list[float], distance: float) -> list[float]:
    """Of the changes between stops: what makes the step exact for polynomials, theorem 3.1 of Zhao
    et al. (2023). A single change counts half, as in their section 3.3.
    """
    if len(away) <= 1:
        return [0.5] * len(away)
    wanted, phi, factorial = [], math.expm1(-distance) / -distance - 1, 1
    for k in range(1, len(away) + 1):
        wanted.append(phi * factorial / math.expm1(-distance))
        factorial *= k + 1
        phi = phi / -distance - 1 / factorial
    powers = torch.tensor([[a**k for a in away] for k in range(len(away))], dtype=torch.double)
    return torch.linalg.solve(powers, torch.tensor(wanted, dtype=torch.double)).tolist()


def _exponential(walk: Walk, x: Tensor, clean: Tensor, i: int) -> Tensor:
    """x at stop i + 1 where the clean picture stays the same: exact, and ddim's step."""
    (alpha, sigma), (alpha_next, sigma_next) = walk.levels[i], walk.levels[i + 1]
    kept = sigma_next / sigma
    return kept * x + (alpha_next - kept * alpha) * clean
