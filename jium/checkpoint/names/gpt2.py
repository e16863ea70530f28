"""GPT-2 as Hugging Face names it. Its linear layers are stored transposed, and queries, keys and
values in one.
"""

import torch

from jium.checkpoint.names.table import Family, Tensors, Values, refuse, untie
from jium.models.gpt import GptConfig

SETTINGS: dict[str, tuple[str, ...]] = {
    "dim": ("n_embd",),
    "n_layers": ("n_layer",),
    "n_heads": ("n_head",),
    "ffn_dim": ("n_inner",),
    "activation": ("activation_function",),
    "norm_eps": ("layer_norm_epsilon",),
    "dropout": ("resid_pdrop", "embd_pdrop"),
    "attention_dropout": ("attn_pdrop",),
    "max_len": ("n_positions",),
    "vocab_size": ("vocab_size",),
    "tie_embeddings": ("tie_word_embeddings",),
}
DEFAULTS = {
    **dict(n_inner=None, activation_function="gelu_new", layer_norm_epsilon=1e-5),
    **dict(resid_pdrop=0.1, attn_pdrop=0.1, tie_word_embeddings=True),
}
TENSORS = {
    "embedding.": "wte.",
    "decoder.positions.table.": "wpe.",
    "decoder.blocks.*.attn_norm.": "h.*.ln_1.",
    "decoder.blocks.*.attn.qkv_proj.": "h.*.attn.c_attn.",
    "decoder.blocks.*.attn.o_proj.": "h.*.attn.c_proj.",
    "decoder.blocks.*.ffn_norm.": "h.*.ln_2.",
    "decoder.blocks.*.ffn.up_proj.": "h.*.mlp.c_fc.",
    "decoder.blocks.*.ffn.down_proj.": "h.*.mlp.c_proj.",
    "decoder.norm.": "ln_f.",
}
TRANSPOSED = ("qkv_proj.weight", "o_proj.weight", "up_proj.weight", "down_proj.weight")
ACTIVATIONS = {  # theirs to ours
    **dict(gelu_new="gelu_new", gelu_pytorch_tanh="gelu_new", gelu_fast="gelu_new"),
    **dict(gelu="gelu", relu="relu", silu="silu", swish="silu", quick_gelu="quick_gelu"),
}


def from_settings(document: Values) -> Values:
    refuse(
        document,
        {
            "activation_function": ACTIVATIONS,
            "scale_attn_weights": (True,),
            "scale_attn_by_inverse_layer_idx": (False,),
            "add_cross_attention": (False,),
        },
    )
    values = {ours: document[theirs] for ours, (theirs, *_) in SETTINGS.items()}
    return values | {
        "ffn_dim": document["n_inner"] or 4 * document["n_embd"],
        "activation": ACTIVATIONS[document["activation_function"]],
        **dict(n_kv_heads=None, norm="layer", norm_first=True, bias=True, positions="learned"),
    }


def to_settings(config: GptConfig) -> Values:
    return {name: getattr(config, ours) for ours, names in SETTINGS.items() for name in names}


def unlike(config: GptConfig) -> dict[str, bool]:
    head_dim = config.head_dim or config.dim // config.n_heads
    return {
        f"positions={config.positions}": config.positions != "learned",
        f"norm={config.norm}": config.norm != "layer",
        "norm_first=false": not config.norm_first,
        "bias=false": not config.bias or config.qkv_bias is False,
        f"activation={config.activation}": config.activation not in ACTIVATIONS,
        f"n_kv_heads={config.n_kv_heads}": config.n_kv_heads not in (None, config.n_heads),
        f"head_dim={config.head_dim}": head_dim * config.n_heads != config.dim,
        "qk_norm=true": config.qk_norm,
        f"attention_scale={config.attention_scale}": config.attention_scale is not None,
    }


def from_tensors(tensors: Tensors, config: GptConfig) -> Tensors:
    found: Tensors = {}
    for name, tensor in tensors.items():
        if name.endswith(TRANSPOSED):
            tensor = tensor.T
        if "qkv_proj" not in name:
            found[name] = tensor
            continue
        for ours, part in zip("qkv", tensor.chunk(3), strict=True):
            found[name.replace("qkv_proj", f"{ours}_proj")] = part
    return found


def to_tensors(tensors: Tensors, config: GptConfig) -> Tensors:
    found: Tensors = {}
    for name, tensor in tensors.items():
        if "q_proj" in name:
            parts = [tensors[name.replace("q_proj", f"{one}_proj")] for one in "qkv"]
            name, tensor = name.replace("q_proj", "qkv_proj"), torch.cat(parts)
        if "k_proj" not in name and "v_proj" not in name.replace("qkv_proj", ""):
            found[name] = tensor.T if name.endswith(TRANSPOSED) else tensor
    return found


GPT2 = Family(
    model_type="gpt2",
    kind="gpt",
    tensors=TENSORS,
    architecture=lambda config: "GPT2LMHeadModel",
    from_settings=from_settings,
    to_settings=to_settings,
    unlike=unlike,
    defaults=DEFAULTS,
    base="GPT2Model",
    prefix="transformer.",
    beside={"output.": "lm_head."},
    ignored=r"\.attn\.(masked_)?bias$",  # the causal mask, in old files
    settle=untie,
    from_tensors=from_tensors,
    to_tensors=to_tensors,
)
