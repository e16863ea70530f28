"""The settings of a training by the names that `transformers.TrainingArguments` gives them.

What jium has, it has under the same name, with the same default and meaning. What it does not have
is refused with the reason, unless its value asks for nothing (False, None, 0, "none").
"""

import functools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jium.config import build, config
from jium.errors import ConfigError
from jium.ranges import above_zero, at_least, share_below_one
from jium.training.optimisers import AdamW
from jium.training.schedules import Constant, Cosine, Linear
from jium.training.trainer import Schedule, TrainConfig

Strategy = Literal["no", "steps", "epoch"]
Saving = Literal["no", "steps", "epoch", "best"]

# Why an argument of theirs is refused, and which.
REASONS: dict[str, str] = {
    "hub": "there is no hub: the folder is the model, and can be copied anywhere. Leave this out.",
    "devices": "training is on one device. Leave this out.",
    "loading": "batches are made ahead, in a thread of their own. Leave this out.",
    "memory": "there is no such way to save memory or time. Leave this out; if memory is short, "
    "lower per_device_train_batch_size and raise gradient_accumulation_steps by as much.",
    "records": "what a training says goes to metrics.jsonl in output_dir, and to TensorBoard where "
    'it is installed. Leave this out, or give "tensorboard".',
    "calls": "is said by calling train(), evaluate() or predict(). Leave this out.",
    "resume": "is said by calling train(resume_from_checkpoint=True). Leave this out.",
    "optimiser": "the optimiser is AdamW, with adam_beta1, adam_beta2, adam_epsilon and "
    "weight_decay. Leave this out.",
    "columns": "targets stand in labels, label, label_ids, or in start_positions and "
    "end_positions. Rename the column, and leave this out.",
    "measuring": "a data set is measured whole, at the end of what eval_strategy says. Leave this "
    "out.",
    "saving": "one state to go on from is kept in output_dir, and one model, as safetensors. Leave "
    "this out.",
    "training": "is not done to a training here. Leave this out.",
}
# fmt: off
REFUSED: dict[str, tuple[str, ...]] = {
    "hub": (
        "push_to_hub", "hub_token", "hub_private_repo", "hub_model_id", "hub_strategy",
        "hub_always_push", "hub_revision", "push_to_hub_model_id", "push_to_hub_token",
        "push_to_hub_organization",
    ),
    "devices": (
        "fsdp", "fsdp_config", "fsdp_min_num_params", "deepspeed", "local_rank", "ddp_backend",
        "ddp_find_unused_parameters", "ddp_bucket_cap_mb", "ddp_broadcast_buffers", "ddp_timeout",
        "ddp_static_graph",
        "accelerator_config", "parallelism_config", "tpu_num_cores", "split_batches",
        "save_on_each_node", "log_on_each_node", "log_level_replica", "eval_use_gather_object",
    ),
    "loading": (
        "dataloader_num_workers", "dataloader_pin_memory", "dataloader_persistent_workers",
        "dataloader_prefetch_factor", "dataloader_multiprocessing_context",
    ),
    "memory": (
        "gradient_checkpointing", "gradient_checkpointing_kwargs", "activation_checkpointing",
        "activation_checkpointing_kwargs", "torch_compile", "torch_compile_backend",
        "torch_compile_mode", "use_liger_kernel", "liger_kernel_config", "torch_empty_cache_steps",
        "auto_find_batch_size", "tf32", "bf16_full_eval", "fp16_full_eval", "fp16_opt_level",
        "half_precision_backend", "use_cache", "eval_accumulation_steps",
    ),
    "records": (
        "logging_dir", "run_name", "project", "trackio_space_id", "trackio_bucket_id",
        "trackio_static_space_id", "log_level", "include_num_input_tokens_seen",
        "include_tokens_per_second", "logging_first_step", "debug",
    ),
    "calls": ("do_train", "do_eval", "do_predict"),
    "resume": ("resume_from_checkpoint", "ignore_data_skip",
               "restore_callback_states_from_checkpoint"),
    "optimiser": ("optim_args", "optim_target_modules", "adafactor"),
    "columns": ("label_names", "length_column_name"),
    "measuring": ("eval_delay", "prediction_loss_only", "include_for_metrics",
                  "include_inputs_for_metrics", "batch_eval_metrics"),
    "saving": ("save_only_model", "enable_jit_checkpoint"),
    "training": ("neftune_noise_alpha", "full_determinism", "ray_scope"),
}
# fmt: on
AS_HERE = {  # what jium does anyway, so that nothing else can be asked for
    "save_safetensors": (True, "saving"),
    "logging_nan_inf_filter": (True, "training"),
    "dataloader_in_order": (True, "loading"),
    "average_tokens_across_devices": (True, "devices"),
    "eval_do_concat_batches": (True, "measuring"),
    "skip_memory_metrics": (True, "records"),
}
NEAREST = {  # other names for the same, some of them older
    "evaluation_strategy": "eval_strategy",
    "no_cuda": "use_cpu",
    "use_mps_device": "use_cpu",
    "per_gpu_train_batch_size": "per_device_train_batch_size",
    "per_gpu_eval_batch_size": "per_device_eval_batch_size",
    "group_by_length": "train_sampling_strategy",
    "data_seed": "seed",
}


