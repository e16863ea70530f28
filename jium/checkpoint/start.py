"""A pre-trained encoder to start another task from."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from torch import nn

from jium.checkpoint.run import load_model, read_model_config
from jium.config import Values, to_values
from jium.errors import RunError
from jium.models.bert import Bert, BertConfig
from jium.models.electra import ElectraConfig

OURS_TO_GIVE = {f.name for f in fields(BertConfig)}


def start_values(folder: Path) -> Values:
    """The [model] section of the encoder in a folder, its kind included. Raises RunError where the
    folder holds none.
    """
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


def load_start(folder: Path, encoder: Bert) -> None:
    """Fill an encoder with the weights of the one in a folder. A pooler that the folder lacks, or
    has and is not wanted, stays as it is. Raises RunError where the shapes differ.
    """
    found = _encoder_of(load_model(folder))
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


def _encoder_of(model: nn.Module) -> Any:
    """The Bert within a model, whichever head it was trained with."""
    for candidate in (model, getattr(model, "encoder", None), getattr(model, "bert", None)):
        if isinstance(candidate, Bert):
            return candidate
    return None
