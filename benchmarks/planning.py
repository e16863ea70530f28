"""How long does `jium plan` say that a step takes, and how long does it take?

    python benchmarks/planning.py RECIPE[,key=value...] [RECIPE...] [--steps 30] [--rounds 3]
        [--threads 2] [--name planning]

Each recipe is set up as training does it (tokenizer, encoded data), and planned on this machine in
turns with some of its own steps: as a person plans it, and with the length of its texts known. A
planned batch is full; measured seconds are brought to a full one. Above 1 the plan is too slow.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from record import record

from jium.data.prefetch import prefetch
from jium.training.devices import choose_device, choose_precision, set_threads
from jium.training.plan import plan
from jium.training.plans import plan_of
from jium.training.recipe import Recipe, recipe
from jium.training.setup import Fitted
from jium.training.trainer import Trainer

WARM = 3  # steps that are not counted


def main() -> None:
    options = read_options()
    figures = {}
    for words in options.recipes:
        name, *overrides = words.split(",")
        more = [f"train.threads={options.threads}"] if options.threads else []
        own = recipe(name, *overrides, *more)
        with tempfile.TemporaryDirectory() as folder:
            figures[name] = found = compared(own, Path(folder), options.steps, options.rounds)
        print(name, *(f"{key} {value:.3g}" for key, value in found.items()), sep="  ", flush=True)
    about = dict(recipes=options.recipes, steps=options.steps, rounds=options.rounds, warm=WARM)
    print(record(options.name, figures, about))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--steps", type=int, default=30, help="in all, of each recipe")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--name", default="planning")
    return parser.parse_args()


def compared(own: Recipe, folder: Path, steps: int, rounds: int) -> dict[str, float]:
    """Seconds of a step as told and as measured: the medians over rounds."""
    set_threads(own.train.threads)
    trainer = made_trainer(own, folder)
    length = text_length(trainer)
    measured, told, told_knowing = [], [], []
    taking = timed_steps(trainer, own)
    list(islice(taking, WARM))
    for _ in range(rounds):
        told.append(plan(own).step_s or 0.0)
        told_knowing.append(plan(own, text_tokens=length).step_s or 0.0)
        measured.append(statistics.median(islice(taking, max(1, (steps - WARM) // rounds))))
    taken = statistics.median(measured)
    return {
        "measured_s": taken,
        "told_s": statistics.median(told),
        "told_knowing_lengths_s": statistics.median(told_knowing),
        "text_tokens": length,
        "ratio": statistics.median(a / b for a, b in zip(told, measured, strict=True)),
        "ratio_knowing_lengths": statistics.median(
            a / b for a, b in zip(told_knowing, measured, strict=True)
        ),
    }


def made_trainer(own: Recipe, folder: Path) -> Trainer:
    """The trainer of a recipe, its data read and encoded into `folder`."""
    setup = plan_of(own.values)(own, folder)
    assert not isinstance(setup, Fitted), "a model that is fitted takes no steps"
    device = choose_device(own.train.device)
    settings = replace(own.train, steps=10**9, minutes=None)
    return Trainer(
        setup.task.model,
        own.objective,
        setup.train,
        {"main": own.optim.make(setup.task.model.to(device), own.optim.lr or 1e-4)},
        own.schedule,
        settings,
        device,
        choose_precision(own.train.precision, device),
    )


def timed_steps(trainer: Trainer, own: Recipe) -> Iterator[float]:
    """Seconds of one step after another, brought to full batches."""
    full = own.train.batch_tokens * own.train.accumulate
    for report in trainer.steps():
        if trainer.device.type == "cuda":
            torch.cuda.synchronize()
        yield report.seconds * full / report.tokens


def text_length(trainer: Trainer) -> int:
    """Tokens of a text on average, of one side where they are pairs, in the first batches."""
    lengths: list[int] = []
    for batch in islice(prefetch(iter(trainer.batches)), 20):
        lengths += layout_of(batch).lengths
    return max(1, round(statistics.mean(lengths)))


def layout_of(batch: Any) -> Any:
    return batch.target_layout if hasattr(batch, "target_layout") else batch.layout


if __name__ == "__main__":
    began = time.perf_counter()
    main()
    print(f"{time.perf_counter() - began:.0f} s")
