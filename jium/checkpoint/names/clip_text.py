"""The text tower of CLIP as Hugging Face names it, with a projection or without."""

from jium.checkpoint.names.table import Family, Tensors, Values, refuse
from jium.models.clip_text import ClipTextConfig

SETTINGS: dict[str, tuple[str, ...]] = {
    "dim": ("hidden_size",),
    "n_layers": ("num_hidden_layers",),
    "n_heads": ("num_attention_heads",),
    "ffn_dim": ("intermediate_size",),
    "activation": ("hidden_act",),
    "norm_eps": ("layer_norm_eps",),
    "attention_dropout": ("attention_dropout",),
    "max_len": ("max_position_embeddings",),
    "vocab_size": ("vocab_size",),
}
DEFAULTS = dict(
    **dict(hidden_act="quick_gelu", layer_norm_eps=1e-5, attention_dropout=0.0),
    **dict(projection_dim=512, eos_token_id=49407),
)
TENSORS = {
    "embedding.": "embeddings.token_embedding.",
    "encoder.positions.table.": "embeddings.position_embedding.",
    "encoder.blocks.*.attn.q_proj.": "encoder.layers.*.self_attn.q_proj.",
    "encoder.blocks.*.attn.k_proj.": "encoder.layers.*.self_attn.k_proj.",
    "encoder.blocks.*.attn.v_proj.": "encoder.layers.*.self_attn.v_proj.",
    "encoder.blocks.*.attn.o_proj.": "encoder.layers.*.self_attn.out_proj.",
    "encoder.blocks.*.attn_norm.": "encoder.layers.*.layer_norm1.",
    "encoder.blocks.*.ffn.up_proj.": "encoder.layers.*.mlp.fc1.",
    "encoder.blocks.*.ffn.down_proj.": "encoder.layers.*.mlp.fc2.",
    "encoder.blocks.*.ffn_norm.": "encoder.layers.*.layer_norm2.",
    "encoder.norm.": "final_layer_norm.",
}
ACTIVATIONS = ("quick_gelu", "gelu", "gelu_new", "relu", "silu")
HIGHEST = 2  # as the end token of old files, in which it means: the token of the largest id


def from_settings(document: Values) -> Values:
    refuse(document, {"hidden_act": ACTIVATIONS})
    end = document["eos_token_id"]
    return {ours: document[theirs] for ours, (theirs,) in SETTINGS.items()} | {
        "projection_dim": document["projection_dim"],
        "end_id": None if end == HIGHEST else end,
    }


def settle(values: Values, tensors: Tensors) -> None:
    """Without a projection in the file there is none, whatever config.json says."""
    if "projection.weight" not in tensors:
        values["projection_dim"] = None


def to_settings(config: ClipTextConfig) -> Values:
    return {theirs: getattr(config, ours) for ours, (theirs,) in SETTINGS.items()} | {
        "projection_dim": config.projection_dim or config.dim,
        "eos_token_id": HIGHEST if config.end_id is None else config.end_id,
    }


def unlike(config: ClipTextConfig) -> dict[str, bool]:
    head_dim = config.head_dim or config.dim // config.n_heads
    return {
        f"positions={config.positions}": config.positions != "learned",
        "norm_first=false": not config.norm_first,
        f"norm={config.norm}": config.norm != "layer",
        "bias=false": not config.bias or config.qkv_bias is False,
        f"activation={config.activation}": config.activation not in ACTIVATIONS,
        f"n_kv_heads={config.n_kv_heads}": config.n_kv_heads not in (None, config.n_heads),
        f"head_dim={config.head_dim}": head_dim * config.n_heads != config.dim,
        "qk_norm=true": config.qk_norm,
        f"attention_scale={config.attention_scale}": config.attention_scale is not None,
    }


def architecture(config: ClipTextConfig) -> str:
    return "CLIPTextModel" if config.projection_dim is None else "CLIPTextModelWithProjection"


CLIP_TEXT = Family(
    model_type="clip_text_model",
    kind="clip_text",
    tensors=TENSORS,
    architecture=architecture,
    from_settings=from_settings,
    to_settings=to_settings,
    unlike=unlike,
    defaults=DEFAULTS,
    base="CLIPTextModel",
    prefix="text_model.",
    beside={"projection.": "text_projection."},
    ignored=r"position_ids$",
    settle=settle,
)
