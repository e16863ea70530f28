"""What does an autoencoder keep of pictures it never saw, and does it notice what is out of place?

    python benchmarks/vae.py RUN [--split test] [--others FILES] [--out FOLDER] [--name NAME]

RUN was trained by the recipe vae-emoji (or vae-cifar10). Among the pictures of the split as many
are planted that do not belong: those of --others (a folder or a table: photographs among emoji),
and the split's own pictures spoiled: noise, inverted colours, a patch of one colour over a tenth of
the area, tiles that changed places, noise of 40 grey levels on top. AUROC says how many pairs of a
usual and a strange picture the anomaly score puts in the right order. FOLDER gets an interpolation
strip, a sheet of reconstructions, one of pictures drawn freely, and the strangest of each kind.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from quality import card
from record import record

import jium
from jium.config import read_toml
from jium.evaluation.picture_data import read_measured
from jium.evaluation.reconstruction import evaluate_reconstruction
from jium.evaluation.score import score_to_values
from jium.tasks.picture_files import save_picture, sheet

Images = NDArray[np.uint8]  # (pictures, height, width, 3)
Spoil = Callable[[Images, np.random.Generator], Images]
SHOWN = 10


def patched(images: Images, rng: np.random.Generator) -> Images:
    """A square of one colour, a third of a side across, somewhere."""
    spoiled, side = images.copy(), images.shape[1] // 3
    for picture in spoiled:
        row, column = rng.integers(0, images.shape[1] - side, 2)
        picture[row : row + side, column : column + side] = rng.integers(0, 256, 3)
    return spoiled


def shuffled(images: Images, rng: np.random.Generator) -> Images:
    """Sixteen tiles that changed places."""
    n, height, width, _ = images.shape
    tiles = images.reshape(n, 4, height // 4, 4, width // 4, 3).swapaxes(2, 3)
    mixed = tiles.reshape(n, 16, height // 4, width // 4, 3).copy()
    for picture in mixed:
        rng.shuffle(picture)
    return mixed.reshape(tiles.shape).swapaxes(2, 3).reshape(images.shape)


def noisy(images: Images, rng: np.random.Generator) -> Images:
    return np.clip(images + rng.normal(0, 40, images.shape), 0, 255).astype(np.uint8)


SPOILED: dict[str, Spoil] = {
    "noise alone": lambda images, rng: rng.integers(0, 256, images.shape).astype(np.uint8),
    "inverted colours": lambda images, rng: 255 - images,
    "patch": patched,
    "tiles shuffled": shuffled,
    "noise on top": noisy,
}


def pixels(run: Path | None, data: str, size: int, most: int | None = None) -> Images:
    """Pictures of a split or a file together."""
    found, _ = read_measured(run, data, size)
    return np.stack([found.image(row) for row in range(min(len(found), most or len(found)))])


def pictures(images: Images) -> list[Image.Image]:
    return [Image.fromarray(image) for image in images]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--others", default=None, help="a folder or table of other pictures")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--name", default="vae-emoji")
    options = parser.parse_args()
    task = jium.load(options.run)
    usual = pixels(options.run, options.split, task.size)
    rng = np.random.default_rng(0)
    planted = {name: spoil(usual, rng) for name, spoil in SPOILED.items()}
    if options.others is not None:
        planted = {"others": pixels(None, options.others, task.size, len(usual))} | planted
    figures: dict[str, Any] = {"auroc": {}}
    for name, strange in planted.items():
        found = {s.name: s for s in evaluate_reconstruction(task, usual, strange)["scores"]}
        figures["auroc"][name] = score_to_values(found["auroc"])
        figures |= {key: score_to_values(found[key]) for key in ("psnr", "ssim")}
        print(f"{name:18} AUROC {found['auroc'].value:.1f}", flush=True)
    print(f"psnr {figures['psnr']['value']:.2f} dB  ssim {figures['ssim']['value']:.3f}")
    if options.out is not None:
        draw(task, usual, planted, options.out)
    training = {name: value for name, value in card(options.run).items() if name != "command"}
    recipe = read_toml(options.run / "recipe.toml")
    recipe["data"].pop("folder", None)
    about = {"split": options.split, "pictures": len(usual), "card": training, "recipe": recipe}
    print(record(options.name, figures, about))


def draw(task: Any, usual: Images, planted: dict[str, Images], out: Path) -> None:
    """The pictures to look at."""
    out.mkdir(parents=True, exist_ok=True)
    rows = [task.interpolate(usual[i], usual[i + 1], SHOWN) for i in range(0, 8, 2)]
    save_picture(sheet([p for row in rows for p in row], SHOWN), out / "between.png")
    kept = pictures(usual[:SHOWN])
    save_picture(sheet(kept + task.reconstruct(kept), SHOWN), out / "reconstructions.png")
    save_picture(sheet(task.paint(n=4 * SHOWN, seed=0), SHOWN), out / "drawn.png")
    ranked = {name: images[np.argsort(-task.anomaly(images))] for name, images in planted.items()}
    ranked = {"usual": usual[np.argsort(-task.anomaly(usual))]} | ranked
    strangest = [p for images in ranked.values() for p in pictures(images[:SHOWN])]
    save_picture(sheet(strangest, SHOWN, rows=list(ranked)), out / "strangest.png")


if __name__ == "__main__":
    main()
