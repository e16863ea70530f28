"""T5 as Hugging Face names it, of version 1.0 and 1.1."""

from jium.checkpoint.names.table import Family, Tensors, Values, refuse, untie
from jium.models.t5 import T5Config

SETTINGS: dict[str, tuple[str, ...]] = {
    "dim": ("d_model",),
    "head_dim": ("d_kv",),
    "ffn_dim": ("d_ff",),
    "n_heads": ("num_heads",),
    "n_encoder_layers": ("num_layers",),
    "n_decoder_layers": ("num_decoder_layers",),
    "n_buckets": ("relative_attention_num_buckets",),
    "max_distance": ("relative_attention_max_distance",),
    "norm_eps": ("layer_norm_epsilon",),
    "dropout": ("dropout_rate",),
    "vocab_size": ("vocab_size",),
}
DEFAULTS = {
    **dict(num_decoder_layers=None, relative_attention_max_distance=128, dropout_rate=0.1),
    **dict(layer_norm_epsilon=1e-6, feed_forward_proj="relu"),
}
TENSORS = {
    "source_embedding.": "shared.",
    "encoder.positions.table.": "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.",
    "decoder.positions.table.": "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.",
    **{
        f"{stack}.blocks.*.{ours}.": f"{stack}.block.*.layer.{theirs}."
        for stack, last in (("encoder", 1), ("decoder", 2))
        for ours, theirs in (
            ("attn.q_proj", "0.SelfAttention.q"),
            ("attn.k_proj", "0.SelfAttention.k"),
            ("attn.v_proj", "0.SelfAttention.v"),
            ("attn.o_proj", "0.SelfAttention.o"),
            ("attn_norm", "0.layer_norm"),
            ("ffn.gate_proj", f"{last}.DenseReluDense.wi_0"),
            ("ffn.up_proj", f"{last}.DenseReluDense.wi_1"),
            ("ffn.wi", f"{last}.DenseReluDense.wi"),  # up_proj, where there is no gate
            ("ffn.down_proj", f"{last}.DenseReluDense.wo"),
            ("ffn_norm", f"{last}.layer_norm"),
        )
    },
    "decoder.blocks.*.cross_attn.q_proj.": "decoder.block.*.layer.1.EncDecAttention.q.",
    "decoder.blocks.*.cross_attn.k_proj.": "decoder.block.*.layer.1.EncDecAttention.k.",
    "decoder.blocks.*.cross_attn.v_proj.": "decoder.block.*.layer.1.EncDecAttention.v.",
    "decoder.blocks.*.cross_attn.o_proj.": "decoder.block.*.layer.1.EncDecAttention.o.",
    "decoder.blocks.*.cross_attn_norm.": "decoder.block.*.layer.1.layer_norm.",
    "encoder.norm.": "encoder.final_layer_norm.",
    "decoder.norm.": "decoder.final_layer_norm.",
}
ACTIVATIONS = {  # feed_forward_proj to ours
    **{"relu": "relu", "gelu": "gelu", "gelu_new": "gelu_new", "silu": "silu"},
    **{"gated-gelu": "geglu", "gated-gelu_new": "geglu", "gated-silu": "swiglu"},
}
MAX_LEN = 512  # tokens it was trained on; its positions have no end


def from_settings(document: Values) -> Values:
    refuse(document, {"feed_forward_proj": ACTIVATIONS})
    tied = document.get("tie_word_embeddings") is not False
    return {
        **{ours: document[theirs] for ours, (theirs,) in SETTINGS.items()},
        "n_decoder_layers": document["num_decoder_layers"] or document["num_layers"],
        "activation": ACTIVATIONS[document["feed_forward_proj"]],
        "max_len": document.get("n_positions", MAX_LEN),
        "tie_output": tied,
        "scale_output": document.get("scale_decoder_outputs", tied),
    }


def to_settings(config: T5Config) -> Values:
    names = {ours: theirs for theirs, ours in reversed(ACTIVATIONS.items())}
    return {
        **{theirs: getattr(config, ours) for ours, (theirs,) in SETTINGS.items()},
        "d_kv": config.head_dim or config.dim // config.n_heads,
        "feed_forward_proj": names[config.activation],
        "n_positions": config.max_len,
        "tie_word_embeddings": config.tie_output,
        "scale_decoder_outputs": config.scale_output,
        "is_encoder_decoder": True,
    }


def unlike(config: T5Config) -> dict[str, bool]:
    return {
        f"positions={config.positions}": config.positions != "none",
        f"norm={config.norm}": config.norm != "rms",
        "norm_first=false": not config.norm_first,
        f"attention_scale={config.attention_scale}": config.attention_scale != 1,
        "scale_embedding=true": config.scale_embedding,
        "bias=true": config.bias or bool(config.qkv_bias) or config.output_bias,
        f"activation={config.activation}": config.activation not in ACTIVATIONS.values(),
        "tie_embeddings=false": not config.tie_embeddings,
        "qk_norm=true": config.qk_norm,
        f"n_kv_heads={config.n_kv_heads}": config.n_kv_heads not in (None, config.n_heads),
    }


def settle(values: Values, tensors: Tensors) -> None:
    untie(values, tensors, "tie_output")


def from_tensors(tensors: Tensors, config: T5Config) -> Tensors:
    return {name.replace("ffn.wi.", "ffn.up_proj."): tensor for name, tensor in tensors.items()}


def to_tensors(tensors: Tensors, config: T5Config) -> Tensors:
    if "encoder.blocks.0.ffn.gate_proj.weight" in tensors:
        return tensors
    return {name.replace("ffn.up_proj.", "ffn.wi."): tensor for name, tensor in tensors.items()}


T5 = Family(
    model_type="t5",
    kind="t5",
    tensors=TENSORS,
    architecture=lambda config: "T5ForConditionalGeneration",
    from_settings=from_settings,
    to_settings=to_settings,
    unlike=unlike,
    defaults=DEFAULTS,
    beside={"output.": "lm_head."},
    ignored=r"^(encoder|decoder)\.embed_tokens\.|EncDecAttention\.relative_attention_bias",
    settle=settle,
    from_tensors=from_tensors,
    to_tensors=to_tensors,
)
