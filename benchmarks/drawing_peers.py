"""The same denoisers as diffusers has them, with the very weights of a jium model.

UNet2DModel, UNet2DConditionModel and DiTTransformer2DModel; what is left to compare is speed.
"""

import re
from typing import Any

import torch
from einops import rearrange
from torch import Tensor, nn

from jium.models.conditioning import Context
from jium.models.dit import Dit, DitConfig
from jium.models.unet import Unet, UnetConfig

State = dict[str, Tensor]

UNET = [  # names here, and in diffusers
    (r"^time\.up_proj", "time_embedding.linear_1"),
    (r"^time\.down_proj", "time_embedding.linear_2"),
    (r"^pooled_proj", "class_embedding"),
    (r"^norm_out", "conv_norm_out"),
    (r"^(down|up)\.(\d+)\.stages\.(\d+)\.res", r"\1_blocks.\2.resnets.\3"),
    (r"^(down|up)\.(\d+)\.stages\.(\d+)\.attn", r"\1_blocks.\2.attentions.\3"),
    (r"^down\.(\d+)\.shrink", r"down_blocks.\1.downsamplers.0"),
    (r"^up\.(\d+)\.grow", r"up_blocks.\1.upsamplers.0"),
    (r"^middle\.res", "mid_block.resnets.0"),
    (r"^middle_out\.res", "mid_block.resnets.1"),
    (r"^middle\.attn", "mid_block.attentions.0"),
    (r"cond_proj", "time_emb_proj"),
    (r"\.skip\.", ".conv_shortcut."),
]
PIXELS = [  # within an attention over pixels alone
    (r"(attentions\.\d+)\.norm", r"\1.group_norm"),
    (r"(attentions\.\d+)\.attn\.([qkv])_proj", r"\1.to_\2"),
    (r"(attentions\.\d+)\.attn\.o_proj", r"\1.to_out.0"),
]
WORDS = [  # within an attention over words
    (r"(attentions\.\d+)\.(in|out)_proj", r"\1.proj_\2"),
    (r"\.blocks\.", ".transformer_blocks."),
    (r"\.attn\.([qkv])_proj", r".attn1.to_\1"),
    (r"\.cross_attn\.([qkv])_proj", r".attn2.to_\1"),
    (r"\.attn\.o_proj", ".attn1.to_out.0"),
    (r"\.cross_attn\.o_proj", ".attn2.to_out.0"),
    (r"\.attn_norm", ".norm1"),
    (r"\.cross_attn_norm", ".norm2"),
    (r"\.ffn_norm", ".norm3"),
    (r"\.ffn\.down_proj", ".ff.net.2"),
]
DIT = [
    (r"^patch_proj", "pos_embed.proj"),
    (r"^modulation", "proj_out_1"),
    (r"^out_proj", "proj_out_2"),
    (r"^blocks\.", "transformer_blocks."),
    (r"\.modulation", ".norm1.linear"),
    (r"\.attn\.([qkv])_proj", r".attn1.to_\1"),
    (r"\.attn\.o_proj", ".attn1.to_out.0"),
    (r"\.ffn\.up_proj", ".ff.net.0.proj"),
    (r"\.ffn\.down_proj", ".ff.net.2"),
]


