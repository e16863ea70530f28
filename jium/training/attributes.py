"""From a recipe for a judge of pictures to what a trainer needs: pictures with classes, and a model
with a head for each.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from jium.config import find_kind
from jium.data.image_batches import ImageBatches
from jium.data.images import Pictures
from jium.errors import ConfigError, DataError
from jium.models import MODELS
from jium.objectives.attributes import UNKNOWN
from jium.tasks.attributes import AttributeClassifier
from jium.training.devices import autocast
from jium.training.pictures import OnPictures, open_pictures
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer

SHOWN = 5  # pictures with their classes in the log


@dataclass
class AttributeSetup(OnPictures):
    """What a trainer works with."""

    task: AttributeClassifier
    train: ImageBatches
    valid: ImageBatches
    pictures: dict[str, Pictures]

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """On the valid split the mean loss and, in percent, how often each attribute is right, the
        mean of those, and the lowest.
        """
        objective: Any = trainer.objective
        total, count = 0.0, 0
        right: dict[str, list[Tensor]] = {name: [] for name in self.task.names}
        with torch.inference_mode(), autocast(trainer.device, trainer.precision):
            for batch in self.valid.once():
                batch = batch.to(trainer.device)
                scores = self.task.model(batch.images)
                total += float(objective.total(scores, batch.labels))
                count += len(batch)
                for name, found in right.items():
                    found.append(correct(scores[name], batch.labels[name]))
        shares = {name: 100 * float(torch.cat(found).mean()) for name, found in right.items()}
        means = list(shares.values())
        figures = {"loss": total / count, "accuracy": float(np.mean(means)), "worst": min(means)}
        return {f"valid_{name}": value for name, value in (figures | shares).items()}

    def samples(self) -> list[tuple[str, str, str]]:
        """Some pictures of the valid split with what is made of them."""
        valid = self.pictures["valid"]
        rows = range(min(SHOWN, len(valid)))
        answers = self.task.classify([valid.image(row) for row in rows])
        return [
            (f"#{row}", " ".join(answer.values()), " ".join(valid.named(row).values()))
            for row, answer in zip(rows, answers, strict=True)
        ]


def correct(scores: Tensor, labels: Tensor) -> Tensor:
    """1.0 where the likeliest class is the label, else 0.0, of those pictures that have one."""
    known = labels != UNKNOWN
    return (scores.argmax(1)[known] == labels[known]).float().cpu()


def set_up(recipe: Recipe, run: Path) -> AttributeSetup:
    """Prepare the pictures (or find them prepared), make the model with a head for each attribute
    that they have classes of.
    """
    pictures = open_pictures(recipe, run)
    names = usable(pictures)
    size = one_size(pictures, recipe.model.image_size, "model.image_size")
    torch.manual_seed(recipe.train.seed)
    heads = {name: len(known) for name, known in names.items()}
    config = replace(recipe.model, heads=heads, image_size=size)
    model = find_kind(MODELS, recipe.values["model"]["kind"], "model")(config)
    task = AttributeClassifier(model, names, recipe.data.fit)
    batch, seed = recipe.train.batch_size, recipe.train.seed
    train = ImageBatches(pictures["train"], batch, seed, augment=recipe.data)
    return AttributeSetup(task, train, ImageBatches(pictures["valid"], batch), pictures)


def usable(pictures: dict[str, Pictures]) -> dict[str, list[str]]:
    """The attributes with two classes at least, and the names of their classes. Raises DataError
    where there is none, or the valid split has no picture with one.
    """
    train, valid = pictures["train"], pictures["valid"]
    names = {name: known for name, known in train.names.items() if len(known) > 1}
    if not names:
        raise DataError(
            "the pictures have no classes to tell apart. Name their columns: data.labels; or put "
            "each class into a folder of its own."
        )
    for name in names:
        if not (valid.labels[name] >= 0).any():
            raise DataError(
                'no picture to validate with has a class of "{name}". Leave it out of '
                "data.labels, or set more pictures apart: data.valid_share=0.1.",
                name=name,
            )
    return names


def one_size(pictures: dict[str, Pictures], asked: int | None, key: str) -> int:
    """Pixels of both sides of every picture. Raises ConfigError where they differ, or are not what
    the model is asked to take.
    """
    sides = {side for part in pictures.values() for shape in part.shapes for side in shape}
    if len(sides) != 1:
        raise ConfigError(
            "this model takes squares of one size; the pictures have sides of {sides} pixels.",
            key="data.buckets",
            sides=", ".join(map(str, sorted(sides))),
        )
    size = sides.pop()
    if asked not in (None, size):
        raise ConfigError(
            "is {asked}, and the pictures have {size}. Set data.size={asked}, or leave it out.",
            key=key,
            asked=asked,
            size=size,
        )
    return size
