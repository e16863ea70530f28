"""A VAE: shapes, scales, and what does not fit."""

import math

import pytest
import torch

from jium.errors import ConfigError, DataError
from jium.models.vae import Vae, VaeConfig
from jium.models.vqvae import VqVae, VqVaeConfig

MAP = VaeConfig(image_size=16, dim=8, multipliers=(1, 2, 2), latent_channels=3, attention=True)
FLAT = VaeConfig(image_size=16, dim=8, multipliers=(1, 2), latent_channels=10, flat=True)


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("config", [MAP, FLAT], ids=["map", "flat"])
def test_a_picture_becomes_latents_of_the_shape_told_and_a_picture_again(config: VaeConfig) -> None:
    model, images = Vae(config).eval(), torch.rand(2, 3, 16, 16)
    mean, log_var = model.encode(images)
    assert mean.shape == log_var.shape == (2, *config.latent_shape)
    assert model.decode(mean).shape == images.shape


def test_a_map_takes_pictures_of_other_shapes() -> None:
    model = Vae(MAP).eval()
    mean, _ = model.encode(torch.rand(1, 3, 24, 8))
    assert mean.shape == (1, 3, 6, 2)
    assert model.decode(mean).shape == (1, 3, 24, 8)


@pytest.mark.parametrize("config", [MAP, FLAT], ids=["map", "flat"])
def test_each_picture_of_a_batch_is_alone(config: VaeConfig) -> None:
    model, images = Vae(config).eval(), torch.rand(3, 3, 16, 16)
    together, alone = model.encode(images)[0], model.encode(images[1:2])[0]
    assert torch.allclose(together[1:2], alone, atol=1e-5)


def test_latents_are_scaled_on_the_way_out_and_back_on_the_way_in() -> None:
    model, images = Vae(FLAT).eval(), torch.rand(2, 3, 16, 16)
    model.latent_scale.fill_(4.0)
    mean, _ = model.encode(images)
    assert torch.allclose(model.to_latents(images), 4 * mean)
    assert torch.allclose(model.from_latents(4 * mean), model.decode(mean), atol=1e-6)
    drawn = model.draw_latents(500, torch.Generator().manual_seed(0))
    assert float(drawn.std()) == pytest.approx(4.0, rel=0.05)


def test_what_a_model_cannot_rebuild_is_stranger() -> None:
    model, images = Vae(FLAT).eval(), torch.rand(4, 3, 16, 16) * 2 - 1
    with torch.inference_mode():
        rebuilt = model.decode(model.encode(images)[0])
        wrong = (rebuilt - images).square().mean((1, 2, 3))
        mean, log_var = model.encode(images)
        nats = (mean.square() + log_var.exp() - 1 - log_var).sum((1, 2, 3)) / 2
        sigma = float(model.log_sigma.exp())
        wanted = wrong / (2 * sigma**2) + math.log(sigma) + nats / images[0].numel()
        assert torch.allclose(model.strangeness(images), wanted, atol=1e-5)


def test_sizes_that_do_not_divide_are_told_with_one_that_does() -> None:
    with pytest.raises(ConfigError, match="18 pixels cannot be halved 2 times. Try 16"):
        VaeConfig(image_size=18, multipliers=(1, 1, 1))
    with pytest.raises(DataError, match="18 x 16 does not fit"):
        Vae(MAP).encode(torch.rand(1, 3, 16, 18))


def test_a_flat_model_takes_its_own_size_alone_and_says_so() -> None:
    with pytest.raises(DataError, match="24 x 16; the model takes 16 x 16 alone"):
        Vae(FLAT).encode(torch.rand(1, 3, 16, 24))


def test_other_channels_are_refused() -> None:
    with pytest.raises(DataError, match="1 channels; the model was made for 3"):
        Vae(MAP).encode(torch.rand(1, 1, 16, 16))


@pytest.mark.parametrize("multipliers", [(), (1, 0)])
def test_multipliers_that_make_no_model_are_refused(multipliers: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="multipliers: must be one number or more"):
        VaeConfig(multipliers=multipliers)


@pytest.mark.parametrize("config", [MAP, VqVaeConfig(image_size=16, dim=8, multipliers=(1, 2))])
def test_both_ways_lay_pictures_out_with_the_channels_last(config: VaeConfig) -> None:
    model = VqVae(config) if isinstance(config, VqVaeConfig) else Vae(config)
    seen: list[torch.Tensor] = []
    for way in (model.encoder, model.decoder):
        way.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    model.encode(torch.rand(2, 3, 16, 16))
    model.decode(torch.rand(2, config.latent_channels, 4, 4))
    assert len(seen) == 2
    assert all(x.is_contiguous(memory_format=torch.channels_last) for x in seen)


def test_a_dropout_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="dropout: must be in .0, 1.; got 1.0"):
        VaeConfig(image_size=16, dropout=1.0)
