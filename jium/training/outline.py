"""The model of a recipe as an outline: each of its shapes and none of its numbers, made by the very
classes that training makes it by, on PyTorch's meta device, in no memory.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from jium.adaptation.freeze import freeze
from jium.config import find_kind
from jium.data.image_data import ImageData
from jium.messages import say
from jium.models import MODELS
from jium.models.heads import HeadConfig, Headed
from jium.text.tokenizer import Tokenizer
from jium.training.picture_outline import picture_model
from jium.training.recipe import Recipe
from jium.training.tag import head_config

LABELS = 5  # of entities, where only the data tells how many there are


@dataclass(frozen=True)
class Outline:
    """A model on the meta device, or of pictures one in full, to be tried; None where only the data
    tells how large it is.

    notes: why there is none, or what was assumed.
    """

    model: nn.Module | None
    notes: list[str] = field(default_factory=list)


class _Unfilled(TorchFunctionMode):
    """Weights are not filled with their first values: an outline has none, and it takes long."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if kwargs and "tensor" in kwargs else args[0]
        return func(*args, **(kwargs or {}))


def outline(recipe: Recipe) -> Outline:
    """The model that `recipe` would train; what is frozen in it wants no gradient."""
    kind = recipe.values["model"]["kind"]
    if recipe.train is None:
        why = "A {kind} model is fitted by counting: only its data tells how large it becomes."
        return Outline(None, [say(why, kind=kind)])
    notes: list[str] = []
    if isinstance(recipe.data, ImageData):
        with torch.random.fork_rng():
            return Outline(picture_model(recipe, notes), notes)
    rows = _rows(recipe, notes)
    if rows is None:
        why = (
            "A {kind} model has a row for each word of the corpus. Say how many you expect, as in "
            "model.vocab_size=50000."
        )
        return Outline(None, [say(why, kind=kind)])
    with torch.device("meta"), _Unfilled():
        model = _model(recipe, kind, rows, notes)
    if recipe.transfer is not None and recipe.transfer.mode == "frozen":
        freeze(model)
    return Outline(model, notes)


def parts(model: nn.Module) -> dict[str, int]:
    """Parameters by part: "embeddings", "blocks" (or cells, with the norm after them), "head"."""
    found = {"embeddings": 0, "blocks": 0, "head": 0}
    for name, parameter in model.named_parameters():
        found[_part(name, model)] += parameter.numel()
    return found


def _rows(recipe: Recipe, notes: list[str]) -> int | None:
    """Rows of the token embeddings; None where nobody knows yet."""
    own, transfer, tokenizer = recipe.model.vocab_size, recipe.transfer, recipe.tokenizer
    if tokenizer is None or (recipe.task == "words" and recipe.data.analyser != "pieces"):
        return own
    if transfer is not None and transfer.start is not None:
        return own
    size = tokenizer.vocab_size
    if transfer is not None and transfer.vectors is not None:
        if (Path(transfer.vectors) / "tokenizer.json").is_file():
            size = Tokenizer.load(Path(transfer.vectors)).vocab_size
        else:
            notes.append(
                say(
                    "{run} is not there yet, so its tokenizer is taken to have {n} tokens "
                    "(tokenizer.vocab_size).",
                    run=transfer.vectors,
                    n=f"{size:,}",
                )
            )
    if tokenizer.kind in ("word", "char") or recipe.task == "words":
        notes.append(
            say("The vocabulary has {n} entries at most; the data decides.", n=f"{size:,}")
        )
    return max(own or 0, size)


def _model(recipe: Recipe, kind: str, rows: int, notes: list[str]) -> nn.Module:
    config = replace(recipe.model, vocab_size=rows)
    if recipe.task == "fill" and kind == "bert":
        pairs = bool(recipe.objective.pairs)
        config = replace(config, pooler=config.pooler or pairs)
        head = HeadConfig(kind="masked", n_outputs=rows, settings={"pairs": pairs})
    elif recipe.task in ("classify", "tag", "answer"):
        head = _head(recipe, notes)
        if head.kind != "label" and hasattr(config, "pooler"):
            config = replace(config, pooler=False)  # no text is judged as a whole
    else:
        return find_kind(MODELS, kind, "model")(config)
    return Headed(find_kind(MODELS, kind, "model")(config), head)


def _head(recipe: Recipe, notes: list[str]) -> HeadConfig:
    """The head that the task puts on an encoder."""
    objective, data = recipe.objective, recipe.data
    apart = getattr(objective, "pairs", None) == "apart"
    if recipe.task == "answer":
        return HeadConfig(kind="compare_span" if apart else "span", dropout=objective.dropout)
    if recipe.task == "tag":
        unit: Any = "characters" if objective.unit == "auto" else objective.unit
        outputs, known = 2 * LABELS + 1, False
        head = head_config(objective, unit, [], outputs)
    else:
        classes = {"score": 1, "labels": len(data.classes), "label": len(set(data.names.values()))}
        outputs = classes[data.gives] or 2
        known = bool(classes[data.gives])
        kind = "compare" if apart else "label"
        head = HeadConfig(kind=kind, n_outputs=outputs, dropout=objective.dropout)
    if not known:
        notes.append(say("The head is taken to have {n} outputs; the data decides.", n=outputs))
    return head


def _part(name: str, model: nn.Module) -> str:
    path, _, _ = name.rpartition(".")
    words = path.split(".")
    if words[0] in ("head", "generator_head", "output") or "pooler" in words:
        return "head"
    if isinstance(model.get_submodule(path), nn.Embedding) or "embeddings" in words:
        return "embeddings"
    return "blocks" if path else "embeddings"  # tables of word vectors stand in no layer
