"""Contracts of diffusion, each broken on purpose by a mistake that people make."""

import pytest

from jium import contracts
from jium.contracts.contract import check
from jium.generation import first_order, guidance, higher_order
from jium.models import noise

PROMISES = contracts._promises()


def broken(name: str) -> bool:
    found = check(name, PROMISES[name])
    return not found.passed and found.skipped is None and found.problem is None


def test_variance_taken_for_spread_breaks_the_moments(monkeypatch):
    right = noise.Schedule.sigma
    monkeypatch.setattr(noise.Schedule, "sigma", lambda self, time: right(self, time) ** 2)
    assert broken("noised_moments")


def test_a_step_counted_from_0_breaks_the_moments(monkeypatch):
    right = noise.BetaSchedule.unshifted
    monkeypatch.setattr(
        noise.BetaSchedule, "unshifted", lambda self, time: right(self, time + 1e-3)
    )
    assert broken("noised_moments")


def test_v_of_the_wrong_sign_breaks_the_parametrisations(monkeypatch):
    right = noise.to_noise
    monkeypatch.setattr(
        noise,
        "to_noise",
        lambda predicts, said, *rest: right(predicts, -said if predicts == "v" else said, *rest),
    )
    assert broken("parametrisations")


def test_betas_left_as_they_were_break_the_zero_terminal_snr(monkeypatch):
    monkeypatch.setattr(noise, "without_signal_at_the_end", lambda alphas: alphas)
    assert broken("zero_terminal_snr")


def test_guidance_counted_from_the_words_breaks_guidance_of_one(monkeypatch):
    right = guidance.Guidance.at
    monkeypatch.setattr(guidance.Guidance, "at", lambda self, time: 1 + right(self, time))
    assert broken("guidance_of_one")


@pytest.mark.parametrize(
    ("module", "name"), [(first_order, "ddim"), (higher_order, "unipc"), (higher_order, "pndm")]
)
def test_a_sampler_that_stops_a_step_early_breaks_the_samplers(monkeypatch, module, name):
    right = getattr(module, name)

    def early(walk, x):
        walk.n -= 1
        return right(walk, x)

    monkeypatch.setattr(module, name, early)
    assert broken("samplers")


def test_an_inversion_that_trusts_its_first_guess_breaks_ddim_inversion(monkeypatch):
    right = first_order.ddim_inversion
    monkeypatch.setattr(
        contracts.diffusion, "ddim_inversion", lambda *given, refine: right(*given, refine=0)
    )
    assert broken("ddim_inversion")
