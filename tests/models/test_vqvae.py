"""A VQ-VAE: nearest codes, straight-through gradients, codes that follow and that begin anew."""

import pytest
import torch

from jium.errors import ConfigError
from jium.models.vqvae import Codebook, VqVae, VqVaeConfig, perplexity

TINY = VqVaeConfig(image_size=8, dim=8, multipliers=(1, 2), latent_channels=4, n_codes=16)


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def test_every_place_gets_the_code_that_is_nearest() -> None:
    model, latents = VqVae(TINY).eval(), torch.randn(2, 4, 3, 5)
    found = model.quantise(latents)
    rows = latents.permute(0, 2, 3, 1).reshape(-1, 4)
    wanted = torch.cdist(rows, model.codebook.codes).argmin(1)
    assert torch.equal(found.codes.flatten(), wanted)
    assert torch.allclose(found.latents, model.look_up(found.codes), atol=1e-6)


def test_the_gradient_passes_through_as_if_nothing_had_happened() -> None:
    model = VqVae(TINY).eval()
    latents = torch.randn(1, 4, 2, 2, requires_grad=True)
    weights = torch.randn(1, 4, 2, 2)
    (model.quantise(latents).latents * weights).sum().backward()
    assert latents.grad is not None and torch.equal(latents.grad, weights)


def test_the_commitment_pulls_the_encoder_to_its_code() -> None:
    model = VqVae(TINY).eval()
    latents = torch.randn(1, 4, 2, 2, requires_grad=True)
    found = model.quantise(latents)
    found.distance.sum().backward()
    near = model.look_up(found.codes)
    assert latents.grad is not None
    assert torch.allclose(latents.grad, 2 * (latents - near).detach() / 16, atol=1e-6)


def test_codes_become_the_means_of_what_chooses_them() -> None:
    book = Codebook(2, 2, decay=0.5, alive=0.0)
    centres = torch.tensor([[-3.0, 0.0], [3.0, 1.0]])
    vectors = (centres[:, None] + 0.1 * torch.randn(2, 50, 2)).flatten(0, 1)
    book.begun.fill_(True)
    book.codes.copy_(torch.tensor([[-1.0, 0.0], [1.0, 0.0]]))
    book.sums.copy_(book.codes)
    for _ in range(40):
        book.learn(vectors)
    means = vectors.view(2, 50, 2).mean(1)
    assert torch.allclose(book.codes, means, atol=1e-3)


def test_one_step_of_a_code_is_the_moving_mean_of_the_paper() -> None:
    """Equations 6 to 8 of its appendix: N and m are moving means, the code is their ratio."""
    book = Codebook(2, 1, decay=0.9, alive=0.0)
    book.begun.fill_(True)
    book.codes.copy_(torch.tensor([[0.0], [10.0]]))
    book.counts.copy_(torch.tensor([2.0, 5.0]))
    book.sums.copy_(torch.tensor([[0.0], [50.0]]))
    book.learn(torch.tensor([[1.0], [2.0], [3.0]]))
    assert book.counts.tolist() == pytest.approx([0.9 * 2 + 0.1 * 3, 0.9 * 5])
    assert book.codes[0].item() == pytest.approx(0.1 * 6 / (0.9 * 2 + 0.1 * 3))
    assert book.codes[1].item() == pytest.approx(10.0)


def test_a_code_that_nobody_chooses_begins_anew_where_the_encoder_is() -> None:
    book = Codebook(8, 2, decay=0.5, alive=0.1)
    book.begun.fill_(True)
    book.codes.copy_(torch.full((8, 2), 100.0))  # far from everything
    book.codes[0] = 0.0
    book.sums.copy_(book.codes)
    vectors = torch.randn(200, 2)
    for _ in range(12):
        book.learn(vectors)
    assert float(book.codes.abs().max()) < 10
    assert perplexity(book.nearest(vectors), 8) > 4


def test_without_a_new_beginning_dead_codes_stay_dead() -> None:
    book = Codebook(8, 2, decay=0.5, alive=0.0)
    book.begun.fill_(True)
    book.codes.copy_(torch.full((8, 2), 100.0))
    book.codes[0] = 0.0
    book.sums.copy_(book.codes)
    vectors = torch.randn(200, 2)
    for _ in range(12):
        book.learn(vectors)
    assert perplexity(book.nearest(vectors), 8) == pytest.approx(1.0)


def test_codes_learn_in_training_alone() -> None:
    model, images = VqVae(TINY), torch.rand(2, 3, 8, 8)
    before = model.codebook.codes.clone()
    model.eval().quantise(model.encode(images))
    assert torch.equal(model.codebook.codes, before)
    model.train().quantise(model.encode(images))
    assert not torch.equal(model.codebook.codes, before)


def test_perplexity_counts_codes_in_use() -> None:
    assert perplexity(torch.arange(16), 16) == pytest.approx(16.0)
    assert perplexity(torch.zeros(10, dtype=torch.long), 16) == pytest.approx(1.0)
    assert perplexity(torch.tensor([0, 0, 1, 1]), 16) == pytest.approx(2.0)


def test_drawn_latents_are_codes_of_the_book() -> None:
    model = VqVae(TINY).eval()
    model.latent_scale.fill_(3.0)
    drawn = model.draw_latents(2, torch.Generator().manual_seed(0)) / 3
    found = model.quantise(drawn)
    assert torch.allclose(found.latents, drawn, atol=1e-5)


@pytest.mark.parametrize(("name", "value"), [("n_codes", 1), ("decay", 1.0), ("alive", -1.0)])
def test_settings_that_make_no_codebook_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=name):
        VqVaeConfig(**{name: value})  # type: ignore[arg-type]


def test_codes_are_learned_in_all_digits_where_the_rest_is_bfloat16() -> None:
    torch.manual_seed(0)
    model = VqVae(VqVaeConfig(image_size=8, dim=8, multipliers=[1, 2], latent_channels=4))
    images = torch.rand(4, 3, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        found = model.quantise(model.encode(images))
    rows = model.encode(images).permute(0, 2, 3, 1).reshape(-1, 4)
    assert found.codes.shape == (4, 4, 4) and model.codebook.sums.dtype == torch.float32
    assert model.codebook.begun and torch.isfinite(rows).all()