def _explaining(cls: type[Any]) -> type[Any]:
    """Let a `@config` class take its first field by place, check all at once, and say why it does
    not have an argument.
    """

    @functools.wraps(cls.__init__)
    def __init__(self: Any, output_dir: str | Path = "trainer_output", **given: Any) -> None:
        known = {name: value for name, value in given.items() if not _asks_nothing(name, value)}
        checked = build(cls, {"output_dir": str(output_dir), **known})
        self.__dict__.update(vars(checked))

    cls.__init__ = __init__
    return cls


@_explaining
@config
class TrainingArguments:
    """How to train, for `jium.Trainer`: the names and defaults of `transformers.TrainingArguments`.

    Numbers of steps below 1 are shares of all steps. Raises ConfigError for what does not fit, and,
    with the reason, for what jium does not have.
    """

    output_dir: str = "trainer_output"  # becomes a run folder
    overwrite_output_dir: bool = False  # False: what stands there is left alone
    per_device_train_batch_size: int = 8  # texts
    per_device_eval_batch_size: int = 8
    gradient_accumulation_steps: int = 1
    num_train_epochs: float = 3.0
    max_steps: int = -1  # above 0: instead of epochs
    learning_rate: float = 5e-5  # the peak
    lr_scheduler_type: Literal[
        "linear", "cosine", "cosine_with_min_lr", "constant", "constant_with_warmup"
    ] = "linear"
    lr_scheduler_kwargs: dict[str, float] | None = None  # min_lr or min_lr_rate
    warmup_steps: float = 0
    warmup_ratio: float = 0.0
    optim: Literal["adamw_torch", "adamw_torch_fused"] = "adamw_torch_fused"
    weight_decay: float = 0.0
    adam_beta1: float = 0.9
    adam_beta2: float = 0.999
    adam_epsilon: float = 1e-8
    max_grad_norm: float = 1.0  # 0: gradients are not clipped
    label_smoothing_factor: float = 0.0
    bf16: bool = False
    fp16: bool = False
    use_cpu: bool = False
    eval_strategy: Strategy = "no"
    eval_steps: float | None = None  # None: logging_steps
    eval_on_start: bool = False
    save_strategy: Saving = "steps"  # no: nothing is written but metrics.jsonl
    save_steps: float = 500
    save_total_limit: int | None = None  # one is kept, whatever it says
    logging_strategy: Strategy = "steps"
    logging_steps: float = 500
    load_best_model_at_end: bool = False
    metric_for_best_model: str | None = None  # None: loss
    greater_is_better: bool | None = None  # None: unless its name ends in loss
    early_stopping_patience: int | None = None  # evaluations; theirs is a callback
    seed: int = 42
    dataloader_drop_last: bool = False
    train_sampling_strategy: Literal["random", "sequential", "group_by_length"] = "random"
    remove_unused_columns: bool = True  # before rows go to a collator
    report_to: str | list[str] = "none"  # or tensorboard
    disable_tqdm: bool = False  # True: nothing is shown

    def __post_init__(self) -> None:
        self._check_numbers()
        if self.bf16 and self.fp16:
            raise ConfigError("is one too many beside bf16; choose.", key="fp16")
        trackers = [self.report_to] if isinstance(self.report_to, str) else self.report_to
        if not set(trackers) <= {"none", "all", "tensorboard"}:
            raise ConfigError(REASONS["records"], key="report_to")
        looks = self.load_best_model_at_end or self.early_stopping_patience is not None
        if looks and self.eval_strategy == "no":
            raise ConfigError(
                "is needed to know which model is best: steps or epoch.", key="eval_strategy"
            )
        if self.lr_scheduler_type == "constant" and (self.warmup_steps or self.warmup_ratio):
            raise ConfigError(
                "constant has no warm-up. Take constant_with_warmup.", key="lr_scheduler_type"
            )
        bounded = self.lr_scheduler_type == "cosine_with_min_lr"
        floors = {"min_lr", "min_lr_rate"} if bounded else set()
        given = set(self.lr_scheduler_kwargs or {})
        if not given <= floors or bounded and len(given) != 1:
            raise ConfigError(
                "cosine_with_min_lr takes one of min_lr and min_lr_rate, the others nothing.",
                key="lr_scheduler_kwargs",
            )

    def _check_numbers(self) -> None:
        at_least(1, **{name: getattr(self, name) for name in _AT_LEAST_ONE})
        above_zero(**{name: getattr(self, name) for name in _ABOVE_ZERO})
        share_below_one(**{name: getattr(self, name) for name in _SHARES})

    # ------------------------------------------------------------ as jium has them

    def steps(self, n_batches: int) -> int:
        """How many steps a training has; n_batches: in an epoch."""
        if self.max_steps > 0:
            return self.max_steps
        wanted = self.num_train_epochs * n_batches / self.gradient_accumulation_steps
        return max(1, math.ceil(wanted - 1e-9))

    def train_config(self, n_batches: int) -> TrainConfig:
        """[train] of a recipe."""
        return TrainConfig(
            steps=self.steps(n_batches),
            accumulate=self.gradient_accumulation_steps,
            precision=self.precision,
            clip=self.max_grad_norm or None,
            seed=self.seed,
            device=self.device,
        )

    @property
    def precision(self) -> Literal["bfloat16", "float16", "float32"]:
        """Of matrix products."""
        return "bfloat16" if self.bf16 else "float16" if self.fp16 else "float32"

    @property
    def device(self) -> str:
        """ "cpu", or a GPU where there is one."""
        return "cpu" if self.use_cpu else "auto"

    def optimiser(self) -> AdamW:
        """[optim] of a recipe."""
        return AdamW(
            lr=self.learning_rate,
            betas=(self.adam_beta1, self.adam_beta2),
            eps=self.adam_epsilon,
            weight_decay=self.weight_decay,
        )

    def schedule(self, steps: int) -> Schedule:
        """The share of the peak rate by step, from 1. After warm-up it equals theirs; in it the
        rate rises from peak / (warmup + 1), where theirs rises from 0 and so wastes a step.
        """
        made = self._curve(self._warmup(steps) + 1)
        return lambda step, total: made(step, total + 1)

    def _warmup(self, steps: int) -> int:
        if self.warmup_steps >= 1:
            return int(self.warmup_steps)
        return math.ceil((self.warmup_steps or self.warmup_ratio) * steps - 1e-9)

    def _curve(self, warmup: int) -> Schedule:
        if self.lr_scheduler_type.startswith("constant"):
            return Constant(warmup=warmup)
        if self.lr_scheduler_type == "linear":
            return Linear(warmup=warmup)
        floors = self.lr_scheduler_kwargs or {}
        least = floors.get("min_lr", 0.0) / self.learning_rate
        return Cosine(warmup=warmup, floor=floors.get("min_lr_rate", least))

    def when(self, what: Literal["eval", "save", "logging"], n_batches: int) -> "When":
        """After which steps to measure, to save, or to log."""
        given = getattr(self, f"{what}_steps")
        every = self.logging_steps if given is None else given
        every = every if every >= 1 else math.ceil(every * self.steps(n_batches))
        strategy = getattr(self, f"{what}_strategy")
        return When(strategy, int(every), n_batches, self.gradient_accumulation_steps)

    @property
    def metric(self) -> str:
        """What "best" means, with eval_ before it."""
        name = self.metric_for_best_model or "loss"
        return name if name.startswith("eval_") else f"eval_{name}"

    @property
    def measures(self) -> bool:
        """Whether eval_dataset is measured in the course of training."""
        return self.eval_on_start or self.eval_strategy != "no"

    @property
    def lower_is_better(self) -> bool:
        """Of the metric."""
        if self.greater_is_better is None:
            return self.metric.endswith("loss")
        return not self.greater_is_better


