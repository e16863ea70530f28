"""Our denoisers against diffusers, after copying weights: U-Nets with and without words, DiT."""

import re
from typing import Any

import pytest
import torch
from einops import rearrange
from torch import Tensor, nn

from jium.models.conditioning import Context
from jium.models.dit import Dit, DitConfig
from jium.models.unet import Unet, UnetConfig

diffusers = pytest.importorskip("diffusers")
State = dict[str, Tensor]
TIMES = torch.tensor([0.0, 0.45, 0.999])

UNET_NAMES = [  # of diffusers, and ours; a down or middle level first, then the parts in it
    (r"^time_embedding\.linear_1", "time.up_proj"),
    (r"^time_embedding\.linear_2", "time.down_proj"),
    (r"^class_embedding", "pooled_proj"),
    (r"^conv_norm_out", "norm_out"),
    (r"^(down|up)_blocks\.(\d+)\.resnets\.(\d+)", r"\1.\2.stages.\3.res"),
    (r"^(down|up)_blocks\.(\d+)\.attentions\.(\d+)", r"\1.\2.stages.\3.attn"),
    (r"^down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.shrink"),
    (r"^up_blocks\.(\d+)\.upsamplers\.0", r"up.\1.grow"),
    (r"^mid_block\.resnets\.0", "middle.res"),
    (r"^mid_block\.resnets\.1", "middle_out.res"),
    (r"^mid_block\.attentions\.0", "middle.attn"),
    (r"time_emb_proj", "cond_proj"),
    (r"conv_shortcut", "skip"),
    (r"attn\.group_norm", "attn.norm"),
    (r"attn\.to_([qkv])", r"attn.attn.\1_proj"),
    (r"attn\.to_out\.0", "attn.attn.o_proj"),
    (r"attn\.proj_(in|out)", r"attn.\1_proj"),
]
BLOCK_NAMES = [  # below transformer_blocks.N
    (r"attn1\.to_([qkv])", r"attn.\1_proj"),
    (r"attn2\.to_([qkv])", r"cross_attn.\1_proj"),
    (r"attn1\.to_out\.0", "attn.o_proj"),
    (r"attn2\.to_out\.0", "cross_attn.o_proj"),
    (r"norm1\.linear", "modulation"),
    (r"norm1", "attn_norm"),
    (r"norm2", "cross_attn_norm"),
    (r"norm3", "ffn_norm"),
    (r"ff\.net\.0\.proj", "ffn.up_proj"),
    (r"ff\.net\.2", "ffn.down_proj"),
]
DIT_NAMES = [
    (r"^pos_embed\.proj", "patch_proj"),
    (r"^proj_out_1", "modulation"),
    (r"^proj_out_2", "out_proj"),
    (r"timestep_embedder\.linear_1", "up_proj"),
    (r"timestep_embedder\.linear_2", "down_proj"),
]


def renamed(state: State, names: list[tuple[str, str]]) -> State:
    found = {}
    for name, value in state.items():
        before, inside, below = name.partition("transformer_blocks.")
        for pattern, ours in names:
            before = re.sub(pattern, ours, before)
        if inside:
            for pattern, ours in BLOCK_NAMES:
                below, changed = re.subn(pattern, ours, below)
                if changed:
                    break
        found[before + (inside and "blocks.") + below] = value
    return found


def split_gates(state: State) -> State:
    """diffusers keeps what is gated and the gate in one matrix."""
    found = {}
    for name, value in state.items():
        if "ffn.up_proj" in name:
            up, gate = value.chunk(2)
            found |= {name: up, name.replace("up_proj", "gate_proj"): gate}
        else:
            found[name] = value
    return found


