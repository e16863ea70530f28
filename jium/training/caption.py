"""From a recipe for a captioner to what a trainer needs: pictures with captions, and a model."""

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import torch

from jium.data.image_batches import ImageBatches
from jium.data.images import Pictures
from jium.evaluation.captions import exact_shares
from jium.models.captioner import Captioner
from jium.tasks.caption import PictureCaptioner, language_of, token_of
from jium.training.attributes import one_size
from jium.training.match import check_captions, mean_loss
from jium.training.pictures import OnPictures, captions_of, open_pictures
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer
from jium.training.understanding import tokenizer_of

SHOWN = 5  # pictures with their captions in the log
LOOKED = 10_000  # captions, from all over the data, that the languages are found in


@dataclass
class CaptionSetup(OnPictures):
    """What a trainer works with. measured: pictures of the valid split that are written about."""

    task: PictureCaptioner
    train: ImageBatches
    valid: ImageBatches
    pictures: dict[str, Pictures]
    measured: int

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """The mean loss of a token on the valid split; where train.metric is "exact", in percent,
        how many captions are just right, in each language and on the mean of them.
        """
        figures = {"valid_loss": mean_loss(trainer, self.valid)}
        if trainer.settings.metric == "loss":
            return figures
        found = exact_shares(self.task, self.pictures["valid"], self.measured)
        shares = {f"exact_{name}": 100 * float(right.mean()) for name, right in found.items()}
        figures["valid_exact"] = sum(shares.values()) / len(shares)
        return figures | {f"valid_{name}": value for name, value in shares.items()}

    def samples(self) -> list[tuple[str, str, str]]:
        """Some pictures of the valid split with what is written about them."""
        valid = self.pictures["valid"]
        rows = range(min(SHOWN, len(valid)))
        answers = self.task.caption([valid.image(row) for row in rows])
        return [
            (f"#{row}", answer, " | ".join(valid.captions(row)))
            for row, answer in zip(rows, answers, strict=True)
        ]


def set_up(recipe: Recipe, run: Path) -> CaptionSetup:
    """Prepare the pictures and train the tokenizer of captions, which has a token for each of their
    languages (or find both, when a run goes on), make the model.
    """
    pictures = open_pictures(recipe, run)
    train = pictures["train"]
    check_captions(train)
    languages = languages_of(train)
    special = [token_of(language) for language in languages]
    tokenizer = tokenizer_of(recipe, run, lambda: captions_of(train), special)
    size = one_size(pictures, recipe.model.image.image_size, "model.image.image_size")
    torch.manual_seed(recipe.train.seed)
    image = replace(recipe.model.image, image_size=size)
    model = Captioner(replace(recipe.model, vocab_size=tokenizer.vocab_size, image=image))
    task = PictureCaptioner(model, tokenizer, languages, recipe.data.fit, recipe.generation)
    batch, seed = recipe.train.batch_size, recipe.train.seed
    batches = ImageBatches(train, batch, seed, task.encode, recipe.data)
    valid = ImageBatches(pictures["valid"], batch, encode=task.encode)
    return CaptionSetup(task, batches, valid, pictures, recipe.train.metric_examples)


def languages_of(pictures: Pictures) -> list[str]:
    """The languages that captions are in: "ko", "en" or both, in that order."""
    found = {language_of(text) for text in islice(captions_of(pictures), LOOKED)}
    return [language for language in ("ko", "en") if language in found]
