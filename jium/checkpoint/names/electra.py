"""ELECTRA as Hugging Face names it: the encoder that tells replaced tokens, or its generator."""

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

DEFAULTS = dict(hidden_act="gelu", type_vocab_size=2, layer_norm_eps=1e-12, embedding_size=128)
TENSORS = bert.TENSORS | {"embeddings.project.": "embeddings_project."}
HEADS = {
    "ElectraForMaskedLM": EncoderHead(
        "masked",
        {
            "transform.": "generator_predictions.dense.",
            "norm.": "generator_predictions.LayerNorm.",
            "bias": "generator_lm_head.bias",
        },
        lambda document: {},
    ),
    "ElectraForPreTraining": EncoderHead(
        "replaced",
        {
            "dense.": "discriminator_predictions.dense.",
            "output.": "discriminator_predictions.dense_prediction.",
        },
        of_activation,
    ),
    "ElectraForSequenceClassification": EncoderHead(
        "label", {"output.": "classifier.out_proj."}, pooler="classifier.dense."
    ),
    "ElectraForTokenClassification": EncoderHead("tags", {"output.": "classifier."}),
    "ElectraForQuestionAnswering": EncoderHead(
        "span", {"output.": "qa_outputs."}, lambda document: SPAN
    ),
}


def from_settings(document: Values) -> Values:
    refuse_others(document, "hidden_act", bert.ACTIVATIONS)
    width = document["embedding_size"]
    return {ours: document[theirs] for ours, (theirs,) in bert.SETTINGS.items()} | {
        "n_segments": document["type_vocab_size"],
        "embedding_dim": None if width == document["hidden_size"] else width,
        "pooler_activation": "gelu",
    }


def to_settings(config: BertConfig) -> Values:
    return {theirs: getattr(config, ours) for ours, (theirs,) in bert.SETTINGS.items()} | {
        "type_vocab_size": max(1, config.n_segments),
        "embedding_size": config.embedding_dim or config.dim,
    }


def unlike(config: BertConfig) -> dict[str, bool]:
    activation = config.pooler_activation
    return bert.unlike(config) | {
        f"embedding_dim={config.embedding_dim}": False,
        f"pooler_activation={activation}": config.pooler and activation != "gelu",
    }


ELECTRA = EncoderFamily(
    model_type="electra",
    kind="bert",
    tensors=TENSORS,
    architecture=lambda config: "ElectraModel",
    from_settings=from_settings,
    to_settings=to_settings,
    unlike=unlike,
    defaults=DEFAULTS,
    base="ElectraModel",
    prefix="electra.",
    ignored=r"position_ids$|^(generator_|discriminator_|classifier\.|qa_outputs\.|sequence_summary)",
    older=OLD_NORM,
    settle=bert.settle,
    to_tensors=bert.with_segments,
    heads=HEADS,
    decoder="generator_lm_head",
)