class Peer(nn.Module):
    """A model of diffusers that is called as ours are: x, time in [0, 1], context."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, time: Tensor, context: Context | None = None) -> Tensor:
        kind = type(self.net).__name__
        if kind == "DiTTransformer2DModel":
            nothing = torch.zeros(len(x), dtype=torch.long, device=x.device)
            return self.net(x, 1000 * time, nothing).sample
        if context is None:
            return self.net(x, 1000 * time).sample
        return self.net(
            x,
            1000 * time,
            encoder_hidden_states=context.states,
            encoder_attention_mask=context.mask,
            class_labels=context.pooled,
        ).sample


def peer_of(model: Unet | Dit) -> Peer:
    """The same model in diffusers."""
    if isinstance(model, Dit):
        return Peer(dit_peer(model))
    return Peer(unet_peer(model))


def unet_peer(model: Unet) -> nn.Module:
    import diffusers

    config = model.config
    words = config.context_dim is not None
    shape: dict[str, Any] = dict(
        in_channels=config.channels,
        out_channels=config.out_channels or config.channels,
        block_out_channels=tuple(config.widths),
        layers_per_block=config.n_blocks,
        norm_num_groups=config.groups,
        norm_eps=config.norm_eps,
        dropout=config.dropout,
        resnet_time_scale_shift="default" if config.modulation == "add" else "scale_shift",
        down_block_types=tuple(block_types(config, "Down")),
        up_block_types=tuple(reversed(block_types(config, "Up"))),
    )
    if not words:
        net = diffusers.UNet2DModel(
            attention_head_dim=config.head_dim, attn_norm_num_groups=config.groups, **shape
        )
    else:
        net = diffusers.UNet2DConditionModel(
            cross_attention_dim=config.context_dim,
            transformer_layers_per_block=config.n_layers,
            use_linear_projection=True,
            class_embed_type="simple_projection",
            projection_class_embeddings_input_dim=config.context_dim,
            attention_head_dim=tuple(w // config.head_dim for w in config.widths),  # of heads
            **shape,
        )
    state = renamed(joined_gates(model.state_dict()), UNET + (WORDS if words else PIXELS))
    net.load_state_dict(state)
    return net


def block_types(config: UnetConfig, way: str) -> list[str]:
    """The name of each level there, from the first."""
    words = config.context_dim is not None
    attends = f"CrossAttn{way}Block2D" if words else f"Attn{way}Block2D"
    levels = range(len(config.widths))
    return [attends if n in config.attention_levels else f"{way}Block2D" for n in levels]


def dit_peer(model: Dit) -> nn.Module:
    """For a model without context: its class is always the same, and adds nothing."""
    import diffusers

    config: DitConfig = model.config
    net = diffusers.DiTTransformer2DModel(
        num_attention_heads=config.n_heads,
        attention_head_dim=config.dim // config.n_heads,
        in_channels=config.channels,
        out_channels=config.out_channels or config.channels,
        num_layers=config.n_layers,
        sample_size=32,
        patch_size=config.patch_size,
        num_embeds_ada_norm=1,
        norm_num_groups=config.channels,
    )
    state = renamed(model.state_dict(), DIT)
    p = config.patch_size
    state["pos_embed.proj.weight"] = rearrange(
        state["pos_embed.proj.weight"], "d (p q c) -> d c p q", p=p, q=p
    )
    times = {k.removeprefix("time."): state.pop(k) for k in list(state) if k.startswith("time.")}
    for n in range(config.n_layers):  # each block there embeds the time for itself
        for name, value in times.items():
            layer = "linear_1" if "up_proj" in name else "linear_2"
            end = name.rsplit(".", 1)[1]
            state[f"transformer_blocks.{n}.norm1.emb.timestep_embedder.{layer}.{end}"] = value
    missing, unknown = net.load_state_dict(state, strict=False)
    odd = [
        name for name in missing if "class_embedder" not in name and name != "pos_embed.pos_embed"
    ]
    assert not odd and not unknown, (odd, unknown)
    for block in net.transformer_blocks:
        nn.init.zeros_(block.norm1.emb.class_embedder.embedding_table.weight)
        block.norm1.emb.time_proj.downscale_freq_shift = 0
    return net


def renamed(state: State, names: list[tuple[str, str]]) -> State:
    found = {}
    for name, value in state.items():
        for pattern, theirs in names:
            name = re.sub(pattern, theirs, name)
        found[name] = value
    return found


def joined_gates(state: State) -> State:
    """diffusers keeps what is gated and the gate in one matrix."""
    found = {}
    for name, value in state.items():
        if ".ffn.up_proj" in name:
            gate = state[name.replace("up_proj", "gate_proj")]
            found[name.replace(".ffn.up_proj", ".ff.net.0.proj")] = torch.cat((value, gate))
        elif ".ffn.gate_proj" not in name:
            found[name] = value
    return found
