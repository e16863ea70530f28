"""Training as a person asks for it: a recipe in, a run folder out."""

import json
import math
import shutil
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from jium.checkpoint.run import WEIGHTS, load_weights, save_config, save_weights
from jium.checkpoint.state import NAME as STATE
from jium.checkpoint.state import load_state, save_state
from jium.config import Values, read_toml, write_toml
from jium.errors import ConfigError, RunError, TrainingError
from jium.files import write_text
from jium.messages import say
from jium.training.card import trained, write_card
from jium.training.devices import choose_device, choose_precision, set_threads
from jium.training.interrupts import interrupts
from jium.training.log import RunLog, Unit
from jium.training.plans import plan_of
from jium.training.recipe import Recipe, check_unchanged, recipe
from jium.training.schedules import Noam, noam_peak
from jium.training.setup import Fitted, Learned, check_metric
from jium.training.trainer import Trainer
from jium.training.transfer import choose_learning

LOWER_IS_BETTER = {"loss", "perplexity", "masked", "replaced", "pairs"}  # all else the other way


class Interrupted(KeyboardInterrupt):
    """Training was asked to stop, and the run was saved."""


@dataclass
class Best:
    """The best evaluation so far, and how many have come since."""

    score: float = math.nan
    step: int = 0
    since: int = 0
    looked: int = 0  # the step of the last evaluation

    def improves(self, score: float, lower_is_better: bool) -> bool:
        """Whether `score` is better than the best; anything is better than none."""
        if math.isnan(self.score):
            return True
        return score < self.score if lower_is_better else score > self.score


def train(
    recipe_or_name: Recipe | str | Path,
    *overrides: str,
    out: str | Path | None = None,
    resume: bool = False,
    quiet: bool = False,
) -> Any:
    """Train what a recipe says into the folder `out` (runs/NAME by default); returns the task,
    ready to use.

    resume: go on with the run that stands there, exactly where it was last saved.
    Raises Interrupted, with the run saved, on Ctrl-C or SIGTERM; TrainingError, with batch and step
    kept, when the loss is no longer finite; RunError where the folder cannot be used.
    """
    plan = (
        recipe_or_name if isinstance(recipe_or_name, Recipe) else recipe(recipe_or_name, *overrides)
    )
    run = Path(out) if out is not None else Path("runs") / plan.name
    tell = Console(stderr=True, quiet=quiet, highlight=False)
    device = _settle(plan)
    plan = _open(plan, run, resume, device)
    with tell.status(say("reading and encoding the data")):
        setup = plan_of(plan.values)(plan, run)
    tell.print(setup.opening(), markup=False, soft_wrap=True)
    if isinstance(setup, Fitted):
        facts = _fit(plan, setup, run, tell)
    else:
        facts = _learn(plan, setup, run, device, quiet)
    setup.task.model.eval()
    write_card(run, plan, setup, facts)
    return setup.task


def _settle(plan: Recipe) -> torch.device:
    """Threads, and the device to work on."""
    set_threads(plan.train.threads if plan.train else None)
    return choose_device(plan.train.device if plan.train else "cpu")


def _fit(plan: Recipe, setup: Fitted, run: Path, tell: Console) -> Values:
    """Fit at once and save; returns what the model card says of it."""
    began = time.perf_counter()
    with tell.status(say("fitting")):
        figures = setup.fit()
    seconds = time.perf_counter() - began
    shown = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
    tell.print(shown, markup=False, soft_wrap=True)
    write_text(run / "metrics.jsonl", json.dumps({"step": 0} | figures) + "\n")
    setup.save(run)
    save_config(run, plan.values["model"]["kind"], setup.task.model.config, setup.task.about())
    save_weights(run, setup.task.model)
    return {"fitting time": f"{seconds:.1f} s"} | {k: f"{v:.4f}" for k, v in figures.items()}


