"""Folders of Hugging Face: a model read into ours, and ours written as one.

config.json says the family (`jium.checkpoint.names`), safetensors hold the weights, whole or in
shards. A pickle is never opened, and no code that a folder brings is run.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from jium.checkpoint.names import FAMILIES, families
from jium.checkpoint.names.table import Family, Head, Tensors, Values, all_renamed
from jium.checkpoint.run import understood
from jium.checkpoint.shards import MAX_SHARD_SIZE, read_shards, write_shards
from jium.config import build, find_kind, nearest
from jium.data.frames import Frame
from jium.errors import RunError
from jium.files import make_folder, write_text
from jium.models import CONFIGS, MODELS
from jium.models.heads import HeadConfig, Headed, activation_of
from jium.text.korean import SURFACES
from jium.text.marian import is_marian, load_marian
from jium.text.tokenizer import Tokenizer

TOKENIZERS = ("tokenizer.json", "vocab.txt")


class Foreign(NamedTuple):
    """What a folder holds: our model, in evaluation mode, its config.json, and its tokenizer."""

    model: nn.Module
    document: Values
    tokenizer: Tokenizer | None


def is_foreign(folder: Path) -> bool:
    """Whether a folder has a config.json that jium did not write."""
    path = folder / "config.json"
    if not path.is_file():
        return False
    with understood(path):
        return "jium" not in json.loads(path.read_text("utf-8"))


def read_foreign(folder: Path) -> Foreign:
    """The model of a folder, whatever its type of number, in float32.

    Raises RunError for a family or setting that has no twin here, and for what is missing, damaged
    or does not fit.
    """
    document, family = read_document(folder)
    head = family.heads.get(architecture_of(document, family))
    path = folder / "config.json"
    with understood(path):
        values = family.from_settings({**family.defaults, **document})
        tensors, top, unknown = family.ours(read_shards(folder), head)
        family.settle(values, tensors)
        config = build(find_kind(CONFIGS, family.kind, "model"), values)
        with _Unfilled():
            model = find_kind(MODELS, family.kind, "model")(config)
            if head is not None:
                model = Headed(model, build(HeadConfig, _head_values(head, document)))
        tensors = family.from_tensors(tensors, config)
    if head is not None:
        tensors = _below("encoder", tensors) | _below("head", top)
    _fill(folder, model, tensors, unknown)
    tokenizer = _read_tokenizer(folder)
    _check_rows(folder, config.vocab_size, tokenizer)
    return Foreign(model.eval(), document, tokenizer)


def architecture_of(document: Values, family: Family | None = None) -> str:
    """What config.json calls the model; the family's base where it does not say."""
    given = document.get("architectures") or [family.base if family else ""]
    return str(given[0])


def write_foreign(
    out: Path,
    model: nn.Module,
    tokenizer: Tokenizer | None = None,
    *,
    frame: Frame | None = None,
    model_type: str | None = None,
    about: Values | None = None,
    dtype: torch.dtype = torch.float32,
    max_shard_size: int = MAX_SHARD_SIZE,
) -> None:
    """Write what `transformers` loads with `from_pretrained(out)`.

    frame: what the tokenizer is to put around a text that an encoder reads. model_type: the family
    to write it as; None: the first that has a word for all its settings. about: what else
    config.json is to say, such as special ids. max_shard_size: in bytes.
    Raises RunError for a model or tokenizer that others do not know.
    """
    body: Any = model
    head_config = None
    if isinstance(model, Headed):
        body, head_config = model.encoder, model.head_config
    family = _family_of(body, head_config, model_type)
    architecture, head = _architecture(family, body.config, head_config)
    settings = family.to_settings(body.config)
    if tokenizer is not None:
        _check_tokenizer(tokenizer)
        about = _special_ids(tokenizer) | (about or {})
        _check_rows(out, body.config.vocab_size, tokenizer)
        _check_padding(family, settings, about)
    document = {
        **settings,
        "model_type": family.model_type,
        "architectures": [architecture],
        "dtype": str(dtype).removeprefix("torch."),
        **(about or {}),
    }
    tensors = family.to_tensors(_once_each(body.state_dict()), body.config)
    named = family.theirs(tensors, architecture)
    if head is not None and isinstance(model, Headed):
        named |= all_renamed(model.head.state_dict(), head.tensors)
        document = _labels(model.head_config.n_outputs) | document
        _check_head(head, model.head_config, document)
    make_folder(out)
    write_shards(out, {name: tensor.to(dtype) for name, tensor in named.items()}, max_shard_size)
    if tokenizer is not None:
        (tokenizer if frame is None else frame.put_on(tokenizer)).save(out)
    if tokenizer is not None and frame is not None:
        _name_roles(out / "tokenizer_config.json", tokenizer, body.config, frame)
    _write_json(out / "config.json", document)


