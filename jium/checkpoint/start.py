"""A model to start another task from: that of a run, or of a Hugging Face folder."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from jium.checkpoint.foreign import is_foreign, read_foreign
from jium.checkpoint.run import load_model, read_model_config
from jium.config import Values, to_values
from jium.errors import RunError
from jium.models import CONFIGS
from jium.models.bert import Bert, BertConfig
from jium.models.electra import ElectraConfig
from jium.models.elmo import Elmo
from jium.models.heads import Headed

WHOLE = (
    "elmo",
    "gpt",
    "rnn_lm",
    "seq2seq",
    "rnn_seq2seq",
    "t5",
)  # kinds that are started from whole
OURS_TO_GIVE = {f.name for f in fields(BertConfig)}


def start_values(folder: Path) -> Values:
    """The [model] section of what a folder holds, its kind included: a decoder or encoder-decoder
    whole, of everything else the encoder. Raises RunError where there is none.
    """
    config = _config_of(folder)
    if (kind := _kind_of(config)) in WHOLE:
        return {"kind": kind} | to_values(config)
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


def _config_of(folder: Path) -> Any:
    if not is_foreign(folder):
        return read_model_config(folder)[1]
    found = _encoder_of(model := read_foreign(folder).model)
    return getattr(model if found is None else found, "config", None)


def _kind_of(config: Any) -> str:
    place = f"{type(config).__module__}:{type(config).__name__}"
    return next((kind for kind, known in CONFIGS.items() if known == place), "")


@torch.no_grad()
def load_whole(folder: Path, model: nn.Module) -> None:
    """Fill a model with the weights of the one in a folder. Where it has more token embeddings, for
    tokens that are new, those begin as the mean of the others. Raises RunError where the rest
    differs.
    """
    found = read_foreign(folder).model if is_foreign(folder) else load_model(folder)
    theirs, own = found.state_dict(), model.state_dict()
    config: Any = model.config
    wrong = [n for n in own if n not in theirs or not _fits(theirs[n], own[n], config.vocab_size)]
    wrong += [n for n in theirs if n not in own]
    if wrong:
        raise RunError(
            "{folder}: its weights do not fit the [model] section: {names}.",
            folder=folder,
            names=", ".join(wrong[:5]),
        )
    for name, tensor in own.items():
        rows = len(theirs[name]) if tensor.dim() else 0
        if theirs[name].shape == tensor.shape:
            tensor.copy_(theirs[name])
        else:
            tensor[:rows] = theirs[name]
            tensor[rows:] = theirs[name].mean(0)


def _fits(theirs: Tensor, own: Tensor, vocab_size: int) -> bool:
    """Equal shapes, but that own may have more rows where these are tokens."""
    alike = theirs.shape[1:] == own.shape[1:] and own.dim() > 0
    return theirs.shape == own.shape or (alike and vocab_size == len(own) > len(theirs))


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
    """The encoder within a model, whichever head it was trained with."""
    for candidate in (model, getattr(model, "encoder", None), getattr(model, "bert", None)):
        if isinstance(candidate, Bert | Elmo):
            return candidate
    return None
