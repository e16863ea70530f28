"""Muon: updates whose matrices are orthogonal."""

import pytest
import torch
from torch import nn

from jium.config import build
from jium.errors import ConfigError
from jium.models.diffusion import Diffusion, DiffusionConfig
from jium.models.gpt import Gpt, GptConfig
from jium.training.muon import orthogonalised
from jium.training.optimisers import AdamW, MuonW


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 8, 40), (2, 40, 8)])
def test_singular_values_come_near_one_and_directions_stay(shape: tuple[int, int, int]) -> None:
    torch.manual_seed(0)
    matrices = torch.randn(shape)
    made = orthogonalised(matrices)
    values = torch.linalg.svdvals(made)
    assert values.min() > 0.5
    assert values.max() < 1.3
    u, _, vt = torch.linalg.svd(matrices, full_matrices=False)
    turned = u.mT @ made @ vt.mT  # diagonal, where the singular vectors are the same
    off = turned - torch.diag_embed(turned.diagonal(dim1=1, dim2=2))
    assert off.abs().max() < 1e-4


def test_the_scale_of_a_gradient_does_not_matter() -> None:
    matrices = torch.randn(2, 12, 20, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(orthogonalised(matrices), orthogonalised(1000 * matrices), atol=1e-4)


def gpt() -> Gpt:
    torch.manual_seed(0)
    return Gpt(build(GptConfig, {"size": "tiny", "vocab_size": 50}))


def test_matrices_within_blocks_are_made_orthogonal_and_the_rest_is_adamw() -> None:
    ours, theirs = gpt(), gpt()
    optimisers = [
        MuonW(weight_decay=0.1).make(ours, 1e-2),
        AdamW(weight_decay=0.1).make(theirs, 1e-2),
    ]
    for _ in range(3):
        torch.manual_seed(1)
        for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            one.grad = torch.randn(one.shape)
            other.grad = one.grad.clone()
        for optimiser in optimisers:
            optimiser.step()
    other_values = dict(theirs.named_parameters())
    for name, value in ours.named_parameters():
        within = ".blocks." in name and value.ndim == 2
        assert torch.allclose(value, other_values[name], atol=1e-6) != within, name


def test_a_kernel_is_moved_as_the_matrix_that_it_is() -> None:
    torch.manual_seed(0)
    flat = nn.ModuleDict({"blocks": nn.ModuleList([nn.Linear(4 * 9, 8, bias=False)])})
    conv = nn.ModuleDict({"down": nn.ModuleList([nn.Conv2d(4, 8, 3, bias=False)])})
    weights = [*conv.parameters(), *flat.parameters()]
    weights[0].data = weights[0].data.contiguous(memory_format=torch.channels_last)
    weights[1].data = weights[0].data.flatten(1).clone()
    for model in (conv, flat):
        optimiser = MuonW().make(model, 1e-2)
        for step in range(3):
            (weight,) = model.parameters()
            noise = torch.randn(8, 36, generator=torch.Generator().manual_seed(step))
            weight.grad = noise.view(weight.shape)
            optimiser.step()
    assert torch.allclose(weights[0].flatten(1), weights[1], atol=1e-6)


def test_of_a_unet_the_first_and_last_layers_and_embeddings_are_left_to_adamw() -> None:
    config = DiffusionConfig(
        text={"size": "tiny"}, denoiser={"kind": "unet", "size": "tiny"}, vocab_size=20
    )
    model = Diffusion(config)
    moved = {
        id(p)
        for group in MuonW().make(model, 1e-3).param_groups
        if group["orthogonal"]
        for p in group["params"]
    }
    left = {n for n, p in model.named_parameters() if p.ndim in (2, 4) and id(p) not in moved}

    assert left == {
        "denoiser.conv_in.weight",
        "denoiser.conv_out.weight",
        "conditioner.embedding.weight",
        "conditioner.out_proj.weight",
    }


def test_the_first_step_is_that_of_the_paper() -> None:
    linear = nn.ModuleDict({"a": nn.ModuleDict({"blocks": nn.ModuleList([nn.Linear(6, 4)])})})
    weight = linear["a"]["blocks"][0].weight  # type: ignore[index]
    before = weight.detach().clone()
    weight.grad = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    optimiser = MuonW(lr=0.1, momentum=0.9, weight_decay=0.5).make(linear, 0.1)
    optimiser.step()
    momentum = 0.1 * weight.grad
    ahead = 0.1 * weight.grad + 0.9 * momentum
    update = 0.2 * 6**0.5 * orthogonalised(ahead[None])[0]
    assert torch.allclose(weight, before * (1 - 0.1 * 0.5) - 0.1 * update, atol=1e-6)


def test_a_momentum_of_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="betas"):
        MuonW(momentum=1.0)


def test_what_is_kept_stands_where_the_parameters_are() -> None:
    """The fused step of a GPU reads how many steps were taken from its own memory."""
    optimiser = MuonW().make(gpt().to("meta"), 1e-3)
    kept = [tensor for state in optimiser.state.values() for tensor in state.values()]
    assert {tensor.device.type for tensor in kept} == {"meta"}
