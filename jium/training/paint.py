"""From a recipe for pictures to what a trainer needs: pictures, tokenizer, diffusion model."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from jium.checkpoint.run import load_model, read_model_config
from jium.checkpoint.state import NAME as STATE
from jium.config import to_values
from jium.data.image_batches import ImageBatches
from jium.data.images import Pictures
from jium.errors import ConfigError
from jium.models.diffusion import Diffusion, DiffusionConfig
from jium.models.vae import Vae
from jium.tasks.paint import Painter
from jium.tasks.picture_files import sheet
from jium.training.devices import autocast
from jium.training.drawing import caption_tokenizer, check_size, prompts, reader, settled
from jium.training.pictures import OnPictures, open_pictures
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer

SHOWN = 16  # pictures painted at each look
LOOKS = 25  # steps of the sampler for them at most


@dataclass
class PaintSetup(OnPictures):
    """What a trainer works with. measured: how many pictures of the valid split the loss is of."""

    task: Painter
    train: ImageBatches
    valid: ImageBatches
    pictures: dict[str, Pictures]
    measured: int

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
    latent, goes_on = recipe.model.latent, (run / STATE).is_file()
    vae = None if latent is None or goes_on else _vae(latent)  # a run that goes on has its own
    settings = settled(recipe.model, train, tokenizer)
    if latent is not None:
        known = _begun(run).vae if vae is None else to_values(vae.config)
        settings = replace(settings, vae=known)
    torch.manual_seed(recipe.train.seed)
    model = Diffusion(settings)
    if vae is not None:
        assert model.vae is not None
        model.vae.load_state_dict(vae.state_dict())
    names = {kind: train.names[kind] for kind in settings.classes}
    task = Painter(model, tokenizer, recipe.paint, names)
    encode = None if tokenizer is None else reader(task.words)

    def batches(split: str, augment: Any) -> ImageBatches:
        size, seed = recipe.train.batch_size, recipe.train.seed
        return ImageBatches(pictures[split], size, seed, encode, augment)

    measured = recipe.train.metric_examples
    data = batches("train", recipe.data), batches("valid", None)
    return PaintSetup(task, *data, pictures, measured)


def _begun(run: Path) -> DiffusionConfig:
    """The model's settings as the run began with them."""
    settings: Any = read_model_config(run)[1]
    return settings


def _vae(run: str) -> Vae:
    """The autoencoder of a run. Raises ConfigError for a run of anything else."""
    kind, settings, _ = read_model_config(Path(run))
    if kind != "vae" or settings.flat:
        raise ConfigError(
            "{run}: holds no autoencoder with a map of latents, but {kind}. Train one: "
            "model.kind=vae, without model.flat.",
            key="model.latent",
            run=run,
            kind=kind,
        )
    model: Any = load_model(Path(run))
    return model
