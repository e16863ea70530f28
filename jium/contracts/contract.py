"""A contract: a promise that this copy of jium can measure itself against."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch

from jium.errors import MissingExtra


class Promise(NamedTuple):
    """How far two ways to the same answer may lie apart, and what measures how far they do."""

    bound: float  # 0: exactly equal
    measure: Callable[[], float]


class Skip(Exception):
    """Raised by a measurement that does not apply here; says why."""


@dataclass(frozen=True)
class Contract:
    """One promise, measured.

    gap: what was measured, at most `bound` where it is kept; infinite where measuring failed, and
    `problem` says how; None where it was skipped, and `skipped` says why.
    """

    name: str
    bound: float
    gap: float | None
    passed: bool
    seconds: float
    skipped: str | None = None
    problem: str | None = None


def check(name: str, promise: Promise) -> Contract:
    """Measure one promise. Random state and thread count are afterwards what they were."""
    began, threads = time.perf_counter(), torch.get_num_threads()
    gap: float | None = None
    skipped = problem = None
    try:
        with torch.random.fork_rng():
            gap = float(promise.measure())
    except (Skip, MissingExtra) as reason:
        skipped = str(reason)
    except Exception as error:  # a check that breaks is a promise not kept, and the others go on
        gap, problem = math.inf, f"{type(error).__name__}: {error}"
    finally:
        torch.set_num_threads(threads)
    seconds = time.perf_counter() - began
    passed = gap is not None and gap <= promise.bound  # not a number: False
    return Contract(name, promise.bound, gap, passed, seconds, skipped, problem)