_AT_LEAST_ONE = (
    "per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps",
    "early_stopping_patience", "save_total_limit",
)  # fmt: skip
_ABOVE_ZERO = ("num_train_epochs", "learning_rate", "eval_steps", "save_steps", "logging_steps")
_SHARES = ("label_smoothing_factor", "warmup_ratio", "adam_beta1", "adam_beta2")


@dataclass(frozen=True)
class When:
    """Whether something is due after a step: every so many, or at the end of each epoch."""

    strategy: str
    every: int
    n_batches: int  # of an epoch
    accumulate: int  # batches to a step

    def __call__(self, step: int) -> bool:
        if self.strategy == "epoch":
            return self._epochs(step) > self._epochs(step - 1)
        return self.strategy == "steps" and step % self.every == 0

    @property
    def interval(self) -> int:
        """Steps from one time to the next, about."""
        if self.strategy == "epoch":
            return max(1, round(self.n_batches / self.accumulate))
        return self.every

    def _epochs(self, step: int) -> int:
        return step * self.accumulate // self.n_batches


def _asks_nothing(name: str, value: Any) -> bool:
    """Whether an argument is one that jium does not have, and its value is none either. Raises
    ConfigError where it is not.
    """
    if name in NEAREST:
        raise ConfigError("is called {name} here.", key=name, name=NEAREST[name])
    if name in AS_HERE:
        wanted, why = AS_HERE[name]
        if value == wanted or value is None:
            return True
        raise ConfigError(REASONS[why], key=name)
    reason = next((why for why, names in REFUSED.items() if name in names), None)
    if reason is None:
        return False
    if not value or value in ("none", "no"):
        return True
    raise ConfigError(REASONS[reason], key=name)
