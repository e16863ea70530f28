"""Contracts of training: accumulation, repetition, the loss at the start."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from jium.checkpoint.run import WEIGHTS
from jium.checkpoint.state import load_state
from jium.contracts import tiny
from jium.data.batches import PairBatch
from jium.evaluation.translation import mean_loss
from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig
from jium.objectives.translation import Translation
from jium.training.recipe import Recipe
from jium.training.run import train
from jium.training.schedules import Constant
from jium.training.trainer import TrainConfig, Trainer

LENGTHS = [(4, 2), (9, 30), (3, 1), (20, 11), (6, 7), (2, 3)]  # tokens of source and target


def accumulation() -> float:
    """The gradient of three batches of unequal length in one step, against that of all at once."""
    made = tiny.pairs(LENGTHS)
    parts = [made[:1], made[1:3], made[3:]]
    apart = _gradient([tiny.FORMAT.batch(part) for part in parts])
    whole = _gradient([tiny.FORMAT.batch(made)])
    return float((apart - whole).abs().max() / whole.abs().max())


def _gradient(batches: list[PairBatch]) -> Tensor:
    """What one step of plain descent at a rate of 1 takes from the weights."""
    model = tiny.model().double()  # so that only mistakes are seen, and no rounding
    before = torch.nn.utils.parameters_to_vector(model.parameters()).detach()
    descent = torch.optim.SGD(model.parameters(), lr=1.0)
    settings = TrainConfig(steps=1, accumulate=len(batches), clip=None)
    objective: Any = Translation()
    next(Trainer(model, objective, batches, {"main": descent}, Constant(), settings).steps())
    return before - torch.nn.utils.parameters_to_vector(model.parameters()).detach()


def loss_at_start() -> float:
    """How far from ln(vocabulary) an untrained model's loss is, as a share of it."""
    torch.manual_seed(0)
    sizes: dict[str, Any] = dict(dim=64, n_heads=4, n_encoder_layers=2, n_decoder_layers=2)
    model = Seq2Seq(Seq2SeqConfig(vocab_size=1000, **sizes))
    pairs = tiny.pairs([(12, 12)] * 16, vocab_size=1000)
    return abs(mean_loss(model, [tiny.FORMAT.batch(pairs)]) / math.log(1000) - 1)


def repetition() -> float:
    """The same recipe and seed, trained twice: weights, optimiser, random state and losses."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        plan = recipe(place, steps=12)
        for name in ("first", "second"):
            train(plan, out=place / name, quiet=True)
        return difference(place / "first", place / "second")


# ---------------------------------------------------------------- small runs, and comparing them


def recipe(folder: Path, steps: int) -> Recipe:
    """A recipe that trains in a second; its pairs are written into `folder`."""
    file = folder / "pairs.tsv"
    lines = ["source\ttarget", *("\t".join(pair) for pair in tiny.sentences())]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    sizes = dict(dim=16, n_heads=2, ffn_dim=32, max_len=64, n_encoder_layers=1, n_decoder_layers=1)
    data = dict(train=str(file), source="source", target="target", valid_share=0.1)
    often = dict(save_every=3, eval_every=4, log_every=1, batch_tokens=400)
    values: dict[str, dict[str, Any]] = {
        "data": data | dict(html=False, mojibake=False, source_language="ko", target_language="en"),
        "tokenizer": dict(vocab_size=300),
        "model": sizes | dict(dropout=0.1),
        "schedule": dict(warmup=20),
        "train": often | dict(steps=steps, ema=0.9, seed=5, threads=1),
    }
    values["train"] |= dict(device="cpu", precision="float32")
    return Recipe.of(values, "contract")


def longer(plan: Recipe, steps: int) -> Recipe:
    """The same recipe for another number of steps, which a run may change when it goes on."""
    return replace(
        plan,
        train=replace(plan.train, steps=steps),
        values=plan.values | {"train": plan.values["train"] | {"steps": steps}},
    )


def difference(one: Path, other: Path) -> float:
    """How many tensors and logged losses of two runs are not the same, bit for bit."""
    tables = [load_file(one / WEIGHTS), load_file(other / WEIGHTS)]
    states = [load_state(run)[0] for run in (one, other)]
    lines = [list(losses(run)) for run in (one, other)]
    return _differing(*tables) + _differing(*states) + float(lines[0] != lines[1])


def losses(run: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """Step and figures of every record, but not how fast it went."""
    for line in (run / "metrics.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        record.pop("tokens_per_s", None)
        yield record.pop("step"), record


def _differing(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    names = one.keys() | other.keys()
    same = [n for n in names if n in one and n in other and torch.equal(one[n], other[n])]
    return float(len(names) - len(same)) if names else math.inf
