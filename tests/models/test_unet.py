"""The U-Net: shapes, what it sees, how it begins, and settings that do not fit."""

from typing import Any

import pytest
import torch
from torch import nn

from jium.config import build
from jium.errors import ConfigError, DataError
from jium.models.conditioning import Context, padded_to
from jium.models.unet import Unet, UnetConfig

TIMES = torch.tensor([0.2, 0.7])
TINY = dict(dim=8, multipliers=[1, 2], n_blocks=1, attention_levels=[1], head_dim=8)


def make(**more: Any) -> Unet:
    """A model whose weights all matter."""
    torch.manual_seed(0)
    model = Unet(build(UnetConfig, TINY | more)).eval()
    for parameter in model.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    return model


def pictures(height: int = 8, width: int = 4) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(2, 3, height, width)


def words(length: int = 3) -> Context:
    torch.manual_seed(2)
    mask = torch.ones(2, length, dtype=torch.bool)
    return Context(torch.randn(2, length, 12), mask, torch.randn(2, 12))


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("side", [(2, 2), (8, 4), (6, 16)])
def test_a_picture_keeps_its_size(side: tuple[int, int]) -> None:
    assert make()(pictures(*side), TIMES).shape == (2, 3, *side)


def test_channels_in_and_out_may_differ() -> None:
    model = make(channels=5, out_channels=2)
    assert model(torch.randn(1, 5, 4, 4), TIMES[:1]).shape == (1, 2, 4, 4)


def test_a_new_model_predicts_nothing_and_learns_in_every_part() -> None:
    torch.manual_seed(0)
    model = Unet(UnetConfig(**TINY, context_dim=12))  # type: ignore[arg-type]
    target = torch.randn(2, 3, 8, 4)
    assert not model(pictures(), TIMES, words()).any()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(4):
        optimiser.zero_grad()
        (model(pictures(), TIMES, words()) - target).square().mean().backward()
        optimiser.step()
    still = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not still


def test_time_and_each_word_matter() -> None:
    model, context = make(context_dim=12), words()
    before = model(pictures(), TIMES, context)
    assert not torch.allclose(model(pictures(), TIMES + 0.1, context), before, atol=1e-4)
    for place in range(3):
        states = context.states.clone()
        states[:, place] += 1
        changed = model(pictures(), TIMES, Context(states, context.mask, context.pooled))
        assert not torch.allclose(changed, before, atol=1e-4)
    changed = model(pictures(), TIMES, Context(context.states, context.mask, -context.pooled))
    assert not torch.allclose(changed, before, atol=1e-4)


def test_words_that_are_masked_change_nothing() -> None:
    model, context = make(context_dim=12), words()
    longer = padded_to(context, 6)
    longer.states[:, 3:] = 9.0
    torch.testing.assert_close(
        model(pictures(), TIMES, longer), model(pictures(), TIMES, context), atol=1e-5, rtol=1e-5
    )


def test_a_picture_is_cleaned_alike_in_any_batch() -> None:
    model, context = make(context_dim=12), words()
    alone = model(pictures()[1:], TIMES[1:], context[1:])
    together = model(pictures(), TIMES, context)[1:]
    torch.testing.assert_close(alone, together, atol=1e-5, rtol=1e-5)


def test_memory_format_changes_no_value_and_weights_stay_plain() -> None:
    """Plain, as the state of a fused optimiser is when it comes back from a file."""
    model = make()
    assert all(parameter.is_contiguous() for parameter in model.parameters())
    plain = model(pictures(), TIMES)
    assert plain.is_contiguous(memory_format=torch.channels_last)
    last = model(pictures().contiguous(memory_format=torch.channels_last), TIMES)
    assert torch.equal(plain, last)


def test_bfloat16_is_near_float32() -> None:
    model, context = make(context_dim=12), words()
    exact = model(pictures(), TIMES, context)
    with torch.autocast("cpu", torch.bfloat16):
        coarse = model(pictures(), TIMES, context)
    assert (coarse - exact).abs().mean() < 0.03 * exact.abs().mean()


@pytest.mark.parametrize("attention", [[], [0, 1]])
def test_attention_stands_where_the_levels_say(attention: list[int]) -> None:
    model = make(attention_levels=attention, middle_attention=False)
    attends = [name for name, _ in model.named_modules() if name.endswith(".attn.attn")]
    assert len(attends) == 3 * len(attention)  # one on the way down, two on the way up


def test_sizes_have_the_parameters_they_are_meant_to_have() -> None:
    with torch.device("meta"):
        models = {size: Unet(build(UnetConfig, {"size": size})) for size in UnetConfig.sizes}
    millions = {size: round(parameters(model) / 1e6, 1) for size, model in models.items()}
    assert millions == {"tiny": 0.2, "small": 11.3, "base": 57.1}


def test_a_picture_that_does_not_halve_is_refused() -> None:
    with pytest.raises(DataError, match=r"7 x 8 does not fit: .* multiples of 2. Try 8 x 8\."):
        make()(pictures(8, 7), TIMES)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("dim", 0, r"must be at least 1; got 0\."),
        ("dim", 7, r"must be even; got 7\."),
        ("dropout", -0.1, r"must be in .0, 1.; got -0\.1\."),
        ("head_dim", 5, r"must divide the 16 channels of level 1; got 5\."),
        ("multipliers", [], r"must hold a number of at least 1 for each level; got \[\]\."),
        ("attention_levels", [2], r"must name levels from 0 to 1; got \[2\]\."),
    ],
)
def test_settings_that_do_not_fit_are_refused(key: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"denoiser\.{key}: {message}"):
        build(UnetConfig, TINY | {key: value}, "denoiser")
