"""BERT as Hugging Face names it: settings and tensors, one table for both directions."""

import re
from typing import Any

import torch
from torch import Tensor

from jium.errors import RunError
from jium.models.bert import BertConfig

# Our name for a setting to theirs; `checkpoint.run` writes config.json by it, too.
SETTINGS: dict[str, tuple[str, ...]] = {
    "dim": ("hidden_size",),
    "n_layers": ("num_hidden_layers",),
    "n_heads": ("num_attention_heads",),
    "ffn_dim": ("intermediate_size",),
    "activation": ("hidden_act",),
    "dropout": ("hidden_dropout_prob",),
    "attention_dropout": ("attention_probs_dropout_prob",),
    "norm_eps": ("layer_norm_eps",),
    "max_len": ("max_position_embeddings",),
    "vocab_size": ("vocab_size",),
}
# The beginning of our name for a tensor to theirs; * is the number of a block.
TENSORS = {
    "embeddings.token.": "embeddings.word_embeddings.",
    "embeddings.segment.": "embeddings.token_type_embeddings.",
    "embeddings.positions.table.": "embeddings.position_embeddings.",
    "embeddings.norm.": "embeddings.LayerNorm.",
    "encoder.blocks.*.attn.q_proj.": "encoder.layer.*.attention.self.query.",
    "encoder.blocks.*.attn.k_proj.": "encoder.layer.*.attention.self.key.",
    "encoder.blocks.*.attn.v_proj.": "encoder.layer.*.attention.self.value.",
    "encoder.blocks.*.attn.o_proj.": "encoder.layer.*.attention.output.dense.",
    "encoder.blocks.*.attn_norm.": "encoder.layer.*.attention.output.LayerNorm.",
    "encoder.blocks.*.ffn.up_proj.": "encoder.layer.*.intermediate.dense.",
    "encoder.blocks.*.ffn.down_proj.": "encoder.layer.*.output.dense.",
    "encoder.blocks.*.ffn_norm.": "encoder.layer.*.output.LayerNorm.",
    "pooler.": "pooler.dense.",
}
SEGMENTS = "embeddings.token_type_embeddings.weight"
ACTIVATIONS = ("gelu", "relu")
OLD_NORM = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


def to_settings(config: BertConfig) -> dict[str, Any]:
    """config.json of a BERT. Raises RunError for a setting that BERT does not have."""
    head_dim = config.head_dim or config.dim // config.n_heads
    unlike = {
        "norm_first=true": config.norm_first,
        f"positions={config.positions}": config.positions != "learned",
        f"activation={config.activation}": config.activation not in ACTIVATIONS,
        f"norm={config.norm}": config.norm != "layer",
        "bias=false": not config.bias,
        f"n_kv_heads={config.n_kv_heads}": config.n_kv_heads not in (None, config.n_heads),
        f"head_dim={config.head_dim}": head_dim * config.n_heads != config.dim,
    }
    if wrong := [name for name, so in unlike.items() if so]:
        raise RunError(
            "a model with {settings} is no BERT as others know it, and cannot be written as one.",
            settings=", ".join(wrong),
        )
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "type_vocab_size": max(1, config.n_segments),
        **{theirs: getattr(config, ours) for ours, (theirs,) in SETTINGS.items()},
    }


def from_settings(document: dict[str, Any]) -> dict[str, Any]:
    """The settings of our BERT for such a config.json. Raises RunError for what it has no twin of,
    KeyError for what is missing.
    """
    unlike = {
        "model_type": document.get("model_type") != "bert",
        "hidden_act": document["hidden_act"] not in ACTIVATIONS,
        "position_embedding_type": document.get("position_embedding_type", "absolute")
        != "absolute",
        "is_decoder": document.get("is_decoder", False),
    }
    if wrong := next((name for name, so in unlike.items() if so), None):
        raise RunError(
            "{name}={value!r} is not known. Known is BERT: absolute positions, gelu or relu.",
            name=wrong,
            value=document.get(wrong),
        )
    return {ours: document[theirs] for ours, (theirs,) in SETTINGS.items()} | {
        "n_segments": document["type_vocab_size"]
    }


def to_tensors(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a `Bert` by their names; without segments, one of zeros, for they must have
    one.
    """
    named = {_renamed(name, TENSORS): tensor for name, tensor in tensors.items()}
    dim = tensors["embeddings.token.weight"].size(1)
    return {SEGMENTS: torch.zeros(1, dim)} | named


def from_tensors(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a BERT by our names, in float32; heads and old position numbers are left
    out.
    """
    table = {theirs: ours for ours, theirs in TENSORS.items()}
    found = {}
    for name, tensor in tensors.items():
        name = name.removeprefix("bert.")
        for old, new in OLD_NORM.items():
            name = name.replace(old, new)
        if (ours := _renamed(name, table)) != name:
            found[ours] = tensor.float()
    return found


def _renamed(name: str, table: dict[str, str]) -> str:
    """The name with its beginning replaced by the table; the name itself where that knows none."""
    number = re.search(r"\.(\d+)\.", name)
    general = name if number is None else name.replace(number[0], ".*.", 1)
    for ours, theirs in table.items():
        if general.startswith(ours):
            renamed = theirs + general.removeprefix(ours)
            return renamed if number is None else renamed.replace(".*.", number[0], 1)
    return name
