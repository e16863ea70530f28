"""A diffusion model: what it is made of, and what it turns predictions into."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from jium.config import build
from jium.errors import ConfigError, DataError
from jium.models.diffusion import Diffusion, DiffusionConfig
from jium.models.noise import target
from jium.nn.layout import Layout

TINY = {"kind": "unet", "dim": 8, "multipliers": [1], "n_blocks": 1, "attention_levels": [0]}
TINY |= {"head_dim": 8}
WORDS = {"dim": 16, "n_heads": 2, "ffn_dim": 32, "n_layers": 1, "max_len": 8}


def model(**settings: Any) -> Diffusion:
    torch.manual_seed(0)
    values = {"denoiser": TINY, "picture_size": 8} | settings
    return Diffusion(build(DiffusionConfig, values, "model")).eval()


@pytest.mark.parametrize("predicts", ["eps", "x0", "v", "flow"])
def test_a_perfect_prediction_gives_the_clean_picture(predicts: Any) -> None:
    made = model(predicts=predicts)
    clean, noise = torch.randn(2, 5, 3, 8, 8)
    time = torch.tensor([0.01, 0.2, 0.5, 0.8, 0.95])
    alpha, sigma = made.noise.levels(time, clean)
    said = target(predicts, clean, noise, alpha, sigma)
    made.denoiser.forward = lambda x, time, context: said  # type: ignore[method-assign]
    found = made.denoise(made.noise.add_noise(clean, noise, time), time)
    torch.testing.assert_close(found, clean, rtol=1e-3, atol=1e-3)


def test_folded_squares_come_back_to_their_places() -> None:
    made = model(patch=2)
    seen: list[Tensor] = []

    def same(x: Tensor, time: Tensor, context: None) -> Tensor:
        seen.append(x)
        return x

    made.denoiser.forward = same  # type: ignore[method-assign]
    x = torch.randn(2, 3, 8, 8)
    assert torch.equal(made(x, torch.ones(2)), x)
    assert seen[0].shape == (2, 12, 4, 4)


def test_without_a_context_the_model_hears_nothing_which_it_has_learned() -> None:
    made = model(text=WORDS, vocab_size=10)
    torch.nn.init.normal_(made.denoiser.conv_out.weight)
    for name, weight in made.denoiser.named_parameters():
        if name.endswith("out_proj.weight"):
            torch.nn.init.normal_(weight)
    x, time = torch.randn(2, 3, 8, 8), torch.tensor([0.3, 0.7])
    nothing = made.conditioner.null(2)  # type: ignore[union-attr]
    words = made.read(torch.tensor([1, 2, 3]), Layout([1, 2]))
    with torch.no_grad():
        assert torch.equal(made(x, time), made(x, time, nothing))
        assert not torch.allclose(made(x, time), made(x, time, words))


def test_labels_guide_where_there_are_no_captions() -> None:
    made = model(labels=["group"], classes={"group": 4})
    context = made.context(SimpleNamespace(labels={"group": torch.tensor([0, 3, -1])}))
    assert context is not None and len(context) == 3
    assert made(torch.randn(3, 3, 8, 8), torch.rand(3), context).shape == (3, 3, 8, 8)


def test_settings_come_back_with_their_defaults_and_make_the_same_model() -> None:
    made = model(text=WORDS, vocab_size=10).config
    assert made.denoiser["n_layers"] == 1 and made.noise["n_steps"] == 1000
    again = build(DiffusionConfig, vars(made), "model")
    assert again == made


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"denoiser": {"kind": "unit"}}, "model.denoiser.kind"),
        ({"denoiser": {"kind": "unet", "dims": 3}}, "model.denoiser.dims"),
        ({"text": {"n_heads": 3, "dim": 16}}, "model.text.n_heads"),
        ({"noise": {"n_steps": 0}}, "model.noise.n_steps"),
        ({"noise": {"kind": "flow"}, "predicts": "eps"}, "model.predicts"),
        ({"patch": 0}, "model.patch"),
        ({"patch": 3}, "model.picture_size"),
        ({"text": WORDS, "labels": ["group"]}, "model.labels"),
    ],
)
def test_a_setting_that_cannot_be_is_named(given: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as error:
        model(**given)
    assert error.value.key == key


def test_a_size_that_does_not_divide_is_refused() -> None:
    with pytest.raises(DataError, match="multiples of 2"):
        model(patch=2).shape(9, 8)


def test_on_latents_pictures_are_coded_and_the_coder_does_not_learn() -> None:
    vae = {"image_size": 8, "dim": 8, "multipliers": [1, 2], "latent_channels": 4}
    made = model(vae=vae)
    made.vae.latent_scale.fill_(2.0)  # type: ignore[union-attr]
    images = torch.rand(2, 3, 8, 8) * 2 - 1
    latents = made.encode(images)
    assert latents.shape == (2, *made.shape(8, 8)) == (2, 4, 4, 4)
    assert made.decode(latents).shape == images.shape
    assert not any(p.requires_grad for p in made.vae.parameters())  # type: ignore[union-attr]
    assert made.decode(latents).abs().max() <= 1


def test_the_autoencoder_drops_nothing_out_while_the_denoiser_learns() -> None:
    vae = {"image_size": 8, "dim": 8, "multipliers": [1], "latent_channels": 2, "dropout": 0.5}
    made = model(vae=vae)
    images = torch.rand(2, 3, 8, 8) * 2 - 1
    still = made.encode(images)
    made.train()
    assert made.denoiser.training
    assert torch.equal(made.encode(images), still)