def _learn(plan: Recipe, setup: Learned, run: Path, device: torch.device, quiet: bool) -> Values:
    """Train by gradients, looking and saving on the way; returns what the model card says of it."""
    save_config(run, plan.values["model"]["kind"], setup.task.model.config, setup.task.about())
    if plan.generation:
        _save_generation(run, plan)
    trainer = trainer_of(plan, setup.task.model, setup.train, device)
    trainer.seconds = getattr(setup, "spent_s", 0.0)
    best = _go_on(trainer, setup, run) if (run / STATE).is_file() else Best()
    unit: Unit = getattr(setup, "unit", "tokens")
    with (
        interrupts() as stop,
        RunLog(run, plan.train.steps, plan.train.log_every, trainer.step, quiet, unit) as log,
    ):
        try:
            for report in trainer.steps():
                log.step(report)
                if report.step % plan.train.eval_every == 0:
                    _look(plan, setup, trainer, best, run, log)
                if stop.asked or report.step % plan.train.save_every == 0:
                    _save(trainer, setup, best, run)
                if stop.asked:
                    log.say(say("stopped at step {step}; go on with --resume", step=report.step))
                    raise Interrupted
                if plan.train.patience is not None and best.since >= plan.train.patience:
                    log.say(say("no better for {n} evaluations: stopping", n=best.since))
                    break
        except TrainingError:
            keep_for_study(trainer, run)
            raise
        if best.looked != trainer.step:
            _look(plan, setup, trainer, best, run, log)
            _save(trainer, setup, best, run)
    load_weights(run, setup.task.model)
    return trained(plan, trainer) | {
        f"best valid {plan.train.metric}": f"{best.score:.4f} at step {best.step:,}"
    }


def _open(plan: Recipe, run: Path, resume: bool, device: torch.device) -> Recipe:
    """Begin the run folder, or check that the run in it is the one asked for; the precision is
    settled.
    """
    values = dict(plan.values)
    if plan.train:
        precision = choose_precision(plan.train.precision, device)
        values["train"] = values["train"] | {"precision": precision}
    path = run / "recipe.toml"
    if resume:
        if not path.is_file():
            raise RunError("{run}: there is no run to resume. Train without --resume.", run=run)
        check_unchanged(_as_begun(path, plan.name), values)
        if plan.train and not (run / STATE).parent.is_dir():
            load_state(run)  # raises: to start over would write over the finished model
    else:
        _make_room(run)
    plan = Recipe.of(values, plan.name)
    write_text(path, write_toml(plan.values))
    return plan


def _as_begun(path: Path, name: str) -> Values:
    """The recipe of a run; what it could not say yet, of a jium that has learned more since, is as
    it is unless told otherwise.
    """
    before = read_toml(path)
    try:
        return Recipe.of(before, name).values
    except ConfigError:
        return before


def _make_room(run: Path) -> None:
    """Clear what a start that never came to its first save has left; anything else stays."""
    if (run / STATE).is_file() or (run / WEIGHTS).is_file() or (run.is_dir() and _foreign(run)):
        raise RunError(
            "{run}: there is something in this folder already. Go on with --resume, or choose "
            "another --out.",
            run=run,
        )
    shutil.rmtree(run, ignore_errors=True)


def _foreign(run: Path) -> list[str]:
    """What in the folder is not of a run's beginning."""
    if not (run / "recipe.toml").is_file():
        return [path.name for path in run.iterdir()]
    ours = {"recipe.toml", "config.json", "generation_config.json", "metrics.jsonl", "last"}
    ours |= {"tokenizer.json", "tokenizer_config.json", "vocabulary.json", "tensorboard"}
    ours |= {"pictures"}
    return [path.name for path in run.iterdir() if path.name not in ours]


def _save_generation(run: Path, plan: Recipe) -> None:
    settings = plan.values["generation"]
    shared = {
        "num_beams": settings["beam"],
        "length_penalty": settings["length_penalty"],
        "do_sample": settings["temperature"] > 0,
    }
    document = {**shared, "jium": settings}
    write_text(run / "generation_config.json", json.dumps(document, indent=2) + "\n")


