"""The model of a recipe for pictures, made before there are any: what only the pictures tell is
assumed, and said; and batches of noise to try it on.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from jium.checkpoint.run import read_model_config
from jium.config import find_kind, to_values
from jium.data.image_batches import ImageBatch
from jium.data.image_data import is_scenes
from jium.messages import say
from jium.models import MODELS
from jium.nn.layout import Layout
from jium.training.recipe import Recipe

CLASSES = 10  # of each kind, where only the pictures tell how many there are
CAPTION = 32  # tokens of a caption, where nobody says


def picture_model(recipe: Recipe, notes: list[str]) -> nn.Module | None:
    """The model that `recipe` would train; None where it needs a run that is not there yet.

    notes: what was assumed is added to them, or why there is none.
    """
    kind, size = recipe.values["model"]["kind"], recipe.data.size
    rows = recipe.tokenizer.vocab_size if reads(recipe) else 1
    own, more = recipe.model, {}
    if recipe.task == "paint":
        classes = {name: _classes(recipe, notes).get(name, CLASSES) for name in own.labels}
        more = dict(vocab_size=rows, classes=classes, picture_size=size)
        if getattr(own, "latent", None) is not None:
            if not (Path(own.latent) / "config.json").is_file():
                why = "{run} is not there yet, and only it tells how large its latents are."
                notes.append(say(why, run=own.latent))
                return None
            kind, known, _ = read_model_config(Path(own.latent))
            more["vae"] = {"kind": kind} | to_values(known)
    elif recipe.task == "reconstruct":
        more = dict(image_size=size)
    elif recipe.task == "attributes":
        more = dict(image_size=size, heads=_classes(recipe, notes))
    elif recipe.task == "caption":
        more = dict(vocab_size=rows, image=replace(own.image, image_size=size))
    else:
        text = replace(own.text, vocab_size=rows, projection_dim=own.projection_dim)
        more = dict(text=text, image=replace(own.image, image_size=size))
    return find_kind(MODELS, kind, "model")(replace(own, **more))


def reads(recipe: Recipe) -> bool:
    """Whether the model reads or writes captions."""
    if recipe.task == "paint":
        return recipe.model.text is not None
    return recipe.task in ("caption", "match")


def caption_tokens(recipe: Recipe, asked: int | None) -> int:
    """Of a caption on average: what was asked for, as far as the model takes it."""
    text: Any = getattr(recipe.model, "text", None) or {}
    own: Any = text.get("max_len", CAPTION) if isinstance(text, dict) else text.max_len
    longest: int = getattr(recipe.model, "max_len", own)
    return min(asked or CAPTION, longest)


def noise_batch(recipe: Recipe, model: Any, n: int, tokens: int) -> ImageBatch:
    """`n` pictures of noise with captions of so many tokens and classes of every kind."""
    images = torch.rand(n, 3, recipe.data.size, recipe.data.size) * 2 - 1
    ids = torch.randint(recipe.tokenizer.vocab_size, (n * tokens,)) if reads(recipe) else None
    layout = None if ids is None else Layout([tokens] * n)
    kinds = getattr(model.config, "classes", None) or getattr(model.config, "heads", {})
    labels = {kind: torch.zeros(n, dtype=torch.long) for kind in kinds}
    return ImageBatch(images, np.arange(n), ids, layout, labels)


def _classes(recipe: Recipe, notes: list[str]) -> dict[str, int]:
    """How many classes the pictures have of each kind."""
    if all(map(is_scenes, recipe.data.paths("train"))):
        from jium.data.scenes import ATTRIBUTES  # needs Pillow, which texts do not

        return {name: len(known) for name, known in ATTRIBUTES.items()}
    kinds = recipe.data.labels or getattr(recipe.model, "labels", None) or ["label"]
    if recipe.task == "attributes" or recipe.model.labels:
        note = say("Each kind of label is taken to have {n} classes; the data decides.", n=CLASSES)
        notes.append(note)
    return dict.fromkeys(kinds, CLASSES)
