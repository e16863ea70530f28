"""Learning-rate schedules: shares of the peak."""

import math

import pytest

from jium.errors import ConfigError
from jium.training.schedules import (
    Constant,
    Cosine,
    Linear,
    Noam,
    WarmupStableDecay,
    noam_peak,
)

EVERY = [Noam(warmup=10), Cosine(warmup=10), Linear(warmup=10), Constant(warmup=10)]
EVERY.append(WarmupStableDecay(warmup=10))


def test_noam_has_the_rates_of_the_paper():
    peak = noam_peak(512, 4000)
    assert peak * Noam(warmup=4000)(1, 100_000) == pytest.approx(1.74693e-7, rel=1e-5)
    assert peak * Noam(warmup=4000)(4000, 100_000) == pytest.approx(6.98771e-4, rel=1e-5)


@pytest.mark.parametrize("step", [1, 17, 4000, 4001, 90_000])
def test_noam_is_the_formula_of_the_paper(step: int):
    formula = 512**-0.5 * min(step**-0.5, step * 4000**-1.5)
    assert noam_peak(512, 4000) * Noam(warmup=4000)(step, 1) == pytest.approx(formula)


@pytest.mark.parametrize("schedule", EVERY, ids=lambda s: type(s).__name__)
def test_step_zero_is_no_error_and_no_more_than_step_one(schedule):
    assert 0 <= schedule(0, 100) <= schedule(1, 100)


@pytest.mark.parametrize("schedule", EVERY, ids=lambda s: type(s).__name__)
def test_warmup_is_a_straight_line_to_the_peak(schedule):
    shares = [schedule(step, 100) for step in range(1, 11)]
    assert shares == pytest.approx([step / 10 for step in range(1, 11)])


@pytest.mark.parametrize("schedule", EVERY, ids=lambda s: type(s).__name__)
def test_after_the_warmup_it_never_rises_and_stays_between_nothing_and_the_peak(schedule):
    shares = [schedule(step, 100) for step in range(10, 201)]
    assert all(one >= other for one, other in zip(shares, shares[1:], strict=False))
    assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize("kind", [Cosine, Linear, WarmupStableDecay])
def test_it_ends_at_the_floor_and_stays_there(kind):
    schedule = kind(warmup=10, floor=0.1)
    assert schedule(100, 100) == pytest.approx(0.1)
    assert schedule(150, 100) == pytest.approx(0.1)


def test_cosine_is_half_way_down_at_half_time():
    assert Cosine(warmup=20, floor=0.2)(60, 100) == pytest.approx(0.6)
    quarter = 0.2 + 0.8 * (1 + math.cos(math.pi / 4)) / 2
    assert Cosine(warmup=20, floor=0.2)(40, 100) == pytest.approx(quarter)


def test_linear_is_a_quarter_down_at_a_quarter_of_the_time():
    assert Linear(warmup=20)(40, 100) == pytest.approx(0.75)


def test_warmup_stable_decay_has_a_plateau_then_falls_in_the_last_fifth():
    schedule = WarmupStableDecay(warmup=10, decay=0.2)
    assert {schedule(step, 100) for step in range(10, 81)} == {1.0}
    assert schedule(90, 100) == pytest.approx(0.5)
    assert schedule(99, 100) == pytest.approx(0.05)


def test_noam_does_not_depend_on_how_long_training_is():
    assert Noam(warmup=10)(50, 100) == Noam(warmup=10)(50, 10_000)


@pytest.mark.parametrize("kind", [Noam, Cosine, Linear, WarmupStableDecay, Constant])
def test_no_warmup_at_all_is_an_error(kind):
    with pytest.raises(ConfigError, match="warmup: must be at least 1 step; got 0"):
        kind(warmup=0)


@pytest.mark.parametrize("decay", [0.0, 1.5])
def test_a_decay_that_is_no_share_is_an_error(decay: float):
    with pytest.raises(ConfigError, match=r"decay: must be in \(0, 1\]"):
        WarmupStableDecay(decay=decay)
