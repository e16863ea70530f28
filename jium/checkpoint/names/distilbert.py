"""DistilBERT as Hugging Face names it: BERT without segments, and without a pooler but in the head
for classes.
"""

from jium.checkpoint.names import bert
from jium.checkpoint.names.encoders import (
    OLD_NORM,
    SPAN,
    EncoderFamily,
    EncoderHead,
    of_activation,
    refuse_others,
)
from jium.checkpoint.names.table import Values
from jium.models.bert import BertConfig

SETTINGS: dict[str, str] = {  # ours to theirs
    "dim": "dim",
    "n_layers": "n_layers",
    "n_heads": "n_heads",
    "ffn_dim": "hidden_dim",
    "activation": "activation",
    "dropout": "dropout",
    "attention_dropout": "attention_dropout",
    "max_len": "max_position_embeddings",
    "vocab_size": "vocab_size",
}
NORM_EPS = 1e-12  # in their code, and nowhere in config.json
DEFAULTS = dict(activation="gelu", dropout=0.1, attention_dropout=0.1, max_position_embeddings=512)
LAYER = "transformer.layer.*."
TENSORS = {
    "embeddings.token.": "embeddings.word_embeddings.",
    "embeddings.positions.table.": "embeddings.position_embeddings.",
    "embeddings.norm.": "embeddings.LayerNorm.",
    "encoder.blocks.*.attn.q_proj.": f"{LAYER}attention.q_lin.",
    "encoder.blocks.*.attn.k_proj.": f"{LAYER}attention.k_lin.",
    "encoder.blocks.*.attn.v_proj.": f"{LAYER}attention.v_lin.",
    "encoder.blocks.*.attn.o_proj.": f"{LAYER}attention.out_lin.",
    "encoder.blocks.*.attn_norm.": f"{LAYER}sa_layer_norm.",
    "encoder.blocks.*.ffn.up_proj.": f"{LAYER}ffn.lin1.",
    "encoder.blocks.*.ffn.down_proj.": f"{LAYER}ffn.lin2.",
    "encoder.blocks.*.ffn_norm.": f"{LAYER}output_layer_norm.",
    "pooler.": "pooler.",
}
HEADS = {
    "DistilBertForMaskedLM": EncoderHead(
        "masked",
        {
            "transform.": "vocab_transform.",
            "norm.": "vocab_layer_norm.",
            "bias": "vocab_projector.bias",
        },
        lambda document: of_activation(document, "activation"),
    ),
    "DistilBertForSequenceClassification": EncoderHead(
        "label", {"output.": "classifier."}, pooler="pre_classifier."
    ),
    "DistilBertForTokenClassification": EncoderHead("tags", {"output.": "classifier."}),
    "DistilBertForQuestionAnswering": EncoderHead(
        "span", {"output.": "qa_outputs."}, lambda document: SPAN
    ),
}


def from_settings(document: Values) -> Values:
    refuse_others(document, "activation", bert.ACTIVATIONS)
    return {ours: document[theirs] for ours, theirs in SETTINGS.items()} | {
        "n_segments": 0,
        "norm_eps": NORM_EPS,
        "pooler_activation": "relu",
    }


def to_settings(config: BertConfig) -> Values:
    return {theirs: getattr(config, ours) for ours, theirs in SETTINGS.items()}


def unlike(config: BertConfig) -> dict[str, bool]:
    activation = config.pooler_activation
    return bert.unlike(config) | {
        f"n_segments={config.n_segments}": config.n_segments > 0,
        f"norm_eps={config.norm_eps}": config.norm_eps != NORM_EPS,
        f"pooler_activation={activation}": config.pooler and activation != "relu",
    }


DISTILBERT = EncoderFamily(
    model_type="distilbert",
    kind="bert",
    tensors=TENSORS,
    architecture=lambda config: "DistilBertModel",
    from_settings=from_settings,
    to_settings=to_settings,
    unlike=unlike,
    defaults=DEFAULTS,
    base="DistilBertModel",
    prefix="distilbert.",
    ignored=r"position_ids$|^(vocab_|pre_classifier\.|classifier\.|qa_outputs\.)",
    older=OLD_NORM,
    settle=bert.settle,
    heads=HEADS,
    decoder="vocab_projector",
)
