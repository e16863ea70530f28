"""Marian, of the translators of OPUS-MT, as Hugging Face names it."""

import torch

from jium.checkpoint.names.table import Family, Tensors, Values, refuse
from jium.models.seq2seq import Seq2SeqConfig

SETTINGS: dict[str, tuple[str, ...]] = {
    "dim": ("d_model",),
    "n_encoder_layers": ("encoder_layers",),
    "n_decoder_layers": ("decoder_layers",),
    "n_heads": ("encoder_attention_heads", "decoder_attention_heads"),
    "ffn_dim": ("encoder_ffn_dim", "decoder_ffn_dim"),
    "activation": ("activation_function",),
    "dropout": ("dropout",),
    "attention_dropout": ("attention_dropout",),
    "max_len": ("max_position_embeddings",),
    "vocab_size": ("vocab_size",),
    "scale_embedding": ("scale_embedding",),
    "tie_embeddings": ("share_encoder_decoder_embeddings",),
}
DEFAULTS = dict(share_encoder_decoder_embeddings=True, scale_embedding=False, dropout=0.1)
LAYER = {  # ours to theirs, in either stack
    "attn.q_proj.": "self_attn.q_proj.",
    "attn.k_proj.": "self_attn.k_proj.",
    "attn.v_proj.": "self_attn.v_proj.",
    "attn.o_proj.": "self_attn.out_proj.",
    "attn_norm.": "self_attn_layer_norm.",
    "cross_attn.q_proj.": "encoder_attn.q_proj.",
    "cross_attn.k_proj.": "encoder_attn.k_proj.",
    "cross_attn.v_proj.": "encoder_attn.v_proj.",
    "cross_attn.o_proj.": "encoder_attn.out_proj.",
    "cross_attn_norm.": "encoder_attn_layer_norm.",
    "ffn.up_proj.": "fc1.",
    "ffn.down_proj.": "fc2.",
    "ffn_norm.": "final_layer_norm.",
}
TENSORS = {
    "shared_embedding.": "shared.",
    "source_embedding.": "encoder.embed_tokens.",
    "target_embedding.": "decoder.embed_tokens.",
    **{f"encoder.blocks.*.{ours}": f"encoder.layers.*.{theirs}" for ours, theirs in LAYER.items()},
    **{f"decoder.blocks.*.{ours}": f"decoder.layers.*.{theirs}" for ours, theirs in LAYER.items()},
}
BIAS = "output.bias"
ACTIVATIONS = {  # theirs to ours
    **dict(swish="silu", silu="silu", relu="relu", gelu="gelu", gelu_new="gelu_new"),
}


def from_settings(document: Values) -> Values:
    for name in ("attention_heads", "ffn_dim"):  # one setting for both stacks here
        refuse(document, {f"decoder_{name}": (document[f"encoder_{name}"],)})
    refuse(
        document,
        {
            "activation_function": ACTIVATIONS,
            "decoder_vocab_size": (document["vocab_size"], None),
            "normalize_before": (False,),
            "normalize_embedding": (False,),
            "add_final_layer_norm": (False,),
            "static_position_embeddings": (True,),
            "tie_word_embeddings": (True,),
        },
    )
    return {
        **{ours: document[theirs] for ours, (theirs, *_) in SETTINGS.items()},
        "activation": ACTIVATIONS[document["activation_function"]],
        "positions": "sinusoidal_halves",
        "output_bias": True,
    }


def to_settings(config: Seq2SeqConfig) -> Values:
    return {
        **{name: getattr(config, ours) for ours, names in SETTINGS.items() for name in names},
        "decoder_vocab_size": config.vocab_size,
        "is_encoder_decoder": True,
    }


def unlike(config: Seq2SeqConfig) -> dict[str, bool]:
    head_dim = config.head_dim or config.dim // config.n_heads
    return {
        f"positions={config.positions}": config.positions != "sinusoidal_halves",
        "norm_first=true": config.norm_first,
        f"norm={config.norm}": config.norm != "layer",
        f"norm_eps={config.norm_eps}": config.norm_eps != 1e-5,
        "bias=false": not config.bias or config.qkv_bias is False,
        f"activation={config.activation}": config.activation not in ACTIVATIONS.values(),
        f"n_kv_heads={config.n_kv_heads}": config.n_kv_heads not in (None, config.n_heads),
        f"head_dim={config.head_dim}": head_dim * config.n_heads != config.dim,
        "qk_norm=true": config.qk_norm,
        f"attention_scale={config.attention_scale}": config.attention_scale is not None,
    }


def from_tensors(tensors: Tensors, config: Seq2SeqConfig) -> Tensors:
    """A matrix that both stacks share is named thrice in old files, and once in new ones; the bias
    has one more axis there.
    """
    found = dict(tensors)
    shared = found.pop("shared_embedding.weight", None)
    if config.tie_embeddings:
        found.pop("target_embedding.weight", None)
        if shared is not None:
            found["source_embedding.weight"] = shared
    found[BIAS] = found[BIAS][0] if BIAS in found else torch.zeros(config.vocab_size or 0)
    return found


def to_tensors(tensors: Tensors, config: Seq2SeqConfig) -> Tensors:
    found = dict(tensors)
    if config.tie_embeddings:
        found["shared_embedding.weight"] = found.pop("source_embedding.weight")
    bias = found.pop(BIAS, None)
    found[BIAS] = torch.zeros(1, config.vocab_size or 0) if bias is None else bias[None]
    return found


MARIAN = Family(
    model_type="marian",
    kind="seq2seq",
    tensors=TENSORS,
    architecture=lambda config: "MarianMTModel",
    from_settings=from_settings,
    to_settings=to_settings,
    unlike=unlike,
    defaults=DEFAULTS,
    base="MarianModel",
    prefix="model.",
    beside={BIAS: "final_logits_bias"},
    ignored=r"embed_positions\.weight$|^lm_head\.weight$",
    from_tensors=from_tensors,
    to_tensors=to_tensors,
)