# ---------------------------------------------------------------- reading


def read_document(folder: Path) -> tuple[Values, Family]:
    """config.json, and its family. Raises RunError for one that cannot be read here."""
    path = folder / "config.json"
    if not path.is_file():
        raise RunError("{path}: is missing. Copy the folder again.", path=path)
    with understood(path):
        document = dict(json.loads(path.read_text("utf-8")))
    model_type = document.get("model_type")
    if "auto_map" in document:
        raise RunError(
            "{path}: asks for code that the folder brings (auto_map). Such code is not run here.",
            path=path,
        )
    if model_type not in FAMILIES:
        raise RunError(
            '{path}: no family "{model_type}".{near} Known of Hugging Face: {known}.',
            path=path,
            model_type=model_type,
            near=nearest(str(model_type), FAMILIES),
            known=", ".join(sorted(FAMILIES)),
        )
    if quantised := document.get("quantization_config"):
        raise RunError(
            "{path}: its weights are quantised ({method}). Take the model as it was before that.",
            path=path,
            method=dict(quantised).get("quant_method", "-"),
        )
    return document, find_kind(FAMILIES, str(model_type), "family")


def _head_values(head: Head, document: Values) -> Values:
    return {"kind": head.kind, **head.settings(document)}


class _Unfilled(TorchFunctionMode):
    """Inside the block new layers draw no random weights, for they are filled at once."""

    DRAWN = ("normal_", "uniform_", "kaiming_uniform_", "xavier_uniform_", "trunc_normal_")

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") in self.DRAWN:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


@torch.no_grad()
def _fill(folder: Path, model: nn.Module, tensors: Tensors, unknown: list[str]) -> None:
    """Copy tensors into the model, each weight of which must be there, once, in its shape."""
    own = model.state_dict(keep_vars=True)
    needed = _once_each(own)
    missing = [name for name in needed if name not in tensors]
    unknown = [*unknown, *(name for name in tensors if name not in own)]
    if missing or unknown:
        raise RunError(
            "{folder}: its weights do not fit config.json: missing {missing}, unknown {unknown}.",
            folder=folder,
            missing=_some(missing),
            unknown=_some(unknown),
        )
    for name, tensor in tensors.items():
        if tensor.shape != own[name].shape:
            raise RunError(
                "{folder}: its weights do not fit config.json: {name} is {found}, and not "
                "{wanted}.",
                folder=folder,
                name=name,
                found="x".join(map(str, tensor.shape)),
                wanted="x".join(map(str, own[name].shape)),
            )
        own[name].copy_(tensor)


def _below(part: str, tensors: Tensors) -> Tensors:
    return {f"{part}.{name}": tensor for name, tensor in tensors.items()}


def _some(names: list[str]) -> str:
    return ", ".join([*names[:5], "..."] if len(names) > 5 else names) or "-"


def _once_each(tensors: Tensors) -> Tensors:
    """Tensors, of those that are the same one only the first."""
    seen: set[int] = set()
    found = {}
    for name, tensor in tensors.items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            found[name] = tensor.detach()
    return found


def _read_tokenizer(folder: Path) -> Tokenizer | None:
    if any((folder / name).is_file() for name in TOKENIZERS):
        return Tokenizer.load(folder)
    return load_marian(folder) if is_marian(folder) else None


def _check_rows(folder: Path, rows: int, tokenizer: Tokenizer | None) -> None:
    if tokenizer is not None and tokenizer.vocab_size > rows:
        raise RunError(
            "{folder}: its tokenizer has ids up to {largest}, and its model embeddings of {rows} "
            "only. Model and tokenizer are not of the same folder.",
            folder=folder,
            largest=tokenizer.vocab_size - 1,
            rows=rows,
        )


# ---------------------------------------------------------------- writing


