"""RoBERTa and XLM-RoBERTa as Hugging Face names them: BERT, but that positions are counted from
behind the number of the padding token, and that heads have other names.
"""

from jium.checkpoint.names import bert
from jium.checkpoint.names.encoders import (
    OLD_NORM,
    SPAN,
    EncoderFamily,
    EncoderHead,
    refuse_others,
)
from jium.checkpoint.names.table import Values
from jium.models.bert import BertConfig

DEFAULTS = dict(hidden_act="gelu", type_vocab_size=2, layer_norm_eps=1e-12, pad_token_id=1)


def from_settings(document: Values) -> Values:
    refuse_others(document, "hidden_act", bert.ACTIVATIONS)
    offset = document["pad_token_id"] + 1
    return {ours: document[theirs] for ours, (theirs,) in bert.SETTINGS.items()} | {
        "n_segments": document["type_vocab_size"],
        "position_offset": offset,
        "max_len": document["max_position_embeddings"] - offset,
    }


def to_settings(config: BertConfig) -> Values:
    return {theirs: getattr(config, ours) for ours, (theirs,) in bert.SETTINGS.items()} | {
        "type_vocab_size": max(1, config.n_segments),
        "pad_token_id": config.position_offset - 1,
        "max_position_embeddings": config.max_len + config.position_offset,
    }


def unlike(config: BertConfig) -> dict[str, bool]:
    offset = config.position_offset
    return bert.unlike(config) | {f"position_offset={offset}": offset < 1}


def _family(model_type: str, name: str) -> EncoderFamily:
    return EncoderFamily(
        model_type=model_type,
        kind="bert",
        tensors=bert.TENSORS,
        architecture=lambda config: f"{name}Model",
        from_settings=from_settings,
        to_settings=to_settings,
        unlike=unlike,
        defaults=DEFAULTS,
        base=f"{name}Model",
        prefix="roberta.",
        ignored=r"position_ids$|^(lm_head|classifier|qa_outputs)\.",  # heads of others
        older=OLD_NORM,
        settle=bert.settle,
        to_tensors=bert.with_segments,
        heads={
            f"{name}ForMaskedLM": EncoderHead(
                "masked",
                {
                    "transform.": "lm_head.dense.",
                    "norm.": "lm_head.layer_norm.",
                    "bias": "lm_head.bias",
                },
                lambda document: {},
            ),
            f"{name}ForSequenceClassification": EncoderHead(
                "label", {"output.": "classifier.out_proj."}, pooler="classifier.dense."
            ),
            f"{name}ForTokenClassification": EncoderHead("tags", {"output.": "classifier."}),
            f"{name}ForQuestionAnswering": EncoderHead(
                "span", {"output.": "qa_outputs."}, lambda document: SPAN
            ),
        },
        decoder="lm_head.decoder",
    )


ROBERTA = _family("roberta", "Roberta")
XLM_ROBERTA = _family("xlm-roberta", "XLMRoberta")
