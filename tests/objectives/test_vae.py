"""The evidence lower bound against closed forms."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Laplace, Normal, kl_divergence

from jium.errors import ConfigError
from jium.models.vae import Vae, VaeConfig, kl
from jium.objectives.vae import VaeLoss, draw, pyramid_distance, reconstruction
from jium.objectives.vqvae import VqVaeLoss

TINY = VaeConfig(image_size=8, dim=8, multipliers=(1, 2), latent_channels=3)


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def images(n: int = 6) -> Tensor:
    return torch.rand(n, 3, 8, 8) * 2 - 1


def loss_of(model: nn.Module, pictures: Tensor, **settings: float | str) -> tuple[Tensor, dict]:
    torch.manual_seed(1)
    (loss,) = VaeLoss(**settings)(model, SimpleNamespace(images=pictures))
    assert loss.count == len(pictures)
    return loss.total, loss.metrics


def test_kl_is_that_of_two_gaussians() -> None:
    mean, log_var = torch.randn(4, 3, 2, 5), torch.randn(4, 3, 2, 5)
    wanted = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0))
    assert torch.allclose(kl(mean, log_var), wanted.sum((2, 3)), atol=1e-5)


def test_kl_is_the_mean_of_what_draws_say() -> None:
    mean, log_var = torch.tensor([[[[0.7]]]]), torch.tensor([[[[-0.8]]]])
    drawn = draw(mean.expand(200_000, 1, 1, 1), log_var.expand(200_000, 1, 1, 1))
    posterior, prior = Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0)
    gaps = posterior.log_prob(drawn) - prior.log_prob(drawn)
    assert float(gaps.mean()) == pytest.approx(float(kl(mean, log_var)), abs=0.01)


def test_kl_is_zero_at_the_prior_and_there_alone() -> None:
    nothing = torch.zeros(1, 2, 3, 3)
    assert float(kl(nothing, nothing).abs().max()) == 0
    assert float(kl(nothing + 0.1, nothing).min()) > 0
    assert float(kl(nothing, nothing - 0.1).min()) > 0


def test_strangeness_is_the_loss_at_the_middle_of_the_latents_but_for_a_constant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jium.objectives.vae.draw", lambda mean, log_var: mean)
    model, pictures = Vae(TINY).eval(), images()
    with torch.no_grad():
        loss, found = loss_of(model, pictures)[0], model.strangeness(pictures).sum()
    assert float(found) == pytest.approx(float(loss) - 6 * math.log(2 * math.pi) / 2, rel=1e-5)


def test_draws_have_the_mean_and_the_variance_asked_for() -> None:
    mean, log_var = torch.full((100_000,), 2.0), torch.full((100_000,), math.log(0.25))
    drawn = draw(mean, log_var)
    assert float(drawn.mean()) == pytest.approx(2.0, abs=0.01)
    assert float(drawn.var()) == pytest.approx(0.25, abs=0.01)


def test_the_gaussian_likelihood_is_its_density() -> None:
    guess, pictures, log_sigma = images(), images(), torch.tensor(-1.3)
    wanted = -Normal(guess, log_sigma.exp()).log_prob(pictures).flatten(1).mean(1)
    found = reconstruction(guess, pictures, "gaussian", log_sigma)
    assert torch.allclose(found, wanted, atol=1e-5)


def test_l1_and_l2_are_likelihoods_but_for_a_factor_and_a_constant() -> None:
    guess, pictures = images(), images()
    laplace = -Laplace(guess, 1.0).log_prob(pictures).flatten(1).mean(1)
    found = reconstruction(guess, pictures, "l1", torch.zeros(()))
    assert torch.allclose(found, laplace - math.log(2), atol=1e-5)
    squares = reconstruction(guess, pictures, "l2", torch.zeros(()))
    assert torch.allclose(squares, (guess - pictures).square().mean((1, 2, 3)))


def test_the_likeliest_sigma_is_the_root_of_the_mean_square() -> None:
    guess, pictures = images(), images()
    log_sigma = torch.zeros((), requires_grad=True)
    best = float((guess - pictures).square().mean().log() / 2)
    with torch.no_grad():
        log_sigma.fill_(best)
    reconstruction(guess, pictures, "gaussian", log_sigma).mean().backward()
    assert log_sigma.grad is not None and abs(float(log_sigma.grad)) < 1e-5


def test_the_loss_is_the_bound_divided_by_the_values_of_a_picture() -> None:
    model, pictures = Vae(TINY), images()
    total, metrics = loss_of(model, pictures)
    n_values = pictures[0].numel()
    wanted = metrics["reconstruction"] + metrics["kl"] / n_values
    assert float(total.detach()) == pytest.approx(wanted, rel=1e-5)
    doubled, _ = loss_of(model, pictures, beta=2.0)
    assert float((doubled - total).detach()) == pytest.approx(metrics["kl"] / n_values, rel=1e-3)


def test_free_bits_take_the_pull_off_channels_that_say_little() -> None:
    """Below the bits that are free, the KL of a channel of a picture has no gradient."""
    mean = torch.tensor([[[[0.1]], [[3.0]]], [[[2.0]], [[0.2]]]], requires_grad=True)
    model = SimpleNamespace(
        encode=lambda images: (mean, torch.zeros_like(mean)),  # 0.005, 4.5, 2 and 0.02 nats
        decode=lambda latents: torch.zeros(2, 1, 1, 1),
        log_sigma=torch.zeros(()),
    )
    (loss,) = VaeLoss(free_bits=0.5)(model, SimpleNamespace(images=torch.zeros(2, 1, 1, 1)))  # type: ignore[arg-type]
    loss.total.backward()
    assert mean.grad is not None
    assert mean.grad.flatten().tolist() == pytest.approx([0.0, 3.0, 2.0, 0.0])


def test_free_bits_are_a_floor_under_the_loss() -> None:
    model, pictures = Vae(TINY), images()
    plain, metrics = loss_of(model, pictures)
    floored, _ = loss_of(model, pictures, free_bits=1000.0)
    values = pictures[0].numel()
    gap = 1000.0 * TINY.latent_channels * len(pictures) - metrics["kl"]
    assert float((floored - plain).detach()) == pytest.approx(gap / values, rel=1e-3)


def test_two_micro_batches_have_the_loss_of_one() -> None:
    class Still(Vae):
        """Decodes nothing of the noise, which differs between the two."""

        def decode(self, latents: Tensor) -> Tensor:
            return super().decode(latents * 0)

    model, pictures = Still(TINY), images()
    settings = dict(free_bits=0.4, pyramid=0.5)
    whole, _ = loss_of(model, pictures, **settings)
    parts = [loss_of(model, part, **settings)[0] for part in (pictures[:1], pictures[1:])]
    assert float(sum(parts).detach()) == pytest.approx(float(whole.detach()), rel=1e-5)  # type: ignore[union-attr]


def test_the_pyramid_is_a_distance_that_sees_edges() -> None:
    pictures = images()
    assert float(pyramid_distance(pictures, pictures).abs().max()) == 0
    flat = torch.zeros(1, 3, 8, 8)
    lighter, checked = flat + 0.5, flat.clone()
    checked[..., ::2] = 0.5
    checked[..., 1::2] = -0.5  # as far from grey at every value, but all of it edges
    assert float(pyramid_distance(flat, lighter)) == pytest.approx(0.5, rel=1e-5)
    assert float(pyramid_distance(flat, checked)) == pytest.approx(0.5, rel=1e-5)
    both = torch.where(torch.arange(8) < 4, 0.5, -0.5).expand(1, 3, 8, 8)
    assert float(pyramid_distance(flat, both)) == pytest.approx(0.5, rel=1e-5)
    odd = torch.rand(2, 3, 5, 7)
    assert pyramid_distance(odd, odd * 0).shape == (2,)


@pytest.mark.parametrize("name", ["beta", "free_bits", "pyramid"])
def test_a_weight_below_zero_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: must be at least 0; got -1"):
        VaeLoss(**{name: -1.0})


def test_a_commitment_below_zero_is_refused() -> None:
    with pytest.raises(ConfigError, match="commitment: must be at least 0; got -0.5"):
        VqVaeLoss(commitment=-0.5)
