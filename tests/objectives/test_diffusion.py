"""The denoising objective: one error behind all predictions, and how much it counts when."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from jium.errors import ConfigError
from jium.models.noise import LearnedSchedule, NoiseConfig, Predicts, make_schedule, target
from jium.objectives.diffusion import Denoising

PREDICTIONS: list[Predicts] = ["eps", "x0", "v", "flow"]


class Wrong(nn.Module):
    """Knows the clean picture but for an error, and says it as it is asked to."""

    conditioner = None

    def __init__(self, predicts: Predicts, clean: Tensor, error: Tensor, kind: str) -> None:
        super().__init__()
        self.config = SimpleNamespace(predicts=predicts)
        self.noise = make_schedule(NoiseConfig(kind=kind))  # type: ignore[arg-type]
        self.clean, self.error = clean, error

    def forward(self, x: Tensor, time: Tensor, context: None) -> Tensor:
        alpha, sigma = self.noise.levels(time, x)
        guess = self.clean + self.error
        return target(self.config.predicts, guess, (x - alpha * guess) / sigma, alpha, sigma)


@pytest.mark.parametrize("kind", ["cosine", "flow"])
@pytest.mark.parametrize("weighting", ["min_snr", "truncated_snr", "clean"])
def test_a_weighted_error_is_the_same_whatever_is_predicted(kind: str, weighting: Any) -> None:
    torch.manual_seed(0)
    clean, error, noise = torch.randn(3, 16, 3, 4, 4).double()
    time = torch.linspace(0.05, 0.95, 16).double()
    objective = Denoising(weighting=weighting)
    found = [
        objective.errors(Wrong(predicts, clean, error, kind), clean, noise, time, None)
        for predicts in PREDICTIONS
    ]
    snr = make_schedule(NoiseConfig(kind=kind)).log_snr(time).exp()  # type: ignore[arg-type]
    weights = {
        "clean": torch.ones_like(snr),
        "min_snr": snr.clamp(max=5),
        "truncated_snr": snr.clamp(1, 5),
    }[weighting]
    wanted = weights * error.square().flatten(1).mean(1)
    for errors in found:
        torch.testing.assert_close(errors, wanted, rtol=1e-5, atol=1e-8)


def test_without_weighting_the_error_is_that_of_the_prediction() -> None:
    clean, noise = torch.randn(2, 4, 3, 4, 4)
    model = Wrong("eps", clean, torch.full_like(clean, 0.1), "cosine")
    time = torch.full((4,), 0.5)
    found = Denoising(weighting="none").errors(model, clean, noise, time, None)
    snr = float(model.noise.log_snr(time)[0].exp())
    torch.testing.assert_close(found, torch.full((4,), 0.01 * snr), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("weighting", ["none", "min_snr", "truncated_snr", "snr", "clean"])
def test_weights_are_finite_at_both_ends(weighting: Any, zero: bool) -> None:
    schedule = make_schedule(NoiseConfig(kind="linear", zero_terminal_snr=zero))
    time = torch.tensor([1e-5, 0.001, 0.5, 0.999, 1.0])
    for predicts in PREDICTIONS[1:] if zero else PREDICTIONS:
        assert Denoising(weighting=weighting).weights(schedule, predicts, time).isfinite().all()


def test_at_pure_noise_truncated_snr_still_teaches_and_min_snr_does_not() -> None:
    schedule = make_schedule(NoiseConfig(kind="flow"))
    end = torch.tensor([0.9999])
    assert float(Denoising(weighting="truncated_snr").weights(schedule, "flow", end)) > 0.9
    assert float(Denoising(weighting="min_snr").weights(schedule, "flow", end)) < 1e-6


def test_times_of_a_batch_are_spread_evenly_and_in_no_order() -> None:
    torch.manual_seed(0)
    times = Denoising().draw_times(64)
    assert torch.equal((times.sort().values * 64).floor(), torch.arange(64.0))
    assert not torch.equal(times, times.sort().values)


def test_logit_normal_times_have_the_mean_and_width_asked_for() -> None:
    torch.manual_seed(0)
    objective = Denoising(times="logit_normal", times_mean=0.5, times_std=0.8)
    logits = objective.draw_times(4096).double().logit()
    assert float(logits.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(logits.std()) == pytest.approx(0.8, abs=0.01)


SPREAD = 0.5  # of the pictures that Gaussian knows


class Gaussian(nn.Module):
    """Sees in a picture of N(0, SPREAD^2) all that can be seen, times `wrong`, and is told how far
    from clean to noise it is.
    """

    conditioner = None

    def __init__(self, predicts: Predicts, wrong: float = 1.0) -> None:
        super().__init__()
        self.config = SimpleNamespace(predicts=predicts)
        self.noise = LearnedSchedule()
        self.wrong = nn.Parameter(torch.tensor(wrong))

    def forward(self, x: Tensor, told: Tensor, context: None) -> Tensor:
        log_snr = self.noise.clean + (self.noise.noisy - self.noise.clean) * told[:, None]
        alpha, sigma = log_snr.sigmoid().sqrt(), (-log_snr).sigmoid().sqrt()
        seen = self.wrong * alpha * SPREAD**2 / (alpha**2 * SPREAD**2 + sigma**2) * x
        return target(self.config.predicts, seen, (x - alpha * seen) / sigma, alpha, sigma)


def look(objective: Denoising, model: Gaussian, n: int = 20_000, seed: int = 5) -> Tensor:
    """The errors of n pictures."""
    torch.manual_seed(seed)
    clean, noise = SPREAD * torch.randn(n, 4), torch.randn(n, 4)
    return objective.errors(model, clean, noise, objective.draw_times(n), None)


COUNTED = [("v", "min_snr"), ("v", "none"), ("eps", "snr"), ("x0", "clean"), ("x0", "none")]


@pytest.mark.parametrize(("predicts", "weighting"), COUNTED)
@torch.no_grad()
def test_no_learned_schedule_expects_less_loss_than_another(
    predicts: Predicts, weighting: Any
) -> None:
    """Equation 18 of Kingma et al. (2021): only the ends say what is expected."""
    means = []
    for seed in range(3):
        torch.manual_seed(seed)
        model = Gaussian(predicts)
        model.noise.straight_weight.fill_(-3)  # schedules that differ much
        model.noise.in_weight.mul_(10)
        model.noise.in_bias.mul_(3)
        means.append(look(Denoising(weighting=weighting), model).mean().item())
    assert means == pytest.approx([means[0]] * 3, rel=0.03)


@pytest.mark.parametrize(("predicts", "weighting"), COUNTED[1:])
def test_a_schedule_learns_to_lower_the_variance_and_nothing_else(
    predicts: Predicts, weighting: Any
) -> None:
    torch.manual_seed(0)
    model, objective = Gaussian(predicts), Denoising(weighting=weighting)
    optimiser = torch.optim.Adam(model.noise.parameters(), 3e-2)
    with torch.no_grad():
        before = look(objective, model)
    for step in range(100):
        look(objective, model, 256, seed=100 + step).sum().div(256).backward()
        optimiser.step()
        optimiser.zero_grad()
    with torch.no_grad():
        after = look(objective, model)
    assert after.var() < 0.75 * before.var()
    assert after.mean().item() == pytest.approx(before.mean().item(), rel=0.02)


def test_the_denoiser_learns_from_the_errors_and_the_schedule_from_their_squares() -> None:
    torch.manual_seed(0)
    model, objective = Gaussian("x0", wrong=0.8), Denoising(weighting="clean")
    errors = look(objective, model, 64)
    errors.sum().backward()
    mean = errors.detach().double().mean()

    @torch.no_grad()
    def rise(parameter: Tensor, total: Callable[[Tensor], Tensor]) -> float:
        """By how much `total` of the errors rises along the gradient found, by differences."""
        assert parameter.grad is not None
        step, ends = 1e-3 / parameter.grad.norm(), []
        for sign in (1, -2):
            parameter += sign * step * parameter.grad
            ends.append(total(look(objective, model, 64).double()))
        parameter += step * parameter.grad
        return float((ends[0] - ends[1]) / (2 * step))

    def squares(parameter: Tensor) -> float:
        return rise(parameter, lambda errors: errors.square().sum() / mean)

    for parameter in model.noise.parameters():
        assert squares(parameter) == pytest.approx(float(parameter.grad.square().sum()), rel=0.02)
    found = rise(model.wrong, torch.sum)
    assert found == pytest.approx(float(model.wrong.grad.square()), rel=0.02)


class Listening(nn.Module):
    """Predicts what its context says, which is nothing where it was dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.config = SimpleNamespace(predicts="x0")
        self.noise = make_schedule(NoiseConfig())
        self.conditioner = SimpleNamespace(drop=lambda said, where: said * ~where)
        self.told: list[Tensor] = []

    def encode(self, images: Tensor) -> Tensor:
        return images

    def context(self, batch: Any) -> Tensor:
        return torch.ones(len(batch.images))

    def forward(self, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        self.told.append(context)
        return context[:, None, None, None].expand_as(x)


@pytest.mark.parametrize(("drop", "heard"), [(0.0, 1.0), (0.25, 0.75), (1.0, 0.0)])
def test_that_share_of_captions_is_dropped(drop: float, heard: float) -> None:
    torch.manual_seed(0)
    model = Listening()
    batch = SimpleNamespace(images=torch.ones(2000, 1, 1, 1), encoded=False)
    list(Denoising(drop=drop)(model, batch))
    assert float(model.told[0].mean()) == pytest.approx(heard, abs=0.03)


def test_a_loss_is_a_sum_over_pictures() -> None:
    model = Listening()
    batch = SimpleNamespace(images=torch.zeros(6, 3, 4, 4), encoded=False)
    (loss,) = Denoising(drop=0.0, weighting="none")(model, batch)
    assert loss.count == 6
    assert float(loss.total) == pytest.approx(6.0)  # ones where zeros are


def test_noise_and_latents_are_exact_however_coarse_the_encoder() -> None:
    class Coarse(Listening):
        def encode(self, images: Tensor) -> Tensor:
            return images.bfloat16()

        def forward(self, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
            assert x.dtype == torch.float32
            return super().forward(x, time, context)

    batch = SimpleNamespace(images=torch.zeros(6, 3, 4, 4), encoded=False)
    (loss,) = Denoising()(Coarse(), batch)
    assert loss.total.dtype == torch.float32


@pytest.mark.parametrize(
    ("given", "key"),
    [({"gamma": 0.0}, "gamma"), ({"times_std": 0.0}, "times_std"), ({"drop": 1.1}, "drop")],
)
def test_settings_that_cannot_be_are_refused(given: dict[str, float], key: str) -> None:
    with pytest.raises(ConfigError) as error:
        Denoising(**given)  # type: ignore[arg-type]
    assert error.value.key == key
