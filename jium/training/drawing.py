"""What every training that learns to draw from words or classes shares: the tokenizer of captions,
what the data says of the model, and what is asked for at each look.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jium.data.images import Pictures
from jium.errors import ConfigError, DataError
from jium.generation.prompt_weights import as_said
from jium.text.tokenizer import Tokenizer
from jium.training.pictures import captions_of
from jium.training.recipe import Recipe
from jium.training.understanding import tokenizer_of


def check_size(recipe: Recipe) -> None:
    """Raise ConfigError, before a picture is read, where the model does not take `data.size`."""
    if recipe.data.buckets:
        return  # their shapes are known only once they are read
    try:
        replace(recipe.model, picture_size=recipe.data.size)
    except ConfigError as error:
        if error.key == "picture_size":
            error.key = "data.size"
        raise


def caption_tokenizer(recipe: Recipe, run: Path, train: Pictures) -> Tokenizer | None:
    """That of the captions, where the model reads them."""
    if recipe.model.text is None:
        return None
    if not any(True for _ in captions_of(train)):
        raise DataError(
            "the pictures have no captions, and [model.text] reads captions. Leave it out, or say "
            "where they are: data.captions."
        )
    return tokenizer_of(recipe, run, lambda: captions_of(train), special=())


def settled(config: Any, train: Pictures, tokenizer: Tokenizer | None) -> Any:
    """The settings of a model with what the data says. Raises ConfigError for a label it lacks."""
    for kind in config.labels:
        if kind not in train.names:
            raise ConfigError(
                'the pictures have no label "{kind}". They have: {known}.',
                key="model.labels",
                kind=kind,
                known=", ".join(train.names) or "-",
            )
    return replace(
        config,
        vocab_size=tokenizer.vocab_size if tokenizer is not None else 1,
        classes={kind: len(train.names[kind]) for kind in config.labels},
        picture_size=max(max(shape) for shape in train.shapes),
    )


def reader(words: Any) -> Callable[[list[str]], Sequence[Sequence[int]]]:
    """What turns captions into ids; those that are too long for the model lose their end."""

    def encode(captions: list[str]) -> list[list[int]]:
        return [ids[: words.max_len] for ids in words.ids(captions)]

    return encode


def prompts(task: Any, pictures: Pictures, n: int) -> list[str] | None:
    """What to ask for at each look: captions of the first pictures, in turn of their languages, ""
    for one that is too long; or their classes. None where the model asks for nothing.
    """
    if not task.guided:
        return None
    return [_prompt(task, pictures, row) for row in range(min(n, len(pictures)))]


def _prompt(task: Any, pictures: Pictures, row: int) -> str:
    if task.tokenizer is None:
        return task.words.class_of(pictures.named(row))
    captions = pictures.captions(row)
    chosen = captions[row % len(captions)] if captions else ""
    return as_said(chosen) if task.words.fits(chosen) else ""
