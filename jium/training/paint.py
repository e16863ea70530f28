"""From a recipe for pictures to what a trainer needs: pictures, tokenizer, diffusion model."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from jium.checkpoint.run import load_model, read_model_config
from jium.checkpoint.state import NAME as STATE
from jium.checkpoint.state import load_state
from jium.config import Values, to_values
from jium.data.image_augment import Augment
from jium.data.image_batches import ImageBatches
from jium.data.images import Pictures
from jium.data.latent_cache import LatentBatches, Latents, cache_latents, fingerprint
from jium.errors import ConfigError
from jium.generation.diffusion import check_steps
from jium.models.conditioning import TextConditioner
from jium.models.diffusion import AUTOENCODERS, Diffusion, check_pixels, multiple_of
from jium.tasks.paint import Painter
from jium.tasks.picture_files import sheet
from jium.training.captions_first import learn_words
from jium.training.devices import autocast, choose_device
from jium.training.drawing import caption_tokenizer, check_size, prompts, reader, settled
from jium.training.pictures import OnPictures, open_pictures
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer

SHOWN = 16  # pictures painted at each look
LATENTS = Path("last") / "latents"  # of the pictures of each split, within a run
LOOKS = 25  # steps of the sampler for them at most


@dataclass
class PaintSetup(OnPictures):
    """What a trainer works with. measured: how many pictures of the valid split the loss is of.
    spent_s: seconds of training before the first step.
    """

    task: Painter
    train: ImageBatches
    valid: ImageBatches
    pictures: dict[str, Pictures]
    measured: int
    spent_s: float = 0.0

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """The objective's mean loss on the valid split, no caption left out, with the same noise at
        every look.
        """
        settings: Any = trainer.objective
        objective = replace(settings, drop=0.0)
        total, count = 0.0, 0
        devices = [trainer.device] if trainer.device.type == "cuda" else []
        measuring = torch.random.fork_rng(devices)  # must not change what training draws
        with measuring, torch.inference_mode(), autocast(trainer.device, trainer.precision):
            torch.manual_seed(0)
            for batch in self.valid.once(self.measured):
                for loss in objective(self.task.model, batch.to(trainer.device)):
                    total += float(loss.total)
                    count += loss.count
        return {"valid_loss": total / max(count, 1)}

    def picture(self) -> Any:
        """A sheet of pictures painted for captions of the valid split, the same at every look."""
        asked = prompts(self.task, self.pictures["valid"], SHOWN)
        steps = min(LOOKS, self.task.settings.steps)
        n = 1 if asked else SHOWN
        made = self.task.paint(asked, n=n, steps=steps, seed=0, batch=SHOWN)
        return np.asarray(sheet(made))


def set_up(recipe: Recipe, run: Path) -> PaintSetup:
    """Prepare the pictures and train the tokenizer of captions (or find both, when a run goes on),
    make the model.
    """
    check_size(recipe)
    if recipe.model.noise["kind"] == "learned" and recipe.objective.times != "uniform":
        raise ConfigError(
            "a learned schedule finds its times by itself; leave it out.", key="objective.times"
        )
    pictures = open_pictures(recipe, run)
    train = pictures["train"]
    tokenizer = caption_tokenizer(recipe, run, train)
    known, weights = None, None
    if recipe.model.latent is not None:
        known, weights = _vae(recipe.model.latent, run)
    multiple = multiple_of(recipe.model, known)
    key = "data.bucket_step" if recipe.data.buckets else "data.size"
    for side in {side for kept in pictures.values() for shape in kept.shapes for side in shape}:
        check_pixels(key, side, multiple)
    check_pixels("paint.tile", recipe.paint.tile or 0, multiple)
    settings = replace(settled(recipe.model, train, tokenizer), vae=known)
    torch.manual_seed(recipe.train.seed)
    model = Diffusion(settings)
    check_steps(model.noise, recipe.paint.steps, "paint.steps")
    if model.vae is not None and weights is not None:
        model.vae.load_state_dict(weights)
    names = {kind: train.names[kind] for kind in settings.classes}
    task = Painter(model, tokenizer, recipe.paint, names)
    encode = None if tokenizer is None else reader(task.words)
    began, first = time.perf_counter(), recipe.objective.captions_first
    if first and not (run / STATE).is_file():
        if encode is None or not isinstance(model.conditioner, TextConditioner):
            raise ConfigError(
                "needs a model that reads captions: [model.text].", key="objective.captions_first"
            )
        learn_words(model.conditioner, train, encode, first, recipe.train.seed)
    spent_s = time.perf_counter() - began

    def batches(split: str, augment: Augment | None) -> ImageBatches:
        size, seed = recipe.train.batch_size, recipe.train.seed
        if model.vae is None or (augment is not None and augment.changes):
            return ImageBatches(pictures[split], size, seed, encode, augment)
        latents = _latents(model, pictures[split], run / LATENTS / split, recipe)
        return LatentBatches(pictures[split], latents, size, seed, encode)

    measured = recipe.train.metric_examples
    data = batches("train", recipe.data), batches("valid", None)
    return PaintSetup(task, *data, pictures, measured, spent_s)


def _latents(model: Diffusion, pictures: Pictures, folder: Path, recipe: Recipe) -> Latents:
    """Those of pictures that are seen as they are: the encoder is asked once, not at every step."""
    assert model.vae is not None
    device = choose_device(recipe.train.device)
    made_by = fingerprint(model.vae.state_dict().items())
    model.vae.to(device)
    return cache_latents(pictures, lambda images: model.encode(images.to(device)), folder, made_by)


def _vae(latent: str, run: Path) -> tuple[Values, dict[str, Tensor]]:
    """Settings and weights of the autoencoder: those of the run `latent`, or, of a run that goes
    on, its own. Raises ConfigError for a run of anything else.
    """
    if (run / STATE).is_file():
        own: Any = read_model_config(run)[1]
        begin = "model.vae."
        tensors = load_state(run)[0].items()
        return own.vae, {k.removeprefix(begin): v for k, v in tensors if k.startswith(begin)}
    kind, settings, _ = read_model_config(Path(latent))
    if kind not in AUTOENCODERS or settings.flat:
        raise ConfigError(
            "{run}: holds no autoencoder with a map of latents, but {kind}. Train one: "
            "model.kind=vae or vqvae, without model.flat.",
            key="model.latent",
            run=latent,
            kind=kind,
        )
    return {"kind": kind} | to_values(settings), load_model(Path(latent)).state_dict()
