"""The one trainer: an iterator, `for report in trainer.steps():`; early stopping is `break`."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, Protocol

import torch
from torch import Tensor, nn

from jium.config import config
from jium.data.prefetch import prefetch
from jium.errors import ConfigError, TrainingError
from jium.nn.rows import summed
from jium.objectives.loss import Loss
from jium.ranges import at_least
from jium.training.devices import autocast
from jium.training.ema import Ema

Objective = Callable[[nn.Module, Any], Iterator[Loss]]
Schedule = Callable[[int, int], float]
CPU = torch.device("cpu")
LOSS = (
    "the loss is {loss} at step {step}. Weights are those before it. Lower optim.lr, raise the "
    "schedule's warmup, or set train.precision=float32."
)
GRADIENT = (
    "the gradient is {norm} at step {step}. Weights are those before it. Lower optim.lr, raise "
    "the schedule's warmup, or set train.precision=float32."
)


@config
class TrainConfig:
    """[train]: how long, how much at a time, how precisely, and when to look and to save."""

    steps: int = 10_000
    minutes: float | None = None  # stop after so much training time, too
    batch_tokens: int = 4096  # real tokens in a batch, source and target together
    batch_size: int = 64  # pictures in a batch, where data are pictures
    accumulate: int = 1  # batches to a step
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    clip: float | None = 1.0  # largest norm of the gradient
    ema: float | None = None  # decay of the average that is measured and saved
    eval_every: int = 500  # steps
    save_every: int = 500
    log_every: int = 20
    metric: str = "loss"  # what "best" means: "loss", or a score such as "bleu" on the valid split
    metric_examples: int = 200  # how many of the valid split such a score is taken on
    patience: int | None = None  # stop after so many evaluations without a better one
    seed: int = 0
    threads: int | None = None  # None: all cores
    device: str = "auto"

    def __post_init__(self) -> None:
        at_least(
            1,
            steps=self.steps,
            batch_tokens=self.batch_tokens,
            batch_size=self.batch_size,
            accumulate=self.accumulate,
            eval_every=self.eval_every,
            save_every=self.save_every,
        )
        if self.ema is not None and not 0 < self.ema < 1:
            raise ConfigError("must be in (0, 1); got {value}.", key="ema", value=self.ema)


class Batch(Protocol):
    """What the trainer asks of a batch. after: where the data stands once it has been used."""

    @property
    def after(self) -> Any: ...
    @property
    def n_tokens(self) -> int: ...
    def to(self, device: torch.device) -> Any: ...
    def tensors(self) -> dict[str, Tensor]: ...  # what to keep of one that broke a step


@dataclass
class Report:
    """What one step did. loss: per counted token; tokens: real ones; seconds: of this step; losses:
    of each optimiser, the mean over its turns; metrics: further figures of the objective, likewise.
    """

    step: int
    loss: float
    lr: float
    grad_norm: float
    tokens: int
    seconds: float
    losses: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


class _Means:
    """Sums and counts by name, to be divided once."""

    def __init__(self) -> None:
        self.sums: dict[str, tuple[float, int]] = {}

    def add(self, name: str, total: float, count: int) -> None:
        before, counted = self.sums.get(name, (0.0, 0))
        self.sums[name] = before + total, counted + count

    def found(self) -> dict[str, float]:
        return {name: total / count for name, (total, count) in self.sums.items()}


def _held(parameter: nn.Parameter) -> Tensor:
    """The gradient of a parameter; of a sparse one the rows it has, each summed first."""
    assert parameter.grad is not None
    if not parameter.grad.is_sparse:
        return parameter.grad
    parameter.grad = summed(parameter.grad)
    return parameter.grad._values()


def _lay_out(optimiser: torch.optim.Optimizer) -> None:
    """Lay moments out in memory as their weights are (channels last, in convolutions): a file keeps
    no strides, and the fused step reads both as they lie without looking.
    """
    for weight, state in optimiser.state.items():
        for key, value in state.items():
            if weight.ndim > 1 and isinstance(value, Tensor) and value.shape == weight.shape:
                state[key] = torch.empty_like(weight, dtype=value.dtype).copy_(value)


def _clip(gradients: list[Tensor], bound: float) -> float:
    """Scale gradients in place so that their norm is at most `bound`; returns what it was."""
    norm = nn.utils.get_total_norm(gradients, foreach=True)
    torch._foreach_mul_(gradients, (bound / (norm + 1e-6)).clamp(max=1.0))
    return float(norm)


class Trainer:
    """Takes steps: gradients of `accumulate` batches, divided once by all that was counted,
    clipped, applied.

    objective: a generator of losses; each yield is one optimiser step, on the optimiser it names.
    optimisers, peak rates: by that name. before_step: called with the number of a step, before it;
    it may change what learns. state: `step`, `seconds`, `position` and what the caller
    adds.
    """

    def __init__(
        self,
        model: nn.Module,
        objective: Objective,
        batches: Iterable[Batch],  # without end
        optimisers: dict[str, torch.optim.Optimizer],
        schedule: Schedule,
        settings: TrainConfig,
        device: torch.device = CPU,
        precision: str = "float32",
        before_step: Callable[[int], None] = lambda step: None,
    ) -> None:
        self.model = model.to(device)
        self.objective = objective
        self.batches = batches
        self.optimisers = optimisers
        self.peaks = {
            name: [g["lr"] for g in o.param_groups] for name, o in self.optimisers.items()
        }
        self.schedule = schedule
        self.settings = settings
        self.device = device
        self.precision = precision
        self.before_step = before_step
        self.scaler = torch.amp.GradScaler(device.type, enabled=precision == "float16")
        self.ema = Ema(model, settings.ema) if settings.ema else None
        self.step = 0
        self.seconds = 0.0
        self.position: Any = None  # of the data, after the last step
        self.last_batches: list[Any] = []  # for study, should the loss break

    def steps(self) -> Iterator[Report]:
        """Train; yields after each step, and ends when steps or minutes are used up."""
        limit_s = math.inf if self.settings.minutes is None else 60 * self.settings.minutes
        with closing(prefetch(iter(self.batches))) as stream:
            while self.step < self.settings.steps and self.seconds < limit_s:
                began = time.perf_counter()
                micro = [next(stream).to(self.device) for _ in range(self.settings.accumulate)]
                report = self._step(micro)
                self.position = micro[-1].after
                report.seconds = time.perf_counter() - began
                self.seconds += report.seconds
                yield report

    def _step(self, micro: list[Any]) -> Report:
        self.model.train()
        self.before_step(self.step + 1)
        self.last_batches = micro
        report = Report(self.step + 1, 0.0, 0.0, 0.0, sum(b.n_tokens for b in micro), 0.0)
        sources = [self.objective(self.model, batch) for batch in micro]
        means, metrics = _Means(), _Means()
        while losses := self._backward(sources, report.step):
            total = sum(float(loss.total.detach()) for loss in losses)
            count = sum(loss.count for loss in losses)
            name = losses[0].optimiser
            assert all(loss.optimiser == name for loss in losses), "batches out of step"
            means.add(name, total, count)
            for figure in {figure for loss in losses for figure in loss.metrics}:
                parts = (loss.metrics.get(figure, 0.0) for loss in losses)
                metrics.add(figure, sum(parts), count)
            self._check_finite(total, report.step)
            report.grad_norm, report.lr = self._apply(name, count, report.step)
        report.losses, report.metrics = means.found(), metrics.found()
        report.loss = next(iter(report.losses.values()))
        self.step = report.step
        if self.ema:
            self.ema.update(self.step)
        return report

    def _backward(self, sources: list[Iterator[Loss]], step: int) -> list[Loss]:
        """The next loss of every micro-batch, each graph freed before the next is built; empty when
        done.
        """
        losses = []
        for source in sources:
            with autocast(self.device, self.precision):
                loss = next(source, None)
            if loss is not None:
                self.scaler.scale(loss.total).backward()
                losses.append(loss)
        return losses

    def _apply(self, name: str, count: int, step: int) -> tuple[float, float]:
        """One step of one optimiser; returns the norm of the gradient and the rate."""
        optimiser = self.optimisers[name]
        self.scaler.unscale_(optimiser)
        parameters = [p for group in optimiser.param_groups for p in group["params"]]
        gradients = [_held(p) for p in parameters if p.grad is not None]
        torch._foreach_div_(gradients, float(count))
        norm = _clip(gradients, self.settings.clip or math.inf)
        if not math.isfinite(norm) and not self.scaler.is_enabled():
            self._halt(GRADIENT, norm=norm, step=step)
        share = self.schedule(step, self.settings.steps)
        for group, peak in zip(optimiser.param_groups, self.peaks[name], strict=True):
            group["lr"] = peak * share
        self.scaler.step(optimiser)
        self.scaler.update()
        self.model.zero_grad(set_to_none=True)
        return norm, optimiser.param_groups[0]["lr"]

    def _check_finite(self, total: float, step: int) -> None:
        if not math.isfinite(total) and not self.scaler.is_enabled():
            self._halt(LOSS, loss=total, step=step)

    def _halt(self, template: str, **values: object) -> NoReturn:
        """Stop before the weights are touched."""
        self.model.zero_grad(set_to_none=True)
        raise TrainingError(template, **values)

    # ------------------------------------------------------------ state, for exact resume

    def tensors(self) -> dict[str, Tensor]:
        """Weights, average, optimisers and random states, as one flat table."""
        table = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        for name, optimiser in self.optimisers.items():
            for i, state in optimiser.state_dict()["state"].items():
                table |= {f"optimiser.{name}.{i}.{key}": value for key, value in state.items()}
        if self.ema:
            table |= {f"ema.{k}": v for k, v in self.ema.state().items()}
        for name in getattr(self.model, "carries", ()):  # from batch to batch, as an RNN its state
            table[f"carried.{name}"] = self.model.get_buffer(name)
        table["random.cpu"] = torch.get_rng_state()
        if self.device.type == "cuda":
            table["random.cuda"] = torch.cuda.get_rng_state(self.device)
        return table

    def facts(self) -> dict[str, Any]:
        """The rest of the state, ready for JSON."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "position": self.position,
            "scaler": self.scaler.state_dict(),
        }

    def restore(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Go on exactly where `tensors` and `facts` were taken. The caller places the data."""
        parts: dict[str, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            part, _, rest = key.partition(".")
            parts.setdefault(part, {})[rest] = value
        self.model.load_state_dict(parts["model"])
        for name, optimiser in self.optimisers.items():
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in parts.get("optimiser", {}).items():
                owner, i, what = key.split(".")
                if owner == name:
                    state.setdefault(int(i), {})[what] = value
            groups = optimiser.state_dict()["param_groups"]
            optimiser.load_state_dict({"state": state, "param_groups": groups})
            _lay_out(optimiser)
        if self.ema:
            self.ema.load(parts["ema"])
        for name in getattr(self.model, "carries", ()):
            self.model.get_buffer(name).copy_(parts["carried"][name])
        torch.set_rng_state(parts["random"]["cpu"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(parts["random"]["cuda"], self.device)
        self.step, self.seconds = facts["step"], facts["seconds"]
        self.position = facts["position"]
        self.scaler.load_state_dict(facts["scaler"])
