"""A pre-trained encoder to start another task from: that of a run, or of a Hugging Face folder."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from torch import nn

from jium.checkpoint.foreign import is_foreign, read_foreign
from jium.checkpoint.run import load_model, read_model_config
from jium.config import Values, to_values
from jium.errors import RunError
from jium.models.bert import Bert, BertConfig
from jium.models.electra import ElectraConfig
from jium.models.heads import Headed

OURS_TO_GIVE = {f.name for f in fields(BertConfig)}


def start_values(folder: Path) -> Values:
    """The [model] section of the encoder in a folder, its kind included. Raises RunError where the
    folder holds none.
    """
    if is_foreign(folder):
        found = _encoder_of(model := read_foreign(folder).model)
        config = getattr(model if found is None else found, "config", None)
    else:
        config = read_model_config(folder)[1]
    if isinstance(config, ElectraConfig):
        config = config.encoder
    if not isinstance(config, BertConfig):
        raise RunError(
            "{folder}: holds no encoder to start from, but a {kind}.",
            folder=folder,
            kind=type(config).__name__.removesuffix("Config"),
        )
    values = to_values(config)
    return {"kind": "bert"} | {k: v for k, v in values.items() if k in OURS_TO_GIVE}


def load_start(folder: Path, encoder: nn.Module, head: nn.Module | None = None) -> None:
    """Fill an encoder with the weights of the one in a folder. A pooler that the folder lacks, or
    has and is not wanted, stays as it is. Raises RunError where the shapes differ.

    head: filled, too, with what the head of the folder has of its names and shapes.
    """
    model: Any = read_foreign(folder).model if is_foreign(folder) else load_model(folder)
    found = _encoder_of(model)
    if found is None:
        raise RunError("{folder}: holds no encoder to start from.", folder=folder)
    own = encoder.state_dict()
    theirs = found.state_dict()
    wrong = [n for n, tensor in theirs.items() if n in own and own[n].shape != tensor.shape]
    missing = [n for n in own if n not in theirs and not n.startswith("pooler.")]
    if wrong or missing:
        raise RunError(
            "{folder}: its weights do not fit the [model] section: {names}.",
            folder=folder,
            names=", ".join([*wrong, *missing][:5]),
        )
    encoder.load_state_dict({n: t for n, t in theirs.items() if n in own}, strict=False)
    if head is not None and isinstance(model, Headed):
        wanted = {n: t.shape for n, t in head.state_dict().items()}
        alike = {n: t for n, t in model.head.state_dict().items() if wanted.get(n) == t.shape}
        head.load_state_dict(alike, strict=False)


def _encoder_of(model: nn.Module) -> Any:
    """The Bert within a model, whichever head it was trained with."""
    for candidate in (model, getattr(model, "encoder", None), getattr(model, "bert", None)):
        if isinstance(candidate, Bert):
            return candidate
    return None
