"""The denoising objective: one error behind all predictions, and how much it counts when."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from jium.errors import ConfigError
from jium.models.noise import NoiseConfig, Predicts, make_schedule, target
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
    batch = SimpleNamespace(images=torch.ones(2000, 1, 1, 1))
    list(Denoising(drop=drop)(model, batch))
    assert float(model.told[0].mean()) == pytest.approx(heard, abs=0.03)


def test_a_loss_is_a_sum_over_pictures() -> None:
    model = Listening()
    batch = SimpleNamespace(images=torch.zeros(6, 3, 4, 4))
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

    batch = SimpleNamespace(images=torch.zeros(6, 3, 4, 4))
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