def trainer_of(plan: Recipe, model: torch.nn.Module, batches: Any, device: torch.device) -> Trainer:
    """The trainer of a recipe; the model is brought to the device.

    Raises ConfigError where no rate is given and the schedule knows none.
    """
    lr = plan.optim.lr
    if lr is None:
        if not isinstance(plan.schedule, Noam):
            raise ConfigError(
                "is missing; only the noam schedule knows a rate of its own.", key="optim.lr"
            )
        lr = noam_peak(plan.model.dim, plan.schedule.warmup)
    model = model.to(device)
    factors, before_step = choose_learning(model, plan.transfer)
    return Trainer(
        model,
        plan.objective,
        batches,
        _optimisers(plan, model, lr, factors),
        plan.schedule,
        plan.train,
        device,
        plan.train.precision,
        before_step,
    )


def _optimisers(
    plan: Recipe, model: torch.nn.Module, lr: float, factors: Mapping[str, float]
) -> dict[str, torch.optim.Optimizer]:
    """One over the whole model; or, by their names, one over each part of it that the objective
    names, at its share of the rate.
    """
    if not hasattr(plan.objective, "parts"):
        return {"main": plan.optim.make(model, lr, factors)}
    made = {}
    for name, share in plan.objective.parts().items():
        own = {
            key.removeprefix(f"{name}."): f
            for key, f in factors.items()
            if key.startswith(f"{name}.")
        }
        made[name] = plan.optim.make(model.get_submodule(name), lr * share, own)
    return made


def _go_on(trainer: Trainer, setup: Learned, run: Path) -> Best:
    """Put everything back where the last save left it."""
    tensors, facts = load_state(run)
    trainer.restore(tensors, facts)
    setup.train.go_on(facts["position"])
    if kept := facts.get("setup"):
        setup.restore(kept)  # type: ignore[attr-defined]  # one that keeps something takes it back
    return Best(**facts["best"])


def _save(trainer: Trainer, setup: Learned, best: Best, run: Path) -> None:
    kept: Values = getattr(setup, "state", dict)()  # of those that look back on earlier looks
    save_state(run, trainer.tensors(), trainer.facts() | {"best": vars(best), "setup": kept})


def _look(
    plan: Recipe, setup: Learned, trainer: Trainer, best: Best, run: Path, log: RunLog
) -> None:
    """Measure on the valid split, with the averaged weights if there are any; keep them if they are
    the best.
    """
    with trainer.ema.applied() if trainer.ema else nullcontext():
        trainer.model.eval()
        figures = setup.figures(trainer)
        check_metric(plan.train.metric, [name.removeprefix("valid_") for name in figures])
        score = figures[f"valid_{plan.train.metric}"]
        improved = best.improves(score, lower_is_better=plan.train.metric in LOWER_IS_BETTER)
        best.looked = trainer.step
        if improved:
            best.score, best.step, best.since = score, trainer.step, 0
            save_weights(run, trainer.model)
        else:
            best.since += 1
        log.evaluation(trainer.step, figures, improved, setup.samples())
        for remark in getattr(setup, "remarks", list)():  # of those that have any
            log.say(remark)
        if log.board is not None or log.unit == "pictures":
            with torch.random.fork_rng():  # what is shown must not change what is learned
                seen = setup.picture()
            if seen is not None:
                name = "pictures" if log.unit == "pictures" else "attention"
                log.picture(trainer.step, name, seen)


def keep_for_study(trainer: Trainer, run: Path) -> None:
    """The weights before the step that broke, and the batches that broke it."""
    batches: dict[str, torch.Tensor] = {}
    for i, batch in enumerate(trainer.last_batches):
        batches |= {f"batch.{i}.{name}": tensor for name, tensor in batch.tensors().items()}
    save_state(run / "halt", trainer.tensors() | batches, trainer.facts())
