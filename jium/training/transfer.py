"""Starting from a pre-trained encoder: the [transfer] section of a recipe, and what it does."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from torch import nn

from jium.adaptation.freeze import Thaw, freeze, rate_factors
from jium.checkpoint.start import start_values
from jium.config import Values, config
from jium.errors import ConfigError

MAY_DIFFER = ("dropout", "attention_dropout", "pool_from", "pooler")  # beside what the start has


@config
class TransferConfig:
    """What to start from, and how its weights learn."""

    start: str | None = None  # a run, or a Hugging Face folder; None: from scratch
    vectors: str | None = None  # a run of word vectors over the pieces of a tokenizer
    mode: Literal["full", "frozen", "gradual"] = "full"  # frozen: the head alone learns
    layer_decay: float = 1.0  # each layer learns at this share of the rate of the one above
    unfreeze_every: int = 100  # gradual: steps until one more layer learns

    def __post_init__(self) -> None:
        if not 0 < self.layer_decay <= 1:
            raise ConfigError(
                "must be in (0, 1]; got {value}.", key="layer_decay", value=self.layer_decay
            )
        if self.unfreeze_every < 1:
            raise ConfigError(
                "must be at least 1 step; got {value}.",
                key="unfreeze_every",
                value=self.unfreeze_every,
            )
        if self.start is not None and self.vectors is not None:
            raise ConfigError("start brings its own embeddings; leave this out.", key="vectors")
        if self.start is None and self.mode != "full":
            raise ConfigError(
                "{mode} needs transfer.start: there is nothing yet that is worth keeping.",
                key="mode",
                mode=self.mode,
            )


def settle(values: Mapping[str, Any]) -> Values:
    """A recipe whose [model] is that of the encoder it starts from; what the recipe says of the
    model itself may differ in dropout and pooling only.
    """
    transfer = values.get("transfer")
    start = transfer.get("start") if isinstance(transfer, Mapping) else None
    if not isinstance(start, str):
        return dict(values)
    given = dict(values.get("model", {}))
    if given.get("vocab_size") is not None:
        return dict(values)  # settled already, when a run goes on
    found = start_values(Path(start))
    for key, value in given.items():
        if key not in MAY_DIFFER and found.get(key, value) != value:
            raise ConfigError(
                "is {value!r}, but the encoder in {start} has {theirs!r}. Set it to that, or leave "
                "it out.",
                key=f"model.{key}",
                value=value,
                start=start,
                theirs=found.get(key),
            )
    known = {key: value for key, value in found.items() if value is not None}
    return {**values, "model": known | given}


def choose_learning(
    model: nn.Module, transfer: TransferConfig | None
) -> tuple[dict[str, float], Callable[[int], None]]:
    """Freeze what is to be frozen; gives the factors of the learning rate by name, and what is to
    be called before each step.
    """
    if transfer is None:
        return {}, lambda step: None
    if transfer.mode == "frozen":
        freeze(model)
    factors = rate_factors(model, transfer.layer_decay) if transfer.layer_decay < 1 else {}
    if transfer.mode == "gradual":
        return factors, Thaw(model, transfer.unfreeze_every)
    return factors, lambda step: None
