"""Does a GAN find all eight modes of a ring, and can its discriminator only guess in the end?

    python benchmarks/gan_ring.py [--seeds 3] [--games hinge wgan-gp ...] [--picture FILE.png]

Two small networks learn a ring of eight Gaussians by each game; the averaged weights are measured.
covered: modes with at least half of their due of 2,000 points within three standard
deviations; inside: the share of points so near to a mode; accuracy: of the discriminator, with a
threshold midway between its mean scores; told_apart: pairs of a real and a made point whose real
one it scores higher (of both 0.5 means that it guesses); diversity: of the detector of mode
collapse, beside real points.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw
from record import record
from torch import Tensor

from jium.data.ring import Ring, RingBatches
from jium.models.gan_points import PointGan, PointGanConfig
from jium.objectives.gan import Adversarial, accuracy, ordered
from jium.training.collapse import Collapse
from jium.training.optimisers import Adam
from jium.training.schedules import Linear
from jium.training.trainer import TrainConfig, Trainer

GAMES = {
    "hinge": Adversarial(loss="hinge", r1=1.0),
    "non_saturating": Adversarial(loss="non_saturating", r1=1.0),
    "least_squares": Adversarial(loss="least_squares", r1=1.0),
    "wgan-gp": Adversarial(loss="wasserstein", gradient_penalty=0.5, discriminator_steps=2),
}
OPTIM = Adam(lr=2e-3, betas=(0.0, 0.9), eps=1e-8)
MODEL = PointGanConfig(dim=64)
TRAIN = TrainConfig(steps=2000, clip=None, ema=0.98)
BATCH, POINTS, LOOKED = 128, 2000, 256
SHOTS = (0.05, 0.2, 0.5, 1.0)  # of the steps, on the picture
SIDE = 200  # pixels of a cell


def play(game: Adversarial, seed: int, steps: int) -> tuple[dict[str, float], list[Tensor]]:
    """Train once; gives what was measured, and the points made on the way."""
    torch.manual_seed(seed)
    ring, gan, began = Ring(), PointGan(MODEL), time.process_time()
    optimisers = {
        name: OPTIM.make(gan.get_submodule(name), 2e-3 * share)
        for name, share in game.parts().items()
    }
    batches = RingBatches(ring, BATCH * game.discriminator_steps, seed)
    settings = replace(TRAIN, steps=steps)
    trainer = Trainer(gan, game, batches, optimisers, Linear(warmup=1), settings)
    collapse, shots = Collapse(ring.draw(LOOKED, 1)), []
    shown = {max(1, int(share * steps)) for share in SHOTS}
    assert trainer.ema is not None
    for report in trainer.steps():
        if report.step in shown:
            with trainer.ema.applied(), torch.no_grad():
                shots.append(gan.generator(gan.latents(POINTS)))
                scores = [gan.discriminator(x) for x in (ring.draw(POINTS, 7), shots[-1])]
                diversity = collapse.look(shots[-1][:LOOKED])
    covered, inside = ring.covered(shots[-1])
    seconds = time.process_time() - began
    told = dict(accuracy=accuracy(*scores), told_apart=ordered(*scores))
    figures = dict(covered=covered, inside=inside, **told, diversity=diversity)
    return {k: round(v, 3) for k, v in {**figures, "cpu_s": seconds}.items()}, shots


def scatter(points: Tensor, reach: float = 1.6) -> Image.Image:
    """Points of a square around the origin, darker where there are more."""
    places = ((points / reach + 1) / 2 * SIDE).long()
    inside = ((places >= 0) & (places < SIDE)).all(1)
    counts = np.zeros((SIDE, SIDE), np.float32)
    np.add.at(counts, (SIDE - 1 - places[inside, 1].numpy(), places[inside, 0].numpy()), 1)
    grey = (255 * np.exp(-counts)).astype(np.uint8)
    return Image.fromarray(np.stack((grey, grey, np.maximum(grey, 160)), -1))


def draw(rows: dict[str, list[Tensor]], path: Path) -> None:
    """A row a game: points on the way, and real ones at the right."""
    real = Ring().draw(POINTS, 7)
    across, head = len(SHOTS) + 1, 18
    made = Image.new("RGB", (across * SIDE, len(rows) * (SIDE + head)), (255, 255, 255))
    pen = ImageDraw.Draw(made)
    for row, (name, shots) in enumerate(rows.items()):
        pen.text((6, row * (SIDE + head) + 3), name, (40, 40, 40))
        for column, points in enumerate([*shots, real]):
            made.paste(scatter(points), (column * SIDE, row * (SIDE + head) + head))
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(path, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=TRAIN.steps)
    parser.add_argument("--games", nargs="+", choices=GAMES, default=list(GAMES))
    parser.add_argument("--picture", type=Path, help="what was made on the way, as a PNG file")
    parser.add_argument("--name", default="gan_ring", help="of the file in results/")
    options = parser.parse_args()
    torch.set_num_threads(1)
    figures: dict[str, list[dict[str, Any]]] = {}
    rows: dict[str, list[Tensor]] = {}
    for name in options.games:
        for seed in range(options.seeds):
            found, shots = play(GAMES[name], seed, options.steps)
            figures.setdefault(name, []).append(found)
            rows.setdefault(name, shots)
            print(name, seed, found, flush=True)
    if options.picture is not None:
        draw(rows, options.picture)
    about = {
        "question": __doc__.splitlines()[0],
        "ring": repr(Ring()),
        "games": {name: repr(GAMES[name]) for name in options.games},
        "optim": repr(OPTIM),
        "model": repr(MODEL),
        "steps": options.steps,
        "batch": BATCH,
    }
    print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
