"""How soon does a denoiser listen to words: with the words learned first or not, by Muon or AdamW?

    python benchmarks/drawing_words.py [--steps 800] [--n 256] [--out FOLDER]
        [--override KEY=VALUE ...]

The recipe scenes is trained four ways for the same few steps on the same pictures, each schedule
to its end. Then captions of held-out scenes with one thing are made to lie in one attribute, and
the figures say by how many per cent the loss is larger with the lie than with the truth, of the
same pictures with the same noise at times spread evenly: 0 where a model does not listen. caption:
with the caption of another scene. Half of the captions are Korean. The average of the weights that
is measured is of the last hundred steps or so (train.ema=0.99), for there are few. The runs stay in
--out; one that stands there is measured and not trained again.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import torch
from quality import card
from record import record
from torch import Tensor

import jium
from jium.data.image_batches import as_tensor
from jium.data.scenes import Scene, attributes, captions, draw, scenes
from jium.data.scenes.world import NONE
from jium.models.conditioning import join
from jium.objectives.diffusion import Denoising
from jium.tasks.paint import Painter

ADAMW = ["optim.kind=adamw", "optim.lr=1e-3"]
NOT_FIRST = ["objective.captions_first=0"]
CASES = {
    "words first, Muon": [],
    "words first, AdamW": ADAMW,
    "Muon": NOT_FIRST,
    "AdamW": [*NOT_FIRST, *ADAMW],
}
LIES = ("colour", "subject", "setting", "style")
BATCH = 64


def lie(scene: Scene, kind: str, value: str) -> Scene:
    """The same scene with another colour, subject, setting or style."""
    if kind in ("setting", "style"):
        return replace(scene, **{kind: value})
    return replace(scene, things=tuple(replace(one, **{kind: value}) for one in scene.things))


def lies(told: Sequence[Scene], kind: str) -> list[Scene]:
    """Each with what the next one has that has something else; a plain ground is none, for captions
    leave it out.
    """
    facts = [attributes(scene)[kind] for scene in told]
    others = (facts[i:] + facts[:i] for i in range(len(facts)))
    return [
        lie(scene, kind, next(other for other in some if other not in (own, NONE)))
        for scene, own, some in zip(told, facts, others, strict=True)
    ]


def said(some: Sequence[Scene]) -> list[str]:
    """A caption of each, with every attribute, in Korean and English in turn."""
    return [captions(one, ("ko", "en")[i % 2], Random(i), full=True) for i, one in enumerate(some)]


def losses(task: Painter, pictures: Tensor, texts: list[str], objective: Denoising) -> Tensor:
    """The loss of each picture with its text, with the same times and noise at every call."""
    torch.manual_seed(0)
    times, noise = objective.draw_times(len(pictures)), torch.randn(pictures.shape)
    parts = [slice(at, at + BATCH) for at in range(0, len(texts), BATCH)]
    words = [join([task.words.context(text) for text in texts[part]]) for part in parts]
    with torch.inference_mode():
        return torch.cat(
            [
                objective.errors(task.model, pictures[part], noise[part], times[part], context)
                for part, context in zip(parts, words, strict=True)
            ]
        )


def measured(run: Path, n: int, size: int, objective: Denoising) -> dict[str, float]:
    """What lies cost, in per cent of the loss."""
    task = jium.load(run)
    held_out = (scene for scene in scenes(4 * n, seed=1, split="test") if scene.relation == NONE)
    told = [scene for _, scene in zip(range(n), held_out, strict=False)]
    pictures = as_tensor(np.stack([draw(scene, size) for scene in told]))
    truth = losses(task, pictures, said(told), objective).mean()
    texts = {kind: said(lies(told, kind)) for kind in LIES}
    texts["caption"] = said([*told[2:], *told[:2]])
    found = {k: losses(task, pictures, text, objective).mean() for k, text in texts.items()}
    return {"loss": round(float(truth), 4)} | {
        kind: round(100 * float(value / truth - 1), 2) for kind, value in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--n", type=int, default=256, help="scenes to measure on")
    parser.add_argument("--out", type=Path, default=Path("runs/drawing-words"))
    parser.add_argument("--override", nargs="*", default=[], help="of all four")
    parser.add_argument("--name", default="drawing_words", help="of the file in results/")
    options = parser.parse_args()
    short = [f"train.steps={options.steps}", f"train.eval_every={options.steps}", "train.ema=0.99"]
    figures: dict[str, dict[str, float]] = {}
    trained_at: dict[str, str] = {}
    for name, own in CASES.items():
        plan = jium.recipe("scenes", *short, *own, *options.override)
        run = options.out / name.lower().replace(", ", "-").replace(" ", "-")
        if not (run / "README.md").is_file():
            jium.train(plan, out=run, quiet=True)
        whole = replace(plan.objective, drop=0.0)
        figures[name] = measured(run, options.n, plan.data.size, whole)
        trained_at[name] = card(run)["commit"]
        print(name, figures[name], flush=True)
    about = {
        "question": __doc__.splitlines()[0],
        "steps": options.steps,
        "scenes": options.n,
        "cases": CASES,
        "overrides": [*short, *options.override],
        "trained_at": trained_at,
    }
    print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
