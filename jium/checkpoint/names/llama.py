"""Llama and its relatives as Hugging Face names them: Mistral, Qwen2 (biases on queries, keys and
values), Qwen3 (queries and keys normalised). Many a Korean model is a Llama by name.
"""

from jium.checkpoint.names.table import Family, Values, refuse, untie
from jium.errors import RunError
from jium.models.gpt import GptConfig
from jium.nn.positions import RopeScaling

SETTINGS: dict[str, tuple[str, ...]] = {
    "dim": ("hidden_size",),
    "n_layers": ("num_hidden_layers",),
    "n_heads": ("num_attention_heads",),
    "n_kv_heads": ("num_key_value_heads",),
    "head_dim": ("head_dim",),
    "ffn_dim": ("intermediate_size",),
    "norm_eps": ("rms_norm_eps",),
    "attention_dropout": ("attention_dropout",),
    "max_len": ("max_position_embeddings",),
    "vocab_size": ("vocab_size",),
    "tie_embeddings": ("tie_word_embeddings",),
}
DEFAULTS = {
    **dict(num_key_value_heads=None, head_dim=None, hidden_act="silu", rms_norm_eps=1e-6),
    **dict(attention_dropout=0.0, tie_word_embeddings=False, attention_bias=False),
}
TENSORS = {
    "embedding.": "embed_tokens.",
    "decoder.blocks.*.attn_norm.": "layers.*.input_layernorm.",
    "decoder.blocks.*.attn.": "layers.*.self_attn.",
    "decoder.blocks.*.ffn_norm.": "layers.*.post_attention_layernorm.",
    "decoder.blocks.*.ffn.": "layers.*.mlp.",
    "decoder.norm.": "norm.",
}
ROPE = {  # our name for a part of the scaling to theirs
    "factor": "factor",
    "low_freq_factor": "low_freq_factor",
    "high_freq_factor": "high_freq_factor",
    "original_len": "original_max_position_embeddings",
}


def from_settings(document: Values) -> Values:
    heads = document["num_attention_heads"]
    biased = document["attention_bias"]
    refuse(
        document,
        {
            "hidden_act": ("silu", "swish"),
            "mlp_bias": (biased,),  # ours has a bias on all layers or none
            "partial_rotary_factor": (1, None),
        },
    )
    _refuse_windows(document)
    return {
        **{ours: document[theirs] for ours, (theirs, *_) in SETTINGS.items()},
        **dict(norm="rms", norm_first=True, activation="swiglu", bias=biased, positions="rotary"),
        "n_kv_heads": document["num_key_value_heads"] or heads,
        **_rope(document),
    }


def _refuse_windows(document: Values) -> None:
    """Attention that sees only the last tokens is not done here."""
    window, length = document.get("sliding_window"), document["max_position_embeddings"]
    if window is None or window >= length:
        return
    if "layer_types" in document and document["model_type"] != "mistral":
        windowed = set(document["layer_types"]) != {"full_attention"}
    elif "use_sliding_window" in document:
        first = document.get("max_window_layers", 0)
        windowed = document["use_sliding_window"] and first < document["num_hidden_layers"]
    else:
        windowed = document["model_type"] == "mistral"
    if windowed:
        raise RunError(
            "config.json says sliding_window={window}, below its {length} positions. Here all "
            "tokens are attended to: write max_position_embeddings={window} there, and use the "
            "model for texts up to that length.",
            window=window,
            length=length,
        )


def _rope(document: Values) -> Values:
    """Rotary settings, in the words of new files (`rope_parameters`) or old ones."""
    given = document.get("rope_parameters") or document.get("rope_scaling") or {}
    kind = given.get("rope_type", given.get("type", "default"))
    refuse(
        {"rope_type": kind, "model_type": document["model_type"]},
        {"rope_type": ("default", "linear", "llama3")},
    )
    refuse(given | {"model_type": document["model_type"]}, {"partial_rotary_factor": (1, None)})
    theta = given.get("rope_theta", document.get("rope_theta", 10_000.0))
    scaling = None
    if kind != "default":
        named = {ours: given[theirs] for ours, theirs in ROPE.items() if theirs in given}
        scaling = {"original_len": document["max_position_embeddings"], "kind": kind} | named
    return {"rope_theta": theta, "rope_scaling": scaling}


def to_settings(config: GptConfig) -> Values:
    return {
        **{theirs: getattr(config, ours) for ours, (theirs, *_) in SETTINGS.items()},
        "num_key_value_heads": config.n_kv_heads or config.n_heads,
        "head_dim": config.head_dim or config.dim // config.n_heads,
        "hidden_act": "silu",
        "attention_bias": config.bias,
        "mlp_bias": config.bias,
        "rope_parameters": {"rope_theta": config.rope_theta, **_scaling(config.rope_scaling)},
    }


def _scaling(scaling: RopeScaling | None) -> Values:
    if scaling is None:
        return {"rope_type": "default"}
    parts = ROPE if scaling.kind == "llama3" else {"factor": "factor"}
    return {"rope_type": scaling.kind} | {
        theirs: getattr(scaling, ours) for ours, theirs in parts.items()
    }


def unlike(config: GptConfig) -> Values:
    """What no member of the family has."""
    return {
        f"positions={config.positions}": config.positions != "rotary",
        f"norm={config.norm}": config.norm != "rms",
        "norm_first=false": not config.norm_first,
        f"activation={config.activation}": config.activation != "swiglu",
        f"attention_scale={config.attention_scale}": config.attention_scale is not None,
    }


def _member(title: str, own: Values, defaults: Values | None = None) -> Family:
    """A family of which all models have the settings `own`."""

    def _from_settings(document: Values) -> Values:
        if "bias" in own:
            refuse(document, {"attention_bias": (own["bias"],), "mlp_bias": (own["bias"],)})
        return from_settings(document) | own

    def _unlike(config: GptConfig) -> Values:
        qkv_bias = None if config.qkv_bias == config.bias else config.qkv_bias
        has: Values = dict(qk_norm=config.qk_norm, qkv_bias=qkv_bias, bias=config.bias)
        return unlike(config) | {
            f"{name}={has[name]}".lower(): has[name] != value for name, value in own.items()
        }

    return Family(
        model_type=title.lower(),
        kind="gpt",
        tensors=TENSORS,
        architecture=lambda config: f"{title}ForCausalLM",
        from_settings=_from_settings,
        to_settings=to_settings,
        unlike=_unlike,
        defaults=DEFAULTS | (defaults or {}),
        base=f"{title}Model",
        prefix="model.",
        beside={"output.": "lm_head."},
        ignored=r"rotary_emb\.inv_freq$",
        settle=untie,
    )


LLAMA = _member("Llama", dict(qk_norm=False, qkv_bias=None))
MISTRAL = _member(
    "Mistral",
    dict(qk_norm=False, qkv_bias=None, bias=False),
    dict(num_key_value_heads=8, sliding_window=4096),
)
QWEN2 = _member("Qwen2", dict(qk_norm=False, qkv_bias=True, bias=False))
QWEN3 = _member("Qwen3", dict(qk_norm=True, qkv_bias=None, bias=False), dict(head_dim=128))
