"""`jium.Trainer`: what `transformers.Trainer` is called with, over jium's own loop.

Three things differ. Batches hold no padding, unless a collator makes some, which is then taken off.
Nothing is ignored: what jium does not have is refused with the reason. And output_dir is one run
folder, which `jium.load` opens, with the last state in it to go on from.
"""

import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from jium.checkpoint.run import WEIGHTS, load_weights, save_config, save_weights
from jium.checkpoint.state import NAME as STATE
from jium.checkpoint.state import load_state, save_state
from jium.config import nearest
from jium.data.epochs import Position
from jium.data.text_batches import TextBatch
from jium.errors import ConfigError, RunError, TrainingError
from jium.files import make_folder
from jium.messages import say
from jium.models import MODELS
from jium.objectives.loss import Loss
from jium.training.devices import choose_device, choose_precision
from jium.training.familiar.arguments import TrainingArguments
from jium.training.familiar.batches import CountedBatches, Supply, lengths
from jium.training.familiar.beginning import begin, tokenizer_in
from jium.training.familiar.outcome import (
    EvalPrediction,
    Metrics,
    PredictionOutput,
    Seen,
    TrainerState,
    TrainOutput,
    loss_of,
    scores_of,
    see,
)
from jium.training.familiar.rows import Task, find_columns
from jium.training.interrupts import interrupts
from jium.training.log import RunLog
from jium.training.run import Best, Interrupted, keep_for_study
from jium.training.trainer import Report
from jium.training.trainer import Trainer as Loop

REFUSED: dict[str, str] = {
    "callbacks": "there are none. For early stopping give early_stopping_patience; for more, "
    "the loop is an iterator: jium.training.trainer.Trainer.",
    "optimizers": "the optimiser is AdamW, with a schedule of TrainingArguments; others are in "
    "recipes: jium train.",
    "optimizer_cls_and_kwargs": "the optimiser is AdamW, with a schedule of "
    "TrainingArguments; others are in recipes: jium train.",
    "model_init": "give model: a folder, whose new head is drawn by seed.",
    "compute_loss_func": "an own loss is an objective of jium.training.trainer.Trainer.",
    "preprocess_logits_for_metrics": "compute_metrics is given the logits, and can do it first.",
}

STOPPED = "stopped at step {step}; go on with train(resume_from_checkpoint=True)"


