"""How well does a run draw: as asked for, in both languages, seen and unseen, and none by heart?

    python benchmarks/drawing.py RUN --judge RUN [--clip RUN] [--features RUN | --inception FILE]
        [--splits scenes/test:500 scenes/unseen:500] [--n 500] [--sweep 0,1,2,3,5,8]
        [--out FOLDER] [--name drawing-scenes]

Captions of each split are painted, one in each language for each of --n pictures, and measured as
`jium evaluate` does: by a judge that shares nothing with the model, in features of a model trained
here (not Inception's, unless its weights are given), against the pictures of the split and those
trained on. FOLDER gets a sheet of pictures, of the nearest training pictures and of strengths of
guidance for each split. For emoji: --splits test, with --features of any run that sees pictures.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from quality import card
from record import record

import jium
from jium.config import read_toml
from jium.evaluation.drawings import AMONG, evaluate_run, helpers_of
from jium.evaluation.score import score_to_values

SPLITS = ["scenes/test:500", "scenes/unseen:500"]


def measured(task: Any, split: str, options: argparse.Namespace, helpers: Any, sweep: Any) -> Any:
    """The figures of a split, its sheets in the folder."""
    began = time.perf_counter()
    out = options.out / split.replace("/", "-").replace(":", "-")
    found = evaluate_run(
        task, split, run=options.run, out=out, n=options.n, seed=options.seed, sweep=sweep,
        among=options.among, **helpers,
    )  # fmt: skip
    for score in found["scores"]:
        print(f"{split:20} {score.name:14} {score.value:8.2f}", flush=True)
    figures: dict[str, Any] = {score.name: score_to_values(score) for score in found["scores"]}
    figures |= {"by_language": found["by_tag"], "real_pictures": found["real"]}
    if sweep:
        figures["guidance"] = found["sweep"].figures
        print(split, "guidance", json.dumps(found["sweep"].figures), flush=True)
    return figures | {"wall_s": round(time.perf_counter() - began, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--judge", default=None, help="a run of the task attributes")
    parser.add_argument("--clip", default=None, help="a run of the task match")
    parser.add_argument("--features", default=None, help="a run of either; else the judge")
    parser.add_argument("--inception", default=None, help="its weights, a file")
    parser.add_argument("--splits", nargs="+", default=SPLITS)
    parser.add_argument("--n", type=int, default=500, help="pictures whose captions are painted")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--among", type=int, default=AMONG, help="training pictures looked among")
    parser.add_argument("--sweep", default="0,1,2,3,5,8", help='of guidance; "" for none')
    parser.add_argument("--out", type=Path, default=Path("runs/drawing-sheets"))
    parser.add_argument("--name", default="drawing-scenes", help="of the file in results/")
    options = parser.parse_args()
    task = jium.load(options.run)
    helpers = helpers_of(options.judge, options.clip, options.features, options.inception)
    sweep = [float(part) for part in options.sweep.split(",") if part] if task.guided else []
    figures = {s: measured(task, s, options, helpers, sweep) for s in options.splits}
    training = {name: value for name, value in card(options.run).items() if name != "command"}
    recipe = read_toml(options.run / "recipe.toml")
    recipe["data"].pop("folder", None)
    helped = {name: getattr(options, name) for name in ("judge", "clip", "features", "inception")}
    about = {"question": __doc__.splitlines()[0], "n": options.n, "seed": options.seed}
    about |= {"helped_by": {name: Path(run).name for name, run in helped.items() if run}}
    print(record(options.name, figures, about | {"card": training, "recipe": recipe}))


if __name__ == "__main__":
    main()
