"""Training as a person asks for it: a recipe in, a run folder out."""

import json
import math
import shutil
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from jium.checkpoint.run import WEIGHTS, load_weights, save_config, save_weights
from jium.checkpoint.state import NAME as STATE
from jium.checkpoint.state import load_state, save_state
from jium.config import Values, find_kind, read_toml, write_toml
from jium.data.batches import Position
from jium.errors import ConfigError, MissingExtra, RunError, TrainingError
from jium.evaluation import METRICS
from jium.evaluation.runner import mean_loss
from jium.explanation import explain
from jium.explanation.attention_figure import picture
from jium.files import write_text
from jium.messages import say
from jium.training.card import write_card
from jium.training.devices import autocast, choose_device, choose_precision, set_threads
from jium.training.interrupts import interrupts
from jium.training.log import RunLog
from jium.training.recipe import Recipe, check_unchanged, recipe
from jium.training.schedules import Noam, noam_peak
from jium.training.trainer import Trainer
from jium.training.translation import Setup, set_up

SAMPLES = 3  # translations shown at each evaluation


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
    set_threads(plan.train.threads)
    device = choose_device(plan.train.device)
    plan = _open(plan, run, resume, choose_precision(plan.train.precision, device))
    tell = Console(stderr=True, quiet=quiet, highlight=False)
    with tell.status(say("reading and encoding the data")):
        setup = set_up(plan, run)
    tell.print(
        say("{n} pairs to train on; {dropped} rows dropped ({path})", **_counts(setup)),
        markup=False,
        soft_wrap=True,
    )
    save_config(run, plan.values["model"]["kind"], setup.task.model.config, setup.task.about())
    _save_generation(run, plan)
    trainer = _trainer(plan, setup, device)
    best = _go_on(trainer, setup, run) if (run / STATE).is_file() else Best()
    with (
        interrupts() as stop,
        RunLog(run, plan.train.steps, plan.train.log_every, trainer.step, quiet) as log,
    ):
        try:
            for report in trainer.steps():
                log.step(report)
                if report.step % plan.train.eval_every == 0:
                    _look(plan, setup, trainer, best, run, log)
                if stop.asked or report.step % plan.train.save_every == 0:
                    _save(trainer, best, run)
                if stop.asked:
                    log.say(say("stopped at step {step}; go on with --resume", step=report.step))
                    raise Interrupted
                if plan.train.patience is not None and best.since >= plan.train.patience:
                    log.say(say("no better for {n} evaluations: stopping", n=best.since))
                    break
        except TrainingError:
            _keep_for_study(trainer, run)
            raise
        if best.looked != trainer.step:
            _look(plan, setup, trainer, best, run, log)
            _save(trainer, best, run)
    load_weights(run, setup.task.model)
    setup.task.model.eval()
    write_card(run, plan, setup, trainer, {"score": best.score, "step": best.step})
    return setup.task


def _open(plan: Recipe, run: Path, resume: bool, precision: str) -> Recipe:
    """Begin the run folder, or check that the run in it is the one asked for; the precision is
    settled.
    """
    values: Values = plan.values | {"train": plan.values["train"] | {"precision": precision}}
    path = run / "recipe.toml"
    if resume:
        if not path.is_file():
            raise RunError("{run}: there is no run to resume. Train without --resume.", run=run)
        check_unchanged(read_toml(path), values)
        if not (run / STATE).parent.is_dir():
            load_state(run)  # raises: to start over would write over the finished model
    else:
        _make_room(run)
    plan = Recipe.of(values, plan.name)
    write_text(path, write_toml(plan.values))
    return plan


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
    ours |= {"tokenizer.json", "tokenizer_config.json", "tensorboard"}
    return [path.name for path in run.iterdir() if path.name not in ours]


def _counts(setup: Setup) -> Values:
    """What became of the rows, for a person."""
    prepared = setup.prepared
    return {
        "n": f"{prepared.counts['train']:,}",
        "dropped": f"{sum(prepared.dropped.values()):,}",
        "path": prepared.folder / "dropped.jsonl",
    }


