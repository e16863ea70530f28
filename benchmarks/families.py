"""Which family of encoder-decoder translates best in the same time?

    python benchmarks/families.py DATA_FOLDER [--recipe multi30k-de-en] [--minutes 20]
        [--families additive dot transformer spans] [--out FOLDER] [--override KEY=VALUE ...]

Compared, on the data of one recipe: an LSTM with additive attention (Bahdanau et al., 2015), an
LSTM with dot attention (Luong et al., 2015), the Transformer of the recipe, and that Transformer
pre-trained on spans of the same texts (Raffel et al., 2020) for a share of the minutes. All have
about as many parameters, found by their width, and the same minutes of training; a few minutes
before tell how many steps that is, so that every schedule comes to its end. The runs stay in
--out, and a family whose run stands there is measured and not trained again.
"""

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from record import record
from torch import nn

import jium
from jium.checkpoint.state import load_state
from jium.config import find_kind
from jium.evaluation.score import score_to_values
from jium.models import MODELS
from jium.training.recipe import Recipe

PILOT = 0.05  # of the minutes, to know how many steps they are
PRETRAIN = 0.5  # of the minutes, where a model is pre-trained
WIDTHS = range(64, 2049, 8)
LSTM = ("model.kind=rnn_seq2seq", "optim.lr=2e-3")
FAMILIES: dict[str, tuple[str, ...]] = {
    "additive": (*LSTM, "model.attention=additive"),
    "dot": (*LSTM, "model.attention=dot"),
    "transformer": (),
    "spans": (),
}
SPANS = {"sentinels": 32}
SCORES = ("bleu", "chrf", "perplexity")


def n_parameters(plan: Recipe, vocab_size: int, **settings: Any) -> int:
    """Of the model of a recipe; nothing is stored."""
    kind = find_kind(MODELS, plan.values["model"]["kind"], "model")
    with torch.device("meta"):
        model: nn.Module = kind(replace(plan.model, vocab_size=vocab_size, **settings))
    return sum(parameter.numel() for parameter in model.parameters())


def plan_of(options: argparse.Namespace, family: str, *more: str) -> Recipe:
    """The recipe of a family, as wide as makes it the size of the recipe's own model."""
    given = [f"data.folder={options.data}", *options.override, *more]
    whole = jium.recipe(options.recipe, *given)
    if not FAMILIES[family]:
        return whole
    vocab, kept = whole.tokenizer.vocab_size, whole.model
    same = [f"model.{name}={getattr(kept, name)}" for name in ("dropout", "max_len")]
    same += [f"model.embedding_dim={kept.dim}", *FAMILIES[family]]
    plan = jium.recipe(options.recipe, *given, *same)
    wanted = n_parameters(whole, vocab)
    dim = min(WIDTHS, key=lambda width: abs(n_parameters(plan, vocab, dim=width) - wanted))
    return jium.recipe(options.recipe, *given, *same, f"model.dim={dim}")


def of_spans(plan: Recipe) -> Recipe:
    """Pre-training on the texts of both sides of a recipe for translation."""
    data = {key: plan.values["data"][key] for key in ("train", "valid", "folder")}
    texts = data | {"kind": "documents", "text": [plan.data.source, plan.data.target]}
    same = {key: plan.values[key] for key in ("tokenizer", "model", "optim", "schedule")}
    train = plan.values["train"] | {"metric": "loss"}
    objective = {"kind": "span_corruption", **SPANS}
    values = {"task": "fill", "data": texts, "objective": objective, "train": train, **same}
    return Recipe.of(values, "spans")


def changed(plan: Recipe, **sections: dict[str, Any]) -> Recipe:
    """A recipe with other settings."""
    values = {name: plan.values[name] | new for name, new in sections.items()}
    return Recipe.of(plan.values | values, plan.name)


