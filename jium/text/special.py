"""Which tokens of a vocabulary stand for padding, the unknown, start and end; for [CLS], [SEP] and
[MASK] where it names them.
"""

from typing import Any

from tokenizers import Tokenizer

# By the names that Hugging Face gives the roles; the order of jium's own ids.
ROLES = ("pad_token", "unk_token", "bos_token", "eos_token")
OF_ENCODERS = ("cls_token", "sep_token", "mask_token")  # where there are none: start, end, -
_USUAL = {
    "pad_token": ("<PAD>", "<pad>", "[PAD]", "<|pad|>", "<|endoftext|>", "</s>"),
    "unk_token": ("<UNK>", "<unk>", "[UNK]"),
    "bos_token": (
        "<START>",
        "<s>",
        "[CLS]",
        "<|startoftext|>",
        "<|begin_of_text|>",
        "<|endoftext|>",
    ),
    "eos_token": ("<EOS>", "</s>", "[SEP]", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>"),
    "cls_token": ("[CLS]",),
    "sep_token": ("[SEP]",),
    "mask_token": ("[MASK]", "<mask>", "<MASK>"),
}


def find_roles(backend: Tokenizer, about: dict[str, Any]) -> dict[str, str]:
    """Role to token, by tokenizer_config.json or else the usual names; a role may stay empty."""
    found = {}
    for role in (*ROLES, *OF_ENCODERS):
        named = about.get(role)
        token = named.get("content") if isinstance(named, dict) else named
        candidates = (token, *_USUAL[role]) if token else _USUAL[role]
        present = (name for name in candidates if backend.token_to_id(name) is not None)
        if chosen := next(present, None):
            found[role] = chosen
    return found