def _save_generation(run: Path, plan: Recipe) -> None:
    settings = plan.values["generation"]
    shared = {
        "num_beams": settings["beam"],
        "length_penalty": settings["length_penalty"],
        "do_sample": settings["temperature"] > 0,
    }
    document = {**shared, "jium": settings}
    write_text(run / "generation_config.json", json.dumps(document, indent=2) + "\n")


def _trainer(plan: Recipe, setup: Setup, device: torch.device) -> Trainer:
    lr = plan.optim.lr
    if lr is None:
        if not isinstance(plan.schedule, Noam):
            raise ConfigError(
                "is missing; only the noam schedule knows a rate of its own.", key="optim.lr"
            )
        lr = noam_peak(plan.model.dim, plan.schedule.warmup)
    model = setup.task.model.to(device)
    return Trainer(
        model,
        plan.objective,
        setup.train,
        {"main": plan.optim.make(model, lr)},
        plan.schedule,
        plan.train,
        device,
        plan.train.precision,
    )


def _go_on(trainer: Trainer, setup: Setup, run: Path) -> Best:
    """Put everything back where the last save left it."""
    tensors, facts = load_state(run)
    trainer.restore(tensors, facts)
    setup.train.position = Position(*facts["position"])
    return Best(**facts["best"])


def _save(trainer: Trainer, best: Best, run: Path) -> None:
    save_state(run, trainer.tensors(), trainer.facts() | {"best": vars(best)})


def _look(plan: Recipe, setup: Setup, trainer: Trainer, best: Best, run: Path, log: RunLog) -> None:
    """Measure on the valid split, with the averaged weights if there are any; keep them if they are
    the best.
    """
    with trainer.ema.applied() if trainer.ema else nullcontext():
        figures = _measure(plan, setup, trainer)
        lower = plan.train.metric == "loss"
        score = figures["valid_loss" if lower else f"valid_{plan.train.metric}"]
        improved = best.improves(score, lower)
        best.looked = trainer.step
        if improved:
            best.score, best.step, best.since = score, trainer.step, 0
            save_weights(run, trainer.model)
        else:
            best.since += 1
        log.evaluation(trainer.step, figures, improved, _samples(setup))
        if log.board is not None:
            _draw(setup, trainer.step, log)


def _measure(plan: Recipe, setup: Setup, trainer: Trainer) -> dict[str, float]:
    trainer.model.eval()
    with autocast(trainer.device, trainer.precision):
        batches = (batch.to(trainer.device) for batch in setup.valid.once())
        loss = mean_loss(setup.task.model, batches)
    figures = {"valid_loss": loss, "valid_perplexity": math.exp(min(loss, 700.0))}
    if plan.train.metric != "loss":
        pairs = setup.valid_pairs
        answers = setup.task.translate([pair.source for pair in pairs], beam=1)
        metric = _metric(plan.train.metric, setup)
        scores = metric(answers, [pair.target for pair in pairs])
        figures |= {f"valid_{name}": value for name, value in scores.items()}
    return figures


def _metric(name: str, setup: Setup) -> Any:
    cls = find_kind(METRICS, name, "train.metric")
    language = setup.task.languages[1]
    return cls(language=language) if "language" in cls.__dataclass_fields__ else cls()


def _samples(setup: Setup) -> list[tuple[str, str, str]]:
    pairs = setup.valid_pairs[:SAMPLES]
    answers = setup.task.translate([pair.source for pair in pairs], beam=1)
    return [(p.source, a, p.target) for p, a in zip(pairs, answers, strict=True)]


def _draw(setup: Setup, step: int, log: RunLog) -> None:
    """What the model looks at in the first valid sentence, where plotting is installed."""
    try:
        log.picture(step, "attention", picture(explain(setup.task, setup.valid_pairs[0].source)))
    except MissingExtra:
        return


def _keep_for_study(trainer: Trainer, run: Path) -> None:
    """The weights before the step that broke, and the batches that broke it."""
    batches: dict[str, torch.Tensor] = {}
    for i, batch in enumerate(trainer.last_batches):
        batches |= {
            f"batch.{i}.source": batch.source,
            f"batch.{i}.target": batch.target_out,
            f"batch.{i}.source_lengths": torch.tensor(batch.source_layout.lengths),
            f"batch.{i}.target_lengths": torch.tensor(batch.target_layout.lengths),
        }
    save_state(run / "halt", trainer.tensors() | batches, trainer.facts())