def steps_in(plan: Recipe, minutes: float, place: Path) -> int:
    """How many steps of a recipe fit so many minutes, by the steps of a part of them."""
    endless = {"steps": 10**7, "eval_every": 10**7, "save_every": 10**7, "log_every": 1}
    steps, seconds = tried(changed(plan, train=endless | {"minutes": PILOT * minutes}), place)
    before = 0.0
    if getattr(plan.objective, "captions_first", 0):  # which takes its time only once
        before = tried(changed(plan, train=endless | {"steps": 1}), place)[1]
    return max(int(steps * (60 * minutes - before) / max(seconds - before, 1e-3)), 10)


def tried(plan: Recipe, place: Path) -> tuple[int, float]:
    """The steps and seconds that a training took, of which nothing is kept."""
    jium.train(plan, out=place, quiet=True)
    steps = sum("lr" in line for line in log_of(place))
    seconds = load_state(place)[1]["seconds"]
    shutil.rmtree(place)
    return steps, seconds


def train_for(plan: Recipe, minutes: float, out: Path) -> None:
    """Train a recipe whose schedule ends after so many minutes."""
    steps = steps_in(plan, minutes, out.with_name(f"{out.name}-pilot"))
    often = {"steps": steps, "eval_every": max(steps // 10, 1), "minutes": minutes}
    whole = changed(plan, train=often)
    warmup = min(plan.values["schedule"].get("warmup", 0), steps // 5)
    if "warmup" in plan.values["schedule"]:
        whole = changed(whole, schedule={"warmup": warmup})
    print(f"{out.name}: {steps} steps", flush=True)
    jium.train(whole, out=out, quiet=True)


def train_family(options: argparse.Namespace, family: str, out: Path) -> None:
    """The run of a family, and beside it that of its pre-training."""
    plan = plan_of(options, family)
    if family != "spans":
        train_for(plan, options.minutes, out)
        return
    first = out.with_name(f"{out.name}-pretrained")
    train_for(of_spans(plan), PRETRAIN * options.minutes, first)
    model = {"kind": plan.values["model"]["kind"]}
    values = {name: part for name, part in plan.values.items() if name != "tokenizer"}
    started = Recipe.of(values | {"model": model, "transfer": {"start": str(first)}}, family)
    train_for(started, (1 - PRETRAIN) * options.minutes, out)


def log_of(run: Path) -> list[dict[str, float]]:
    """The records of a run's log."""
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]


def measured(run: Path) -> dict[str, Any]:
    """Scores on the test split, and what training took."""
    task = jium.load(run)
    found = jium.evaluate(run, "test")
    steps = [line for line in log_of(run) if "tokens_per_s" in line]
    scores = [score for score in found["scores"] if score.name in SCORES]
    return {
        **{score.name: score_to_values(score) for score in scores},
        "parameters": sum(p.numel() for p in task.model.parameters()),
        "steps": int(steps[-1]["step"]),
        "tokens_per_s": round(median(line["tokens_per_s"] for line in steps), 1),
        "sentences": len(found["predictions"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder of the recipe's data")
    parser.add_argument("--recipe", default="multi30k-de-en")
    parser.add_argument("--minutes", type=float, default=20.0, help="of training, of each family")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--out", type=Path, default=Path("runs/families"))
    parser.add_argument("--override", nargs="*", default=[], help="of the recipe, as in jium train")
    parser.add_argument("--name", default="families", help="of the file in results/")
    options = parser.parse_args()
    figures = {}
    for family in options.families:
        run = options.out / family
        if not (run / "README.md").is_file():
            train_family(options, family, run)
        figures[family] = measured(run)
        shown = "  ".join(f"{name} {figures[family][name]['value']:.2f}" for name in SCORES)
        print(f"{family}  {shown}  {figures[family]['parameters']:,} parameters", flush=True)
    about = {
        "question": "which family of encoder-decoder translates best in the same time",
        "minutes": options.minutes,
        "of them pre-training, of spans": PRETRAIN * options.minutes,
        "recipe": options.recipe,
        "overrides": options.override,
        "families": FAMILIES | {"spans": tuple(f"{k}={v}" for k, v in SPANS.items())},
    }
    print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