def shake(module: nn.Module) -> None:
    """Give every parameter, norms too, a value that matters."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 16
            nn.init.normal_(parameter, std=fan_in**-0.5)
            if parameter.dim() == 1 and "norm" in name and name.endswith("weight"):
                parameter += 1


def assert_close(ours: Tensor, theirs: Tensor) -> None:
    assert theirs.std() > 0.1  # or there is nothing to compare
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def pictures(height: int = 8, width: int = 12, channels: int = 3) -> Tensor:
    torch.manual_seed(1)
    return torch.randn(3, channels, height, width)


# ---------------------------------------------------------------- U-Nets

SHAPE: dict[str, Any] = dict(
    block_out_channels=(16, 32, 48),
    layers_per_block=2,
    norm_num_groups=4,
    attention_head_dim=8,
)
OURS: dict[str, Any] = dict(
    dim=16, multipliers=[1, 2, 3], n_blocks=2, groups=4, head_dim=8, attention_levels=[1, 2]
)


@pytest.mark.parametrize(("theirs", "ours"), [("default", "add"), ("scale_shift", "scale_shift")])
@torch.no_grad()
def test_a_unet_equals_unet_2d_model(theirs: str, ours: str) -> None:
    reference = diffusers.UNet2DModel(
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
        resnet_time_scale_shift=theirs,
        attn_norm_num_groups=4,
        **SHAPE,
    ).eval()
    shake(reference)
    model = Unet(UnetConfig(modulation=ours, **OURS)).eval()  # type: ignore[arg-type]
    model.load_state_dict(renamed(reference.state_dict(), UNET_NAMES))
    wanted = reference(pictures(), 1000 * TIMES).sample
    assert_close(model(pictures(), TIMES), wanted)


@torch.no_grad()
def test_a_unet_with_words_equals_unet_2d_condition_model() -> None:
    reference = diffusers.UNet2DConditionModel(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=20,
        transformer_layers_per_block=2,
        use_linear_projection=True,
        class_embed_type="simple_projection",
        projection_class_embeddings_input_dim=20,
        **SHAPE | {"attention_head_dim": (2, 4, 6)},  # there, the number of heads
    ).eval()
    shake(reference)
    model = Unet(UnetConfig(modulation="add", context_dim=20, n_layers=2, **OURS)).eval()
    model.load_state_dict(split_gates(renamed(reference.state_dict(), UNET_NAMES)))
    torch.manual_seed(2)
    mask = torch.tensor([[True] * 5, [True] * 2 + [False] * 3, [True] + [False] * 4])
    context = Context(torch.randn(3, 5, 20), mask, torch.randn(3, 20))
    wanted = reference(
        pictures(),
        1000 * TIMES,
        encoder_hidden_states=context.states,
        encoder_attention_mask=mask,
        class_labels=context.pooled,
    ).sample
    assert_close(model(pictures(), TIMES, context), wanted)


# ---------------------------------------------------------------- DiT


def dit_state(reference: nn.Module) -> State:
    """Each block of diffusers embeds the time by itself; those of the first are ours."""
    embedding = "transformer_blocks.0.norm1.emb."
    state = {
        "time." + name.removeprefix(embedding) if name.startswith(embedding) else name: value
        for name, value in reference.state_dict().items()
        if ".emb." not in name or name.startswith(embedding)
    }
    state["pooled_proj.weight"] = state.pop("time.class_embedder.embedding_table.weight").mT
    state["pooled_proj.bias"] = torch.zeros(len(state["pooled_proj.weight"]))
    state["pos_embed.proj.weight"] = rearrange(
        state["pos_embed.proj.weight"], "d c p q -> d (p q c)"
    )
    return renamed({k: v for k, v in state.items() if k != "pos_embed.pos_embed"}, DIT_NAMES)


@torch.no_grad()
def test_a_dit_equals_dit_transformer_2d_model() -> None:
    n_classes = 5
    reference = diffusers.DiTTransformer2DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=4,
        out_channels=4,
        num_layers=3,
        sample_size=8,
        patch_size=2,
        num_embeds_ada_norm=n_classes,
        norm_num_groups=4,
    ).eval()
    shake(reference)
    first = reference.transformer_blocks[0].norm1.emb
    for block in reference.transformer_blocks:
        block.norm1.emb.load_state_dict(first.state_dict())
        block.norm1.emb.time_proj.downscale_freq_shift = 0  # as the authors of DiT have it
    model = Dit(
        DitConfig(
            channels=4, dim=16, n_heads=2, n_layers=3, context_dim=n_classes + 1, words="joint"
        )
    ).eval()
    classes = torch.tensor([0, 3, 4])
    one_hot = nn.functional.one_hot(classes, n_classes + 1).float()
    model.load_state_dict(dit_state(reference), strict=False)
    nothing = Context(
        torch.zeros(3, 1, n_classes + 1), torch.zeros(3, 1, dtype=torch.bool), one_hot
    )
    wanted = reference(pictures(8, 8, 4), 1000 * TIMES, classes).sample
    assert_close(model(pictures(8, 8, 4), TIMES, nothing), wanted)
