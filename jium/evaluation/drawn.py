"""Pictures drawn to be measured: for which words, and what the data shows for the same words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from jium.data.image_data import Fit
from jium.data.image_files import fit_image
from jium.data.images import Pictures
from jium.data.pillow import Image
from jium.errors import DataError
from jium.evaluation.attribute_accuracy import asked_of
from jium.evaluation.captions import known_scene
from jium.generation.prompt_weights import as_said
from jium.ranges import at_least
from jium.tasks.caption import language_of

TOGETHER = 32  # pictures painted at a time
Array = NDArray[np.uint8]  # (height, width, 3)
T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """What is to be drawn: the picture of the data it comes from, the words, their language ("" for
    no words), and the classes that the picture must have.
    """

    row: int
    text: str
    language: str
    classes: dict[str, str]


@dataclass(frozen=True)
class Drawn:
    """Drawn pictures, what each was to show, and how they were painted."""

    pictures: list[Array]
    wanted: list[Wanted]
    facts: dict[str, Any]

    @property
    def scenes(self) -> list[int]:
        """What picture of the data each was drawn for, by its row; below 0 one for each that was
        drawn for none.
        """
        return [one.row if one.row >= 0 else -1 - i for i, one in enumerate(self.wanted)]

    @property
    def images(self) -> list[Image.Image]:
        """To look at."""
        return [Image.fromarray(picture) for picture in self.pictures]


def wanted_of(task: Any, pictures: Pictures, n: int, seed: int = 0) -> list[Wanted]:
    """What to draw, for `n` pictures of the data that `seed` picks (all where there are fewer): a
    caption of each in each of its languages that the model reads whole, or its class; nothing for
    models that draw freely.

    Raises DataError where the data has no words for a model that needs them.
    """
    at_least(1, n=n)
    if not task.guided:
        return [Wanted(-1, "", "", {}) for _ in range(n)]
    rows = np.sort(np.random.default_rng(seed).permutation(len(pictures))[:n]).tolist()
    if task.tokenizer is None:
        found = [one for row in rows for one in _class(task, pictures, row)]
    else:
        found = [one for row in rows for one in _captions(task, pictures, row)]
        found.sort(key=lambda one: one.language != "ko")  # stable: language by language
    if not found:
        raise DataError(
            "these pictures have no captions and no classes that the model knows, and it draws "
            "what words say. Give others: --data."
        )
    return found


def draw(task: Any, wanted: Sequence[Wanted], seed: int = 0, **options: Any) -> Drawn:
    """Paint what is wanted, the first with `seed`, the others with the numbers after it.

    options: of the task's `paint`.
    """
    if task.about()["task"] == "paint":  # an autoencoder draws all together anyway
        options = {"batch": TOGETHER} | options
    if task.guided:
        texts = [one.text for one in wanted]
        texts = texts if task.tokenizer is None else [as_said(text) for text in texts]
        made = task.paint(texts, seed=seed, **options)
    else:
        made = task.paint(n=len(wanted), seed=seed, **options)
    facts = {k: v for k, v in made.facts[0].items() if k not in ("prompt", "seed")}
    arrays = [np.asarray(picture.convert("RGB")) for picture in made]
    return Drawn(arrays, list(wanted), facts | {"seed": seed})


def images_of(pictures: Pictures, rows: Sequence[int], size: int, fit: Fit = "crop") -> list[Array]:
    """Pictures of the data as squares of `size` pixels."""
    return [squared(pictures.image(row), size, fit) for row in rows]


def squared(picture: Array, size: int, fit: Fit = "crop") -> Array:
    """A picture as a square of `size` pixels."""
    if picture.shape[:2] == (size, size):
        return picture
    return fit_image(Image.fromarray(picture), size, size, fit)


def spread(things: Sequence[T], n: int) -> list[T]:
    """At most `n` of them, evenly from all along: what is wanted stands language by language."""
    return [things[i] for i in np.linspace(0, len(things), min(n, len(things)), False, dtype=int)]


def size_of(task: Any) -> int:
    """Pixels a side of what a model draws."""
    return task.size if hasattr(task, "size") else task.model.config.picture_size


def _captions(task: Any, pictures: Pictures, row: int) -> list[Wanted]:
    """A caption in each language, by the number of the picture, so that all wordings occur."""
    said = [text for text in pictures.captions(row) if text.strip() and task.words.fits(text)]
    truth_is_known = known_scene(pictures, row)
    found = []
    for language in dict.fromkeys(map(language_of, said)):
        own = [caption for caption in said if language_of(caption) == language]
        text = own[row % len(own)]
        found.append(Wanted(row, text, language, asked_of(text) if truth_is_known else {}))
    return found


def _class(task: Any, pictures: Pictures, row: int) -> list[Wanted]:
    has = pictures.named(row)
    return [
        Wanted(row, has[kind], "", {kind: has[kind]})
        for kind, known in list(task.names.items())[:1]
        if has.get(kind) in known
    ]
