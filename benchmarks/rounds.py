"""Fair comparison on one machine: cases take turns, A B C A B C, and ratios are taken within a
round, so that what disturbs the machine for a while disturbs all of them.
"""

from collections.abc import Callable
from statistics import median

Speeds = dict[str, list[float]]


def interleave(cases: dict[str, Callable[[int], float]], rounds: int) -> Speeds:
    """Measure every case once a round; a case takes the number of the round and gives its speed."""
    speeds: Speeds = {name: [] for name in cases}
    for number in range(rounds):
        for name, measure in cases.items():
            speeds[name].append(measure(number))
            print(
                f"  round {number + 1}/{rounds}  {name:<24} {speeds[name][-1]:12,.1f}", flush=True
            )
    return speeds


def spread(values: list[float]) -> dict[str, float]:
    """Median, lowest and highest, to four figures."""
    found = {"median": median(values), "lowest": min(values), "highest": max(values)}
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def ratio(speeds: Speeds, ours: str, theirs: str) -> dict[str, float]:
    """How many times as fast `ours` is, round by round."""
    return spread([a / b for a, b in zip(speeds[ours], speeds[theirs], strict=True)])


def show(ratios: dict[str, dict[str, float]]) -> None:
    """Print ratios as a person reads them."""
    for name, found in ratios.items():
        print(f"{name:<52} {found['median']:6.2f}  ({found['lowest']:.2f}-{found['highest']:.2f})")
