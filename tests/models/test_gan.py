"""Generator and discriminator of pictures."""

import pytest
import torch

from jium.errors import ConfigError
from jium.models.gan import Condition, Gan, GanConfig
from jium.nn.layout import Layout

TINY = dict(dim=8, multipliers=(1, 2), latent_dim=4, style_dim=8, picture_size=8)
TEXT = {"size": "tiny", "dim": 16, "n_heads": 2, "ffn_dim": 16, "n_layers": 1}


def gan(**settings: object) -> Gan:
    torch.manual_seed(0)
    return Gan(GanConfig(**{**TINY, **settings})).eval()


def captions(lengths: list[int]) -> Condition:
    tokens = torch.arange(sum(lengths)) % 20
    return Condition(tokens, Layout(lengths), {}, torch.zeros(len(lengths), dtype=torch.bool))


@pytest.mark.parametrize("settings", [{}, {"patch": 2}, {"multipliers": (1, 1, 2)}])
def test_latents_become_pictures_and_pictures_scores(settings: dict) -> None:
    model = gan(**settings)
    made = model.generator(model.latents(3))
    assert made.shape == (3, 3, 8, 8)
    assert made.abs().max().item() <= 1
    assert model.discriminator(made).shape == (3,)


def test_a_picture_and_its_score_do_not_depend_on_those_beside_it() -> None:
    model, latents = gan(), torch.randn(5, 4)
    made = model.generator(latents)
    alone = torch.cat([model.generator(latent[None]) for latent in latents])
    assert torch.allclose(made, alone, atol=1e-5)
    scores = torch.cat([model.discriminator(one[None]) for one in made])
    assert torch.allclose(model.discriminator(made), scores, atol=1e-5)


def test_spectral_norm_holds_every_layer_at_one() -> None:
    model = gan().train()
    x = torch.randn(4, 3, 8, 8)
    for _ in range(50):
        model.discriminator(x)
    for name, module in model.discriminator.named_modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            largest = torch.linalg.matrix_norm(module.weight.detach().flatten(1), 2)
            assert float(largest) == pytest.approx(1.0, abs=0.02), name


def test_a_caption_steers_both_sides_and_none_at_all_is_the_same_for_every_caption() -> None:
    model = gan(text=TEXT, vocab_size=20)
    latent = torch.randn(1, 4).expand(2, -1)
    said = captions([3, 5])
    made = model.generator(latent, said)
    assert not torch.allclose(made[0], made[1])
    same = made[:1].expand(2, -1, -1, -1)
    assert not torch.isclose(*model.discriminator(same, said))
    silent = said.forgetting(1.0)
    assert silent.dropped.all()
    made = model.generator(latent, silent)
    assert torch.allclose(made[0], made[1], atol=1e-6)


def test_some_of_the_captions_are_those_of_these_pictures() -> None:
    model = gan(text=TEXT, vocab_size=20)
    said, latent = captions([3, 5, 2]), torch.randn(3, 4)
    rows = torch.tensor([2, 0])
    assert torch.allclose(
        model.generator(latent[rows], said[rows]), model.generator(latent, said)[rows], atol=1e-5
    )


def test_conditions_hold_for_one_part_of_a_larger_batch_after_another() -> None:
    model = gan(labels=["kind"], classes={"kind": 3})
    known = Condition(None, None, {"kind": torch.tensor([0, 2])}, torch.zeros(2, dtype=torch.bool))
    a, b = torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8, 8)
    both = model.discriminator(torch.cat((a, b)), known)
    each = torch.cat((model.discriminator(a, known), model.discriminator(b, known)))
    assert torch.allclose(both, each, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"picture_size": 30}, r"picture_size: .* multiples of 4 pixels; got 30. Try 32"),
        ({"multipliers": ()}, "multipliers: must be numbers of at least 1"),
        ({"dim": 0}, "dim: must be at least 1; got 0"),
        ({"text": {}, "labels": ["kind"]}, "labels: is for pictures without captions"),
    ],
)
def test_a_setting_that_cannot_be_is_named(settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        GanConfig(**{**TINY, **settings})