def _family_of(body: nn.Module, head_config: HeadConfig | None, model_type: str | None) -> Family:
    """The family asked for, or the first of the model's kind that has its head. Raises RunError
    where none fits.
    """
    kind = next((k for k, place in MODELS.items() if place.endswith(f":{type(body).__name__}")), "")
    known = [family for family in families() if family.kind == kind]
    if model_type is not None:
        known = [family for family in known if family.model_type == model_type]
    if not known:
        raise RunError(
            "a {kind} is no family of Hugging Face{asked}.",
            kind=kind or type(body).__name__,
            asked=f" ({model_type})" if model_type else "",
        )
    if head_config is not None:
        known = [one for one in known if _head_of(one, head_config) is not None] or known
    fitting = [family for family in known if not any(family.unlike(body.config).values())]
    if not fitting:
        min(known, key=lambda f: sum(f.unlike(body.config).values())).refuse_unlike(body.config)
    return fitting[0]


def _architecture(
    family: Family, config: Any, head_config: HeadConfig | None
) -> tuple[str, Head | None]:
    if head_config is None:
        return family.architecture(config), None
    if (found := _head_of(family, head_config)) is not None:
        return found
    raise RunError(
        "{family} of Hugging Face has no head of the kind {kind}.",
        family=family.model_type,
        kind=_kind_of(head_config),
    )


def _head_of(family: Family, head_config: HeadConfig) -> tuple[str, Head] | None:
    """The architecture with such a head, and the head."""
    wanted = _kind_of(head_config)
    return next(((name, head) for name, head in family.heads.items() if head.kind == wanted), None)


def _kind_of(head_config: HeadConfig) -> str:
    """A head for masked words that has scores for pairs, too, is that of pre-training."""
    paired = head_config.kind == "masked" and (head_config.settings or {}).get("pairs")
    return "pretraining" if paired else head_config.kind


def _labels(n: int) -> Values:
    """Names of classes where the caller gives none in `about`."""
    return {"id2label": {str(i): f"LABEL_{i}" for i in range(n)}}


def _check_tokenizer(tokenizer: Tokenizer) -> None:
    if tokenizer.kind in SURFACES:
        raise RunError(
            "a {kind} tokenizer prepares Korean in a way that other programs do not. Train with "
            "tokenizer.kind=unigram, bpe, wordpiece, char or word to export.",
            kind=tokenizer.kind,
        )


def _check_padding(family: Family, settings: Values, about: Values) -> None:
    """RoBERTa counts positions from behind the number of its padding token."""
    needed, own = settings.get("pad_token_id"), about.get("pad_token_id")
    if needed is not None and own is not None and needed != own:
        raise RunError(
            "a {family} with such positions has a padding token of number {needed}; that of the "
            "tokenizer is number {own}.",
            family=family.model_type,
            needed=needed,
            own=own,
        )


def _check_head(head: Head, config: HeadConfig, document: Values) -> None:
    """Others make of config.json the head that there is."""
    theirs = build(HeadConfig, _head_values(head, document))
    if activation_of(theirs) is not activation_of(config):
        raise RunError(
            "a {architecture} has the activation of its encoder in its head, too. Train with "
            "model.activation=gelu to write one.",
            architecture=document["architectures"][0],
        )


def _name_roles(path: Path, tokenizer: Tokenizer, config: Any, frame: Frame) -> None:
    """What others must know of an encoder's tokenizer; in a text they may write <MASK>."""
    named = {"cls_token": tokenizer.cls_id, "sep_token": tokenizer.sep_id}
    segments = ["token_type_ids"] if config.n_segments > 1 and frame.second else []
    about = json.loads(path.read_text("utf-8"))
    about |= {role: tokenizer.backend.id_to_token(i) for role, i in named.items()}
    about["model_input_names"] = ["input_ids", *segments, "attention_mask"]
    about["split_special_tokens"] = False
    _write_json(path, about | {"model_max_length": config.max_len})


def _write_json(path: Path, document: Values) -> None:
    write_text(path, json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def _special_ids(tokenizer: Tokenizer) -> dict[str, int | None]:
    """pad_token_id, bos_token_id, eos_token_id, as far as the tokenizer has them."""
    return {
        f"{role}_id": tokenizer.backend.token_to_id(tokenizer.roles[role])
        for role in ("pad_token", "bos_token", "eos_token")
        if role in tokenizer.roles
    }
