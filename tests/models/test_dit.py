"""The diffusion Transformer: shapes, places, words, how it begins, settings that do not fit."""

from typing import Any

import pytest
import torch
from torch import nn

from jium.config import build
from jium.errors import ConfigError, DataError
from jium.models.conditioning import Context, padded_to
from jium.models.dit import Dit, DitConfig, grid_positions

TIMES = torch.tensor([0.2, 0.7])
TINY = dict(dim=16, n_heads=2, n_layers=2, patch_size=2, sine_dim=8)
WORDS = pytest.mark.parametrize("words", ["cross", "joint"])


def make(**more: Any) -> Dit:
    """A model whose weights all matter."""
    torch.manual_seed(0)
    model = Dit(build(DitConfig, TINY | more)).eval()
    for parameter in model.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.2)
    return model


def pictures(height: int = 8, width: int = 4) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(2, 3, height, width)


def context(length: int = 3) -> Context:
    torch.manual_seed(2)
    mask = torch.ones(2, length, dtype=torch.bool)
    return Context(torch.randn(2, length, 12), mask, torch.randn(2, 12))


@pytest.mark.parametrize("side", [(2, 2), (8, 4), (6, 16)])
def test_a_picture_keeps_its_size(side: tuple[int, int]) -> None:
    assert make()(pictures(*side), TIMES).shape == (2, 3, *side)


def test_a_patch_goes_back_to_its_own_place() -> None:
    """With blocks that change nothing, one patch in is one patch out."""
    model = make(n_layers=1)
    for parameter in model.blocks.parameters():
        nn.init.zeros_(parameter)
    before = pictures(8, 8)
    after = before.clone()
    after[:, :, 2:4, 6:8] += 1
    changed = (model(before, TIMES) != model(after, TIMES)).any(1)  # (batch, height, width)
    assert changed[:, 2:4, 6:8].all()
    assert changed.sum() == 2 * 4


@WORDS
def test_a_new_model_predicts_nothing_and_learns_in_every_part(words: str) -> None:
    torch.manual_seed(0)
    model = Dit(build(DitConfig, TINY | {"context_dim": 12, "words": words}))
    target = torch.randn(2, 3, 8, 4)
    assert not model(pictures(), TIMES, context()).any()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(5):
        optimiser.zero_grad()
        (model(pictures(), TIMES, context()) - target).square().mean().backward()
        optimiser.step()
    still = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not still


@WORDS
def test_time_and_each_word_matter(words: str) -> None:
    model, given = make(context_dim=12, words=words), context()
    before = model(pictures(), TIMES, given)
    assert not torch.allclose(model(pictures(), TIMES + 0.1, given), before, atol=1e-4)
    for place in range(3):
        states = given.states.clone()
        states[:, place] += 1
        changed = model(pictures(), TIMES, Context(states, given.mask, given.pooled))
        assert not torch.allclose(changed, before, atol=1e-4)
    changed = model(pictures(), TIMES, Context(given.states, given.mask, -given.pooled))
    assert not torch.allclose(changed, before, atol=1e-4)


@WORDS
def test_words_that_are_masked_change_nothing(words: str) -> None:
    model, given = make(context_dim=12, words=words, qk_norm=True), context()
    longer = padded_to(given, 6)
    longer.states[:, 3:] = 9.0
    torch.testing.assert_close(
        model(pictures(), TIMES, longer), model(pictures(), TIMES, given), atol=1e-5, rtol=1e-5
    )


@WORDS
def test_a_picture_is_cleaned_alike_in_any_batch(words: str) -> None:
    model, given = make(context_dim=12, words=words), context()
    alone = model(pictures()[1:], TIMES[1:], given[1:])
    together = model(pictures(), TIMES, given)[1:]
    torch.testing.assert_close(alone, together, atol=1e-5, rtol=1e-5)


def test_every_place_of_a_grid_has_its_own_vector() -> None:
    places = grid_positions(5, 7, 16, torch.device("cpu"))
    assert places.shape == (35, 16)
    assert len({tuple(row) for row in places.tolist()}) == 35
    assert torch.equal(places[0, :8], places[7, :8])  # the same column
    assert torch.equal(places[0, 8:], places[1, 8:])  # the same row


def test_sampling_before_training_does_no_harm_to_it() -> None:
    model = make()
    with torch.inference_mode():
        model(pictures(10, 6), TIMES)
    model(pictures(10, 6), TIMES).sum().backward()
    assert model.patch_proj.weight.grad is not None


def test_bfloat16_is_near_float32() -> None:
    model, given = make(context_dim=12), context()
    exact = model(pictures(), TIMES, given)
    with torch.autocast("cpu", torch.bfloat16):
        coarse = model(pictures(), TIMES, given)
    assert (coarse - exact).abs().mean() < 0.03 * exact.abs().mean()


def test_sizes_have_the_parameters_they_are_meant_to_have() -> None:
    with torch.device("meta"):
        models = {size: Dit(build(DitConfig, {"size": size})) for size in DitConfig.sizes}
    millions = {
        size: round(sum(p.numel() for p in model.parameters()) / 1e6, 1)
        for size, model in models.items()
    }
    assert millions == {"tiny": 0.2, "small": 9.7, "base": 32.5}


def test_a_picture_that_holds_no_whole_patches_is_refused() -> None:
    with pytest.raises(DataError, match=r"5 x 8 does not fit: .* multiples of 2. Try 6 x 8\."):
        make()(pictures(8, 5), TIMES)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("patch_size", 0, r"must be at least 1; got 0\."),
        ("n_heads", 3, r"must divide dim; got n_heads=3 with dim=16\."),
        ("sine_dim", 33, r"must be even; got 33\."),
        ("ffn_dim", 0, r"must be at least 1; got 0\."),
        ("dropout", 1.0, r"must be in .0, 1.; got 1\.0\."),
        ("dim", 18, r"must be a multiple of 4, .*; got 18\."),
    ],
)
def test_settings_that_do_not_fit_are_refused(key: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"denoiser\.{key}: {message}"):
        build(DitConfig, TINY | {key: value}, "denoiser")
