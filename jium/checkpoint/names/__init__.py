"""Families of Hugging Face by their `model_type`, each a table of names used in both directions."""

from jium.checkpoint.names.table import Family
from jium.config import find_kind

FAMILIES = {
    "gpt2": "jium.checkpoint.names.gpt2:GPT2",
    "llama": "jium.checkpoint.names.llama:LLAMA",
    "mistral": "jium.checkpoint.names.llama:MISTRAL",
    "qwen2": "jium.checkpoint.names.llama:QWEN2",
    "qwen3": "jium.checkpoint.names.llama:QWEN3",
    "t5": "jium.checkpoint.names.t5:T5",
    "marian": "jium.checkpoint.names.marian:MARIAN",
    "clip_text_model": "jium.checkpoint.names.clip_text:CLIP_TEXT",
    "bert": "jium.checkpoint.names.bert:BERT",
    "roberta": "jium.checkpoint.names.roberta:ROBERTA",
    "xlm-roberta": "jium.checkpoint.names.roberta:XLM_ROBERTA",
    "electra": "jium.checkpoint.names.electra:ELECTRA",
    "distilbert": "jium.checkpoint.names.distilbert:DISTILBERT",
}


def families() -> list[Family]:
    """Every family, in the order in which a model to be written is offered to them."""
    return [find_kind(FAMILIES, name, "family") for name in FAMILIES]
