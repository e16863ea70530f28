"""Models written for other programs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jium.checkpoint.foreign import write_foreign
from jium.data.frames import Frame
from jium.errors import ConfigError
from jium.files import write_text
from jium.models.electra import Electra
from jium.models.heads import HeadConfig, Headed
from jium.text.tokenizer import Tokenizer

GENERATOR = "generator"  # where that of an ELECTRA goes


def export(
    out: str | Path, to: str, model: nn.Module, tokenizer: Tokenizer, frame: Frame, **about: Any
) -> None:
    """Write a folder that transformers loads, with equal answers for clean text. The generator of
    an ELECTRA goes into a folder within it.

    about: what else config.json is to say. Raises ConfigError for another format, RunError for a
    model or tokenizer that others do not know.
    """
    if to != "transformers":
        raise ConfigError(
            'no format "{to}" for a model on an encoder. Known: transformers.', key="to", to=to
        )
    parts = {Path(out): model}
    if isinstance(model, Electra):
        generator = _headed(model.generator, model.generator_head, "masked")
        encoder = _headed(model.encoder, model.head, "replaced")
        parts = {Path(out): encoder, Path(out) / GENERATOR: generator}
    for folder, part in parts.items():
        write_foreign(folder, part, tokenizer, frame=frame, about=about)


def export_writer(out: str | Path, to: str, writer: Any) -> None:
    """Write a folder in which transformers, vLLM and others write on as `writer` does, and chat
    where its tokenizer has a chat template. Raises as `export` does.

    There a special token that a person types in a chat is one; with jium it is text.
    """
    if to != "transformers":
        raise ConfigError(
            'no format "{to}" for a model that writes. Known: transformers.', key="to", to=to
        )
    folder = Path(out)
    frame = Frame(before=tuple(writer.before), after=(), between=tuple(writer.before))
    tokenizer = frame.put_on(writer.tokenizer)
    write_foreign(folder, writer.model, tokenizer)
    config = writer.model.config
    path = folder / "tokenizer_config.json"
    about = json.loads(path.read_text("utf-8"))
    about |= {"split_special_tokens": False, "model_max_length": config.max_len}
    about["model_input_names"] = ["input_ids", "attention_mask"]
    write_text(path, json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    text = json.dumps(generation_document(writer), indent=2)
    write_text(folder / "generation_config.json", text + "\n")


def generation_document(writer: Any) -> dict[str, Any]:
    """How a writer writes, in the words of Hugging Face."""
    settings = writer.settings
    roles = writer.tokenizer.roles
    drawn = settings.temperature > 0
    found = {
        "bos_token_id": writer.tokenizer.start_id if "bos_token" in roles else None,
        "pad_token_id": writer.tokenizer.pad_id if "pad_token" in roles else None,
        "eos_token_id": list(writer.ends) or None,
        "max_new_tokens": settings.max_tokens,
        "num_beams": settings.beam,
        "do_sample": drawn,
        "temperature": settings.temperature if drawn else None,
        "top_k": (settings.top_k or 0) if drawn else None,
        "top_p": settings.top_p if drawn else None,
        "min_p": settings.min_p if drawn else None,
        "repetition_penalty": settings.repetition_penalty,
    }
    return {name: value for name, value in found.items() if value is not None}


def named(labels: Sequence[str]) -> dict[str, Any]:
    """What config.json says of the names of outputs."""
    return {
        "id2label": {str(number): label for number, label in enumerate(labels)},
        "label2id": {label: number for number, label in enumerate(labels)},
    }


def _headed(encoder: nn.Module, head: nn.Module, kind: str) -> Headed:
    with torch.device("meta"):
        made = Headed(encoder, HeadConfig(kind=kind))
    made.head = head
    return made
