"""Encoders with their heads written for other programs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jium.checkpoint.foreign import write_foreign
from jium.data.frames import Frame
from jium.errors import ConfigError
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
