"""From a recipe for a GAN to what a trainer needs: pictures, tokenizer, both models, and looks at
what it draws.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from jium.data.image_batches import ImageBatch, ImageBatches
from jium.data.images import Pictures
from jium.errors import ConfigError
from jium.evaluation.sliced import picture_distance
from jium.messages import say
from jium.models.gan import Gan, GanConfig
from jium.objectives.gan import Adversarial, ordered
from jium.tasks.paint_gan import GanPainter
from jium.tasks.picture_files import sheet
from jium.training.collapse import Collapse
from jium.training.drawing import caption_tokenizer, check_size, prompts, reader, settled
from jium.training.pictures import OnPictures, open_pictures
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer

SHOWN = 16  # pictures painted at each look
AT_A_TIME = 64


@dataclass
class GanSetup(OnPictures):
    """What a trainer works with. shown: real pictures that those drawn are measured by, (n, 3,
    height, width), with all that is known of them in `known`.
    """

    task: GanPainter
    train: ImageBatches
    pictures: dict[str, Pictures]
    shown: Tensor
    known: list[ImageBatch]
    collapse: Collapse
    run: Path

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """How far what is drawn is from the valid split (loss), how different it is beside that
        (diversity), and how often the discriminator is right (0.5: it can only guess).
        """
        model, device = self.task.model, trainer.device
        drawn, fooled = [], []
        latents = self.task.latents(range(len(self.shown)))
        with torch.inference_mode():
            for batch, latent in zip(self.known, latents.split(AT_A_TIME), strict=True):
                batch = batch.to(device)
                condition = model.condition(batch)
                fake = model.generator(latent.to(device), condition)
                scores = model.discriminator(torch.cat((model.real(batch), fake)), condition)
                drawn.append(fake.float().cpu())
                fooled.append(ordered(*scores.float().chunk(2)))
        made = torch.cat(drawn)
        return {
            "valid_loss": picture_distance(made, self.shown),
            "valid_diversity": self.collapse.look(made),
            "valid_told_apart": float(np.mean(fooled)),
            "valid_collapsed": float(self.collapse.collapsed),
        }

    def remarks(self) -> list[str]:
        """What a person should be told after a look."""
        if not self.collapse.collapsed:
            return []
        return [
            say(
                "mode collapse: the pictures drawn are nearly all alike, for {n} looks now. Lower "
                "the rate, or add objective.r1.",
                n=self.collapse.low,
            )
        ]

    def state(self) -> dict[str, Any]:
        """What a run that goes on must know: looks in a row that found too little diversity."""
        return {"low": self.collapse.low}

    def restore(self, kept: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.collapse.low = kept["low"]

    def facts(self) -> dict[str, str]:
        """What the model card says of the data, and of collapses that the log has seen."""
        return super().facts() | {"mode collapse": collapses(self.run / "metrics.jsonl")}

    def picture(self) -> Any:
        """A sheet of pictures painted for captions or classes of the valid split, the same at every
        look.
        """
        asked = prompts(self.task, self.pictures["valid"], SHOWN)
        made = self.task.paint(asked, n=1 if asked else SHOWN, seed=0, batch=SHOWN)
        return np.asarray(sheet(made))


def collapses(log: Path) -> str:
    """What metrics.jsonl says of mode collapse, for the card."""
    lines = log.read_text("utf-8").splitlines() if log.is_file() else []
    looks = [record for line in lines if "valid_collapsed" in (record := json.loads(line))]
    seen = [record["step"] for record in looks if record["valid_collapsed"]]
    if not seen:
        return f"none in {len(looks)} looks"
    return f"in {len(seen)} of {len(looks)} looks, first at step {seen[0]:,}, last {seen[-1]:,}"


def set_up(recipe: Recipe, run: Path) -> GanSetup:
    """Prepare the pictures and train the tokenizer of captions (or find both, when a run goes on),
    make the model.
    """
    if recipe.data.buckets:
        raise ConfigError("a GAN draws pictures of one shape; leave it out.", key="data.buckets")
    if recipe.objective.discriminator_steps > recipe.train.batch_size:
        raise ConfigError(
            "each takes its part of a batch, and a batch has {n} pictures; got {value}.",
            key="objective.discriminator_steps",
            n=recipe.train.batch_size,
            value=recipe.objective.discriminator_steps,
        )
    if recipe.objective.loss == "wasserstein":
        check_bound(recipe.model, recipe.objective)
    check_size(recipe)
    pictures = open_pictures(recipe, run)
    train = pictures["train"]
    tokenizer = caption_tokenizer(recipe, run, train)
    torch.manual_seed(recipe.train.seed)
    settings = settled(recipe.model, train, tokenizer)
    names = {kind: train.names[kind] for kind in settings.classes}
    task = GanPainter(Gan(settings), tokenizer, names)
    encode = None if tokenizer is None else reader(task.words)
    size, seed = recipe.train.batch_size, recipe.train.seed
    batches = ImageBatches(train, size, seed, encode, recipe.data)
    valid = ImageBatches(pictures["valid"], AT_A_TIME, seed, encode)
    known = list(valid.once(recipe.train.metric_examples))
    shown = torch.cat([batch.images for batch in known])
    return GanSetup(task, batches, pictures, shown, known, Collapse(shown), run)


def check_bound(model: GanConfig, objective: Adversarial) -> None:
    """Raise ConfigError where a critic is bound by nothing, or twice.

    It scores as steeply as it may, and never more. The penalty of Gulrajani et al. (2017) asks for
    slopes of 1; spectral norm, which Miyato et al. (2018) give in its stead, keeps them lower: with
    both a critic of points saw no more than one of eight modes, and seven with the penalty alone.
    """
    if objective.penalty and model.spectral_norm:
        raise ConfigError(
            "keeps the critic from the slopes that the gradient penalty asks for; choose one: "
            "model.spectral_norm=false, or objective.gradient_penalty=0.",
            key="model.spectral_norm",
        )
    if not (objective.penalty or objective.r1 or model.spectral_norm):
        raise ConfigError(
            "nothing bounds the critic, whose scores then grow without end; give a penalty, r1, or "
            "model.spectral_norm=true.",
            key="objective.gradient_penalty",
        )