class Trainer:
    """Train and measure an encoder with a head for labels, tags or spans, on rows.

    model: a folder (a run, or one of Hugging Face; without a head it gets the one that the rows
    need), a jium task, a Headed, or a model of transformers. data sets: rows by number, such as
    lists of dicts or `datasets`: text (or a pair such as sentence1, sentence2) and label; or
    input_ids and labels, or start_positions and end_positions. eval_dataset may be a dict of
    several. data_collator: None packs texts without padding. processing_class: the tokenizer, where
    the model does not bring it; tokenizer is its older name. compute_metrics: EvalPrediction to a
    dict. labels: the names of classes or tags as the rows number them, where the data set does not
    know.

    task: what jium.load gives of the run. Raises ConfigError or DataError for what does not fit.
    """

    def __init__(
        self,
        model: Any = None,
        args: TrainingArguments | None = None,
        data_collator: Callable[[list[Any]], Mapping[str, Any]] | None = None,
        train_dataset: Any = None,
        eval_dataset: Any = None,
        processing_class: Any = None,
        *,
        compute_metrics: Callable[[EvalPrediction], Mapping[str, float]] | None = None,
        tokenizer: Any = None,
        labels: list[str] | None = None,
        **others: Any,
    ) -> None:
        _refuse(others)
        if args is not None and not isinstance(args, TrainingArguments):
            raise ConfigError(
                "must be a jium.TrainingArguments; got a {kind}.",
                key="args",
                kind=type(args).__name__,
            )
        if eval_dataset is None and args is not None and args.measures:
            raise ConfigError("is missing: nothing to measure on.", key="eval_dataset")
        if tokenizer is not None and processing_class is not None:
            raise ConfigError("is the older name of processing_class; give one.", key="tokenizer")
        self.args = args or TrainingArguments()
        self.data_collator = data_collator
        self.train_dataset = train_dataset
        self.eval_dataset = eval_dataset
        self.compute_metrics = compute_metrics
        self.device = choose_device(self.args.device)
        self.precision = choose_precision(self.args.precision, self.device)
        given = processing_class if tokenizer is None else tokenizer
        self.reader = begin(model, given, train_dataset, labels, self.args.seed)
        self.processing_class = tokenizer_in(self.task)
        self.model = self.task.model.to(self.device).eval()
        self.loss = loss_of(self.task, self.args.label_smoothing_factor)
        self.state = TrainerState()
        self._best = Best()
        self._saved = -1  # the step of the last save
        measured = eval_dataset.values() if isinstance(eval_dataset, Mapping) else [eval_dataset]
        self._supply = Supply(
            self.reader,
            data_collator,
            keep_all=not self.args.remove_unused_columns,
            own=[train_dataset, *measured],
        )
        self._wrote: Path | None = None  # the folder that holds what this trainer has made

    @property
    def task(self) -> Task:
        """The task that is trained: `classify`, `tag` or `answer` with it."""
        return self.reader.task

    # ------------------------------------------------------------ train

    def train(self, resume_from_checkpoint: bool | str | Path | None = None) -> TrainOutput:
        """Train as the arguments say, from the model as it is now.

        resume_from_checkpoint: True, or output_dir, goes on exactly where that was last saved.
        Raises Interrupted, with all saved, on Ctrl-C or SIGTERM; TrainingError, with batch and step
        kept, when the loss is no longer finite; RunError where output_dir holds something already.
        """
        run = Path(self.args.output_dir)
        batches = self._train_batches()
        self.state = TrainerState(max_steps=self.args.steps(len(batches)))
        self._best, self._saved = Best(), -1
        loop = self._loop(batches)
        if resume_from_checkpoint:
            self._go_on(loop, batches, run, resume_from_checkpoint)
        else:
            self._make_room(run)
        make_folder(run)
        first, losses, began = loop.step, [], time.perf_counter()
        logging = self.args.when("logging", len(batches)).interval
        quiet = self.args.disable_tqdm
        with (
            interrupts() as stop,
            RunLog(run, self.state.max_steps, logging, first, quiet) as log,
        ):
            try:
                if self.args.eval_on_start and not first:
                    self._look(loop, log)
                for report in loop.steps():
                    losses.append(report.loss)
                    self._after(report, batches, loop, log, stop.asked)
                    if self._stops_early(log):
                        break
            except TrainingError:
                keep_for_study(loop, run)
                raise
        self._finish(loop)
        return self._output(losses, first, time.perf_counter() - began)

    def _loop(self, batches: CountedBatches) -> Loop:
        torch.manual_seed(self.args.seed)
        settings = self.args.train_config(len(batches))
        optimiser = self.args.optimiser().make(self.model, self.args.learning_rate)
        schedule = self.args.schedule(settings.steps)
        return Loop(
            self.model,
            self._objective,
            batches,
            {"main": optimiser},
            schedule,
            settings,
            self.device,
            self.precision,
        )

    def _objective(self, model: Any, batch: TextBatch) -> Iterator[Loss]:
        yield self.loss(scores_of(model, batch), batch)

    def _after(
        self, report: Report, batches: CountedBatches, loop: Loop, log: RunLog, stop: bool
    ) -> None:
        """Log, measure and save after a step, each where it is due."""
        state, step, args = self.state, report.step, self.args
        state.global_step = step
        state.epoch = step * args.gradient_accumulation_steps / len(batches)
        state.losses.append(report.loss)
        log.step(report)
        if args.when("logging", len(batches))(step):
            mean = sum(state.losses) / len(state.losses)
            self._record({"loss": mean, "grad_norm": report.grad_norm, "learning_rate": report.lr})
            state.losses.clear()
        improved = args.when("eval", len(batches))(step) and self._look(loop, log)
        best = args.save_strategy == "best" and improved
        if stop or best or args.when("save", len(batches))(step):
            self._save(loop)
        if stop:
            log.say(say(STOPPED, step=step))
            raise Interrupted

    def _stops_early(self, log: RunLog) -> bool:
        patience = self.args.early_stopping_patience
        if patience is None or self._best.since < patience:
            return False
        log.say(say("no better for {n} evaluations: stopping", n=self._best.since))
        return True

    def _finish(self, loop: Loop) -> None:
        """Save what came last, then take the best model where that was asked for."""
        if self.args.save_strategy != "no" and self._saved != loop.step:
            self._save(loop)
        if self.args.load_best_model_at_end and self.state.best_metric is not None:
            load_weights(Path(self.args.output_dir), self.model)
        self.model.eval()

    def _output(self, losses: list[float], first: int, seconds: float) -> TrainOutput:
        state, args = self.state, self.args
        mean = sum(losses) / len(losses) if losses else math.nan
        steps = state.global_step - first
        texts = steps * args.gradient_accumulation_steps * args.per_device_train_batch_size
        metrics = {
            "train_runtime": seconds,
            "train_samples_per_second": texts / seconds,
            "train_steps_per_second": steps / seconds,
            "train_loss": mean,
        }
        self._record(metrics)
        return TrainOutput(state.global_step, mean, metrics | {"epoch": state.epoch})

    # ------------------------------------------------------------ measure

    def evaluate(self, eval_dataset: Any = None, metric_key_prefix: str = "eval") -> Metrics:
        """The mean loss on a data set, eval_dataset by default, and what compute_metrics makes of
        it, each with the prefix before its name; of a dict of data sets, each by its name.
        """
        dataset = self.eval_dataset if eval_dataset is None else eval_dataset
        if dataset is None:
            raise ConfigError("is missing: nothing to measure on.", key="eval_dataset")
        if isinstance(dataset, Mapping):
            found: Metrics = {}
            for name, one in dataset.items():
                found |= self.evaluate(one, f"{metric_key_prefix}_{name}")
            return found
        metrics = self.predict(dataset, metric_key_prefix).metrics
        self._record(metrics)
        return metrics | {"epoch": self.state.epoch}

    def predict(self, test_dataset: Any, metric_key_prefix: str = "test") -> PredictionOutput:
        """Logits for a data set, in its order; with metrics as of `evaluate`."""
        began = time.perf_counter()
        batches = self._supply.once(test_dataset, self.args.per_device_eval_batch_size)
        seen = see(self.reader, batches, self.loss, self.device, self.precision)
        metrics: Metrics = {} if seen.loss is None else {"loss": seen.loss}
        if self.compute_metrics is not None and seen.label_ids is not None:
            metrics |= self._measured(seen)
        seconds = time.perf_counter() - began
        speed = {"runtime": seconds, "samples_per_second": len(test_dataset) / seconds}
        named = {_prefixed(name, metric_key_prefix): v for name, v in (metrics | speed).items()}
        return PredictionOutput(seen.predictions, seen.label_ids, named)

    def _measured(self, seen: Seen) -> Metrics:
        assert self.compute_metrics is not None
        found = self.compute_metrics(EvalPrediction(seen.predictions, seen.label_ids))
        if not isinstance(found, Mapping):
            raise ConfigError(
                "must give a dict of numbers; it gave a {kind}.",
                key="compute_metrics",
                kind=type(found).__name__,
            )
        return {name: float(value) for name, value in found.items()}

    def _look(self, loop: Loop, log: RunLog) -> bool:
        """Measure in the course of training; whether it is the best so far, whose weights are then
        kept.
        """
        figures = self.evaluate()
        name, best = self.args.metric, self._best
        if name not in figures:
            raise ConfigError(
                'nothing called "{name}" is measured.{near} Known: {known}.',
                key="metric_for_best_model",
                name=name,
                near=nearest(name, figures),
                known=", ".join(figures),
            )
        improved = best.improves(figures[name], self.args.lower_is_better)
        best.since += 1
        if improved:
            best.score, best.step, best.since = figures[name], loop.step, 0
            self.state.best_metric, self.state.best_global_step = best.score, best.step
            if self.args.load_best_model_at_end:
                self.state.best_model_checkpoint = self.args.output_dir
                self.save_model()
        log.evaluation(loop.step, figures, improved, [])
        return improved

    def _record(self, figures: Metrics) -> None:
        about = {"epoch": self.state.epoch, "step": self.state.global_step}
        self.state.log_history.append(figures | about)

    # ------------------------------------------------------------ data

    def _train_batches(self) -> CountedBatches:
        dataset, args = self.train_dataset, self.args
        if dataset is None:
            raise ConfigError("is missing: nothing to train on.", key="train_dataset")
        columns = find_columns(dataset)
        if self.data_collator is None and columns.target is None and not columns.span:
            raise ConfigError("has no labels to learn.", key="train_dataset")
        fetch = self._supply.fetch(dataset)
        grouped = args.train_sampling_strategy == "group_by_length"

        def make(items: NDArray[np.int64], after: Position) -> TextBatch:
            return self.reader.pack(fetch(items), after)

        return CountedBatches(
            len(dataset),
            args.per_device_train_batch_size,
            make,
            args.seed,
            shuffled=args.train_sampling_strategy != "sequential",
            lengths=lengths(fetch, len(dataset)) if grouped else None,
            drop_last=args.dataloader_drop_last,
        )

    # ------------------------------------------------------------ the folder

    def save_model(self, output_dir: str | Path | None = None) -> None:
        """Write the model as a run folder, which `jium.load` opens; output_dir by default."""
        run = Path(self.args.output_dir if output_dir is None else output_dir)
        make_folder(run)
        self.processing_class.save(run)
        save_config(run, _kind(self.model), self.model.config, self.task.about())
        save_weights(run, self.model)
        if output_dir is None:
            self._wrote = run

    def _save(self, loop: Loop) -> None:
        """The state to go on from, and the model, unless the best is kept in its place."""
        run = Path(self.args.output_dir)
        if not self.args.load_best_model_at_end or self.state.best_metric is None:
            self.save_model()
        own = {"best": vars(self._best), "trainer": asdict(self.state), "data": self._data()}
        save_state(run, loop.tensors(), loop.facts() | own)
        self._wrote, self._saved = run, loop.step

    def _go_on(self, loop: Loop, batches: CountedBatches, run: Path, asked: Any) -> None:
        """Put everything back where the last save left it."""
        if asked is not True and Path(asked).resolve() != run.resolve():
            raise RunError(
                "{asked}: a training goes on in its own folder, which keeps the last state only. "
                "Give resume_from_checkpoint=True, and that folder as output_dir.",
                asked=asked,
            )
        tensors, facts = load_state(run)
        if facts.get("data") != self._data():
            raise RunError(
                "{run}: was trained with {before} (texts, batch, accumulation, seed), and now it "
                "is {now}. Go on with the same.",
                run=run,
                before=facts.get("data"),
                now=self._data(),
            )
        loop.restore(tensors, facts)
        batches.go_on(facts["position"])
        steps = self.state.max_steps
        self._best = Best(**facts["best"])
        self.state = TrainerState(**facts["trainer"] | {"max_steps": steps})
        self._wrote, self._saved = run, loop.step

    def _data(self) -> list[int]:
        """What a position in the data depends on."""
        args = self.args
        batch = [args.per_device_train_batch_size, args.gradient_accumulation_steps]
        return [len(self.train_dataset), *batch, args.seed]

    def _make_room(self, run: Path) -> None:
        """Leave alone what others have made; forget where an earlier training stood."""
        there = [name for name in ("config.json", WEIGHTS, STATE) if (run / name).exists()]
        if there and run != self._wrote and not self.args.overwrite_output_dir:
            raise RunError(
                "{run}: there is something in this folder already. Give another output_dir, "
                "overwrite_output_dir=True, or go on with train(resume_from_checkpoint=True).",
                run=run,
            )
        (run / "metrics.jsonl").unlink(missing_ok=True)
        if (run / STATE).is_file():
            shutil.rmtree((run / STATE).parent)


def _kind(model: Any) -> str:
    """The kind of a headed model, as config.json names it."""
    name = type(model.encoder).__name__
    return next(kind for kind, place in MODELS.items() if place.endswith(f":{name}"))


def _prefixed(name: str, prefix: str) -> str:
    return name if name.startswith(f"{prefix}_") else f"{prefix}_{name}"


def _refuse(others: dict[str, Any]) -> None:
    """Raise ConfigError for what a Trainer of transformers takes, and this one does not."""
    for name, value in others.items():
        if name not in REFUSED:
            raise TypeError(f"Trainer() got an unexpected keyword argument {name!r}")
        if value is not None and value != [] and value != (None, None):
            raise ConfigError(REFUSED[name], key=name)
