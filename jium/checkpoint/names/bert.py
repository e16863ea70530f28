"""BERT as Hugging Face names it: settings and tensors, one table for both directions."""

from typing import Any

import torch

from jium.checkpoint.names.encoders import (
    OLD_NORM,
    SPAN,
    EncoderFamily,
    EncoderHead,
    of_activation,
)
from jium.checkpoint.names.table import Tensors, Values
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
ACTIVATIONS = ("gelu", "gelu_new", "relu")


def unlike(config: BertConfig) -> dict[str, bool]:
    head_dim = config.head_dim or config.dim // config.n_heads
    return {
        "norm_first=true": config.norm_first,
        f"positions={config.positions}": config.positions != "learned",
        f"activation={config.activation}": config.activation not in ACTIVATIONS,
        f"norm={config.norm}": config.norm != "layer",
        "bias=false": not config.bias or config.qkv_bias is False,
        f"n_kv_heads={config.n_kv_heads}": config.n_kv_heads not in (None, config.n_heads),
        f"head_dim={config.head_dim}": head_dim * config.n_heads != config.dim,
        "qk_norm=true": config.qk_norm,
        f"attention_scale={config.attention_scale}": config.attention_scale is not None,
        f"embedding_dim={config.embedding_dim}": config.embedding_dim not in (None, config.dim),
        f"position_offset={config.position_offset}": config.position_offset != 0,
        f"pool_from={config.pool_from}": config.pooler and config.pool_from != "first",
        f"pooler_activation={config.pooler_activation}": config.pooler
        and config.pooler_activation != "tanh",
    }


def to_settings(config: BertConfig) -> dict[str, Any]:
    """config.json of a BERT. Raises RunError for a setting that BERT does not have."""
    if wrong := [name for name, so in unlike(config).items() if so]:
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
    wrong = {
        "model_type": document.get("model_type") != "bert",
        "hidden_act": document["hidden_act"] not in ACTIVATIONS,
        "position_embedding_type": document.get("position_embedding_type", "absolute")
        != "absolute",
        "is_decoder": document.get("is_decoder", False),
    }
    if name := next((name for name, so in wrong.items() if so), None):
        raise RunError(
            "{name}={value!r} is not known. Known is BERT: absolute positions, gelu or relu.",
            name=name,
            value=document.get(name),
        )
    return {ours: document[theirs] for ours, (theirs,) in SETTINGS.items()} | {
        "n_segments": document["type_vocab_size"]
    }


def to_tensors(tensors: Tensors) -> Tensors:
    """The tensors of a `Bert` by their names."""
    return BERT.theirs(with_segments(tensors, None), "BertModel")


def from_tensors(tensors: Tensors) -> Tensors:
    """The tensors of a BERT by our names, in float32; heads and old position numbers are left
    out.
    """
    found, _, _ = BERT.ours(tensors)
    return {name: tensor.float() for name, tensor in found.items()}


def with_segments(tensors: Tensors, config: Any) -> Tensors:
    """Without segments, one of zeros, for they must have one."""
    segment = "embeddings.segment.weight"
    dim = tensors["embeddings.token.weight"].size(1)
    return {segment: torch.zeros(1, dim)} | tensors


def settle(values: Values, tensors: Tensors) -> None:
    """A pooler is there where the file holds one."""
    values["pooler"] = "pooler.weight" in tensors


_MASKED = {
    "transform.": "cls.predictions.transform.dense.",
    "norm.": "cls.predictions.transform.LayerNorm.",
    "bias": "cls.predictions.bias",
}
_POOLER = "bert.pooler.dense."
HEADS = {  # by architecture
    "BertForMaskedLM": EncoderHead("masked", _MASKED, of_activation),
    "BertForPreTraining": EncoderHead(
        "pretraining", _MASKED | {"pair.": "cls.seq_relationship."}, of_activation, _POOLER
    ),
    "BertForNextSentencePrediction": EncoderHead(
        "next_sentence", {"output.": "cls.seq_relationship."}, lambda document: {}, _POOLER
    ),
    "BertForSequenceClassification": EncoderHead(
        "label", {"output.": "classifier."}, pooler=_POOLER
    ),
    "BertForTokenClassification": EncoderHead("tags", {"output.": "classifier."}),
    "BertForQuestionAnswering": EncoderHead(
        "span", {"output.": "qa_outputs."}, lambda document: SPAN
    ),
}
BERT = EncoderFamily(
    model_type="bert",
    kind="bert",
    tensors=TENSORS,
    architecture=lambda config: "BertModel",
    from_settings=from_settings,
    to_settings=to_settings,
    unlike=unlike,
    defaults=dict(hidden_act="gelu", type_vocab_size=2, layer_norm_eps=1e-12),
    base="BertModel",
    prefix="bert.",
    ignored=r"position_ids$|^(cls|classifier|qa_outputs)\.",  # heads of other architectures
    older=OLD_NORM,
    settle=settle,
    to_tensors=with_segments,
    heads=HEADS,
    decoder="cls.predictions.decoder",
)
