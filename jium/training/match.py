"""From a recipe for a CLIP to what a trainer needs: pictures with captions, tokenizer, towers."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from jium.data.image_batches import ImageBatches
from jium.data.images import Pictures
from jium.errors import DataError
from jium.evaluation.matching import recalls
from jium.models.clip import Clip
from jium.tasks.match import Matcher
from jium.training.attributes import one_size
from jium.training.devices import autocast
from jium.training.pictures import OnPictures, captions_of, open_pictures
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer
from jium.training.understanding import tokenizer_of


@dataclass
class MatchSetup(OnPictures):
    """What a trainer works with. measured: pictures of the valid split that recall is taken on."""

    task: Matcher
    train: ImageBatches
    valid: ImageBatches
    pictures: dict[str, Pictures]
    measured: int

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """The mean loss on the valid split, and of some of its pictures, in percent, how often a
        caption finds its picture first, and a picture its caption.
        """
        valid = self.pictures["valid"]
        rows = range(min(self.measured, len(valid)))
        captions = [valid.captions(row) for row in rows]
        texts = [said[row % len(said)] for row, said in zip(rows, captions, strict=True) if said]
        images = [valid.image(row) for row, said in zip(rows, captions, strict=True) if said]
        found = recalls(self.task, images, texts, (1,))
        shares = {f"valid_{name}": 100 * float(right.mean()) for name, right in found.items()}
        mean = sum(shares.values()) / len(shares)
        return {"valid_loss": mean_loss(trainer, self.valid), "valid_recall": mean} | shares


def mean_loss(trainer: Trainer, batches: ImageBatches) -> float:
    """The objective's loss per counted thing, over every picture once."""
    total, count = 0.0, 0
    with torch.inference_mode(), autocast(trainer.device, trainer.precision):
        for batch in batches.once():
            for loss in trainer.objective(trainer.model, batch.to(trainer.device)):
                total, count = total + float(loss.total), count + loss.count
    return total / count


def set_up(recipe: Recipe, run: Path) -> MatchSetup:
    """Prepare the pictures and train the tokenizer of captions (or find both, when a run goes on),
    make the model.
    """
    pictures = open_pictures(recipe, run)
    check_captions(pictures["train"])
    tokenizer = tokenizer_of(recipe, run, lambda: captions_of(pictures["train"]), special=())
    size = one_size(pictures, recipe.model.image.image_size, "model.image.image_size")
    torch.manual_seed(recipe.train.seed)
    text = replace(recipe.model.text, vocab_size=tokenizer.vocab_size, end_id=tokenizer.eos_id)
    text = replace(text, projection_dim=recipe.model.projection_dim)
    image = replace(recipe.model.image, image_size=size)
    task = Matcher(Clip(replace(recipe.model, text=text, image=image)), tokenizer, recipe.data.fit)
    batch, seed = recipe.train.batch_size, recipe.train.seed
    train = ImageBatches(pictures["train"], batch, seed, task.encode, recipe.data)
    valid = ImageBatches(pictures["valid"], batch, encode=task.encode)
    return MatchSetup(task, train, valid, pictures, recipe.train.metric_examples)


def check_captions(pictures: Pictures) -> None:
    """Raise DataError where no picture says what it shows."""
    if not any(True for _ in captions_of(pictures)):
        raise DataError(
            "the pictures have no captions to learn from. Put NAME.txt beside each, or name the "
            "column: data.captions."
        )
