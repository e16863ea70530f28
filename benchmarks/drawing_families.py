"""Which family draws best in the same time: a VAE, a GAN or diffusion?

    python benchmarks/drawing_families.py DATA_FOLDER [--recipes vae=vae-emoji gan=gan-emoji
        diffusion=emoji] [--minutes 30] [--n 256] [--features RUN | --inception FILE]
        [--out FOLDER] [--override KEY=VALUE ...]

Each is trained on the same pictures for the same minutes (a few before tell how many steps that
is, so that every schedule comes to its end) and paints as many pictures as the test
split has (--n at most), with the captions of that split where it reads captions. Measured as
`jium evaluate` does: sliced, the sliced Wasserstein distance to the test pictures, 0 for the same
ones; with --features (a judge or a CLIP trained here, not Inception) fid, kid, precision, recall,
density, coverage and diversity, too; copied: the share that has a nearer training picture than all
but one in twenty training pictures have. "floor" says all that of as many training
pictures (copied: of test ones), for no model can ask for more; variety: different pictures (Vendi
score) beside as many of the test split, 1: as many. The runs stay in --out; one that
stands there is measured and not trained again. They must not be compared in minutes on a machine
that is not quiet.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from families import train_for
from record import record

import jium
from jium.data.image_batches import as_tensor
from jium.data.images import Pictures
from jium.evaluation.drawings import evaluate_drawn, helpers_of
from jium.evaluation.drawn import Drawn, Wanted, draw, images_of, wanted_of
from jium.tasks.picture_files import sheet
from jium.training.collapse import Collapse
from jium.training.recipe import Recipe

RECIPES = {"vae": "vae-emoji", "gan": "gan-emoji", "diffusion": "emoji"}
SHEET = 36  # pictures on the sheet of each


def plan_of(options: argparse.Namespace, name: str) -> Recipe:
    """The recipe of a family, on the data that is given."""
    return jium.recipe(name, f"data.folder={options.data}", *options.override)


def kept(run: Path, split: str) -> Pictures:
    """The pictures of a split as the run has them."""
    return Pictures.load(run / "last" / "data" / split)


def painted(task: Any, test: Pictures, n: int) -> tuple[Drawn, float]:
    """`n` pictures, of as many of the data in all languages, and the seconds that each took, one at
    a time.
    """
    wanted = _in_turn(wanted_of(task, test, n))
    began = time.perf_counter()
    made = [draw(task, [one], seed) for seed, one in enumerate(wanted)]
    seconds = (time.perf_counter() - began) / len(wanted)
    return Drawn([one.pictures[0] for one in made], wanted, made[0].facts), seconds


def _in_turn(wanted: list[Wanted]) -> list[Wanted]:
    """One of each picture of the data, its languages in turn; those of no picture as they are."""
    of_rows: dict[int, list[Wanted]] = {}
    for place, one in enumerate(wanted):
        of_rows.setdefault(one.row if one.row >= 0 else -1 - place, []).append(one)
    return [some[i % len(some)] for i, some in enumerate(of_rows.values())]


def measured(made: Drawn, test: Pictures, train: Pictures, features: Any) -> dict[str, Any]:
    """All that can be said of drawn pictures; what real ones have stands under "real"."""
    found = evaluate_drawn(made, test, train, features=features, among=None)
    size = made.pictures[0].shape[0]
    real = images_of(test, range(min(len(test), len(made.pictures))), size)
    pixels, truth = (as_tensor(np.stack(some)) for some in (made.pictures[: len(real)], real))
    figures = {score.name: round(score.value, 4) for score in found["scores"]}
    return {**figures, "variety": round(Collapse(truth).look(pixels), 3), "real": found["real"]}


def minutes_of(run: Path) -> str:
    """How long the run was trained, as its card says."""
    lines = (run / "README.md").read_text("utf-8").splitlines()
    return next((line.split("|")[2].strip() for line in lines if "training time" in line), "?")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder of the recipes' data")
    parser.add_argument("--recipes", nargs="+", default=[f"{k}={v}" for k, v in RECIPES.items()])
    parser.add_argument("--minutes", type=float, default=30.0, help="of training, of each family")
    parser.add_argument("--n", type=int, default=256, help="pictures painted by each")
    parser.add_argument("--features", default=None, help="a run of the task attributes or match")
    parser.add_argument("--inception", default=None, help="its weights, a file")
    parser.add_argument("--out", type=Path, default=Path("runs/drawing-families"))
    parser.add_argument("--override", nargs="*", default=[], help="of all recipes")
    parser.add_argument("--name", default="drawing_families", help="of the file in results/")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    helpers = helpers_of(None, None, options.features, options.inception)
    for family, name in (text.split("=", 1) for text in options.recipes):
        run = options.out / family
        if not (run / "README.md").is_file():
            train_for(plan_of(options, name), options.minutes, run)
        task = jium.load(run)
        test, train = kept(run, "test"), kept(run, "train")
        made, seconds = painted(task, test, min(options.n, len(test)))
        found = measured(made, test, train, helpers["features"])
        figures["floor"] = found.pop("real")
        figures[family] = {
            **found,
            "seconds_a_picture": round(seconds, 4),
            "minutes": minutes_of(run),
            "parameters": sum(p.numel() for p in task.model.parameters()),
            "recipe": name,
        }
        sheet(made.images[:SHEET]).save(options.out / f"{family}.png")
        print(family, json.dumps(figures[family]), flush=True)
    about = {
        "question": __doc__.splitlines()[0],
        "minutes": options.minutes,
        "pictures": options.n,
        "overrides": options.override,
    }
    print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
