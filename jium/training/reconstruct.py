"""From a recipe for an autoencoder to what the trainer needs: pictures, model, measures."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.config import find_kind
from jium.data.image_batches import ImageBatch, ImageBatches, as_pixels
from jium.data.images import Pictures
from jium.data.pillow import Image
from jium.errors import ConfigError
from jium.evaluation.likeness import psnr
from jium.models import MODELS
from jium.models.vae import Vae, kl
from jium.models.vqvae import VqVae, perplexity
from jium.objectives.vae import VaeLoss
from jium.objectives.vqvae import VqVaeLoss
from jium.tasks.picture_files import sheet
from jium.tasks.reconstruct import Reconstructor
from jium.training.pictures import OnPictures, open_pictures
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer

OBJECTIVES = {"vae": VaeLoss, "vqvae": VqVaeLoss}
SHOWN = 8  # pictures in a row of what TensorBoard shows


@dataclass
class Setup(OnPictures):
    """What a trainer works with."""

    task: Reconstructor
    pictures: dict[str, Pictures]
    objective: VaeLoss | VqVaeLoss
    train: ImageBatches
    valid: ImageBatches

    @torch.inference_mode()
    def figures(self, trainer: Trainer) -> dict[str, float]:
        """Loss and likeness on the valid split. On the way the model learns how large its latents
        are, and how strange pictures usually look to it.
        """
        model = self.task.model
        seen = [look(model, batch) for batch in self._batches()]
        settle(model, seen, learned=getattr(self.objective, "likelihood", "") == "gaussian")
        found = {"valid_loss": self._loss(), "valid_psnr": float(np.mean(joined(seen, "psnr")))}
        if isinstance(model, Vae):
            return found | {"valid_kl": float(np.mean(joined(seen, "kl")))}
        codes = torch.from_numpy(joined(seen, "codes"))
        return found | {"valid_codes": perplexity(codes, model.config.n_codes)}

    def _loss(self) -> float:
        """The objective over the valid split, with the same noise at every look."""
        total, count = 0.0, 0
        with torch.random.fork_rng():
            torch.manual_seed(0)
            for batch in self._batches():
                for loss in self.objective(self.task.model, batch):  # type: ignore[arg-type]
                    total, count = total + float(loss.total), count + loss.count
        return total / count

    def _batches(self) -> Iterator[ImageBatch]:
        device = self.task.model.latent_scale.device
        return (batch.to(device) for batch in self.valid.once())

    def picture(self) -> NDArray[np.uint8]:
        """Some pictures, what becomes of them, and what the model thinks up, in three rows."""
        given = as_pixels(next(iter(self.valid.once(SHOWN))).images)
        made = self.task.reconstruct(list(given)) + self.task.paint(n=len(given), seed=0)
        seen = [Image.fromarray(pixels) for pixels in given] + made
        return np.asarray(sheet(seen, len(given)))


def set_up(recipe: Recipe, run: Path) -> Setup:
    """Prepare the pictures (or find them, when a run goes on), make the model."""
    kind, settings = recipe.values["model"]["kind"], recipe.train
    check(recipe, kind)
    config = replace(recipe.model, image_size=recipe.data.size)
    pictures = open_pictures(recipe, run)
    torch.manual_seed(settings.seed)
    model = find_kind(MODELS, kind, "model")(config)
    task = Reconstructor(model, recipe.data.fit)
    train = ImageBatches(pictures["train"], settings.batch_size, settings.seed, augment=recipe.data)
    valid = ImageBatches(pictures["valid"], settings.batch_size)
    return Setup(task, pictures, recipe.objective, train, valid)


def check(recipe: Recipe, kind: str) -> None:
    """Raise ConfigError where sections do not fit one another."""
    if not isinstance(recipe.objective, OBJECTIVES[kind]):
        raise ConfigError(
            'no {what} "{kind}" for the model "{model}". Known: {known}.',
            key="objective.kind",
            what="objective",
            kind=recipe.values["objective"]["kind"],
            model=kind,
            known=kind,
        )
    size, model = recipe.data.size, recipe.model
    if model.image_size not in (None, size):
        raise ConfigError(
            "must be data.size={size}, or left out; got {value}.",
            key="model.image_size",
            size=size,
            value=model.image_size,
        )
    if recipe.data.buckets and (model.flat or recipe.data.bucket_step % model.factor):
        raise ConfigError(
            "pictures of several shapes need model.flat=false and data.bucket_step a multiple of "
            "{factor}.",
            key="data.buckets",
            factor=model.factor,
        )


def look(model: Vae | VqVae, batch: ImageBatch) -> dict[str, NDArray]:
    """What a batch of valid pictures shows: likeness, latents, and more of them, by name."""
    if isinstance(model, Vae):
        latents, log_var = model.encode(batch.images)
        more = {"kl": kl(latents.float(), log_var.float()).sum(1)}
    else:
        found = model.quantise(model.encode(batch.images))
        latents, more = found.latents, {"codes": found.codes.flatten()}
    guess = model.decode(latents).float()
    wrong = (guess - batch.images).square().flatten(1).mean(1)
    arrays: dict[str, Tensor] = {"latents": latents.flatten(), "wrong": wrong, **more}
    pairs = zip(as_pixels(guess), as_pixels(batch.images), strict=True)
    likeness = np.array([psnr(one, other) for one, other in pairs])
    strange = model.strangeness(batch.images)
    arrays["strange"] = strange
    return {name: array.cpu().numpy() for name, array in arrays.items()} | {"psnr": likeness}


@torch.no_grad()
def settle(model: Vae | VqVae, seen: list[dict[str, NDArray]], learned: bool) -> None:
    """Write into the model what is known only by looking at pictures. learned: its sigma was."""
    model.latent_scale.fill_(1 / max(float(joined(seen, "latents").std()), 1e-6))
    strange = joined(seen, "strange")
    if isinstance(model, Vae) and not learned:
        # -ELBO asks for a variance; the likeliest is the mean square itself.
        wrong, before = joined(seen, "wrong"), float(model.log_sigma.detach())
        after = math.log(max(float(wrong.mean()), 1e-8)) / 2
        strange = strange + wrong / 2 * (math.exp(-2 * after) - math.exp(-2 * before))
        model.log_sigma.fill_(after)
        strange = strange + after - before
    model.usual.copy_(torch.from_numpy(np.quantile(strange, np.linspace(0, 1, 101))))


def joined(seen: list[dict[str, NDArray]], name: str) -> NDArray:
    """One of what `look` found, over all batches."""
    return np.concatenate([one[name] for one in seen])
