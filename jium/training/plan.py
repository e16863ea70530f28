"""`jium plan`: how large a model is, what training it takes, how long and for how much, beforehand.

The model is counted, not made, and the recipe checked as training checks it. What only the data
tells is assumed, and said.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jium.config import Values
from jium.data.image_data import ImageData
from jium.messages import say
from jium.ranges import at_least
from jium.training import costs
from jium.training.costs import Batch
from jium.training.devices import set_threads
from jium.training.memory import WIDE, Memory, cache_bytes, training_memory
from jium.training.outline import Outline, outline, parts
from jium.training.picture_costs import picture_plan
from jium.training.picture_outline import caption_tokens, reads
from jium.training.plan_table import size, table, text
from jium.training.rates import Device, device_of_kind, measure, step_seconds, this_device
from jium.training.recipe import Recipe, recipe

SHORT = 32  # tokens of a text, where a task is about sentences
SENTENCES = ("translate", "classify", "tag", "embed", "chat")
TOKENS_A_PARAMETER = 20  # that make the best of the compute: Hoffmann et al., 2022, table 3


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """What training a recipe takes, and its model afterwards. None: what cannot be told.

    parameters: by part, "all", and "learned" of them. memory: bytes while it is trained; weights
    and cache: bytes while it answers, cache for each text of max_len tokens. flops: of matrix
    products; six_nd: 6 times parameters times tokens (Kaplan et al., 2020). optimum: tokens that
    suit a language model of that size (Hoffmann et al., 2022). Of pictures, not of tokens:
    pictures_a_step, pictures. step_s, hours: on all devices
    together; cost: at a price an hour and device. notes: what was assumed, what does not fit.
    """

    recipe: str
    task: str
    model: str
    notes: list[str]
    parameters: dict[str, int] | None = None
    memory: Memory | None = None
    weights: int | None = None
    cache: int | None = None
    max_len: int | None = None
    steps: int | None = None
    tokens_a_step: int | None = None
    tokens: int | None = None
    optimum: int | None = None
    pictures_a_step: int | None = None
    pictures: int | None = None
    flops_a_step: float | None = None
    flops: float | None = None
    six_nd: float | None = None
    device: Device | None = None
    devices: int = 1
    step_s: float | None = None
    hours: float | None = None
    cost: float | None = None
    kwh: float | None = None

    def values(self) -> Values:
        """Plain values, for JSON."""
        found = asdict(self)
        if self.memory is not None:
            found["memory"]["peak"] = self.memory.peak
        return found

    def table(self) -> Any:
        """The plan for a person, as a rich table."""
        return table(self)

    def __str__(self) -> str:
        return text(self)


def plan(
    recipe_or_name: Recipe | str | Path,
    *overrides: str,
    devices: int = 1,
    device_kind: str | None = None,
    price: float | None = None,
    watts: float | None = None,
    text_tokens: int | None = None,
) -> TrainingPlan:
    """What it takes to train what a recipe says: parameters, memory, FLOPs, hours, cost, energy.

    device_kind: cpu (one core), t4, rtx4090, a100, h100 or h200; None: this machine, whose speed is
    tried for about a second. devices: so many share each batch evenly, at best. price: of an hour
    of one; watts: of one. text_tokens: of a text on average; where it is not given, 32 in tasks
    about sentences, else as many as the model takes.
    Raises ConfigError for a wrong recipe or option, before anything is computed.
    """
    own = (
        recipe_or_name if isinstance(recipe_or_name, Recipe) else recipe(recipe_or_name, *overrides)
    )
    at_least(1, devices=devices, text_tokens=text_tokens)
    at_least(0, price=price, watts=watts)
    found = outline(own)
    about: Values = dict(recipe=own.name, task=own.task, model=own.values["model"]["kind"])
    if found.model is None:
        return TrainingPlan(**about, notes=found.notes)
    with _threads(own.train.threads):
        asked = own.train.device, own.train.precision
        device = device_of_kind(device_kind, asked[1]) if device_kind else this_device(*asked)
        work = _on_pictures if isinstance(own.data, ImageData) else _on_texts
        counted, step_s = work(own, found, device, devices, text_tokens)
    if step_s is not None:
        device = replace(device, flops=counted["flops_a_step"] / step_s)
    made = TrainingPlan(
        **about,
        **counted,
        **_spent(own, step_s, devices, price, watts or device.watts),
        notes=found.notes,
        device=device,
        devices=devices,
    )
    made.notes.extend(_notes(own, made))
    return made


def _on_texts(
    own: Recipe, found: Outline, device: Device, devices: int, text_tokens: int | None
) -> tuple[Values, float | None]:
    """What follows from recipe and model alone, and seconds of a step; None: nobody can tell."""
    assert found.model is not None
    batch, step_s = _batch(own, device, text_tokens), None
    counted = _counted(own, found.model, batch, devices)
    if counted["flops_a_step"]:
        rates = device.rates or measure(found.model, batch, device)
        step_s = step_seconds(rates, found.model, own.optim, own.train.accumulate, batch)
    assumed = text_tokens is None and counted["memory"] is not None
    found.notes.extend(_text_notes(counted, batch, step_s is None, assumed))
    return counted, step_s


def _on_pictures(
    own: Recipe, found: Outline, device: Device, devices: int, text_tokens: int | None
) -> tuple[Values, float]:
    """The same of a recipe for pictures."""
    assert found.model is not None
    tokens = caption_tokens(own, text_tokens)
    counted = picture_plan(own, found.model, device, devices, tokens)
    if reads(own) and text_tokens is None:
        found.notes.append(_texts_taken(tokens))
    found.notes.append(say("Looks at what is drawn, and reading the pictures, come on top of it."))
    return counted


@contextmanager
def _threads(wanted: int | None) -> Iterator[None]:
    """As many threads inside the block as training would take."""
    before = torch.get_num_threads()
    set_threads(wanted)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _batch(own: Recipe, device: Device, text_tokens: int | None) -> Batch:
    """What a batch is taken to hold."""
    longest = _max_len(own) or SHORT
    typical = min(longest, SHORT) if own.task in SENTENCES else longest
    return Batch(
        tokens=own.train.batch_tokens,
        text_tokens=min(text_tokens or typical, own.train.batch_tokens),
        rate=getattr(own.objective, "rate", 1.0),
        half=device.precision != "float32",
        on_cpu=device.where == "cpu",
    )


def _max_len(own: Recipe) -> int | None:
    return getattr(own.model, "max_len", None) or getattr(own.model, "window", None)


def _counted(own: Recipe, model: nn.Module, batch: Batch, devices: int) -> Values:
    """What follows from recipe and model alone. Each device holds its share of a batch."""
    share = -(-batch.tokens // devices)
    parameters = parts(model)
    n = sum(parameters.values())
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    a_step = own.train.accumulate * batch.tokens
    tokens = own.train.steps * a_step
    flops = own.train.accumulate * costs.training_flops(model, batch)
    flops += costs.optimiser_flops(own.optim, model)
    longest = _max_len(own)
    return dict(
        parameters={**parameters, "all": n, "learned": learned},
        memory=training_memory(model, own.optim, own.train, replace(batch, tokens=share)),
        weights=WIDE * n,
        cache=cache_bytes(model, longest or 0) or None,
        max_len=longest,
        steps=own.train.steps,
        tokens_a_step=a_step,
        tokens=tokens,
        optimum=TOKENS_A_PARAMETER * n if own.task == "generate" else None,
        flops_a_step=flops or None,
        flops=flops * own.train.steps or None,
        six_nd=6.0 * n * tokens,
    )


def _spent(
    own: Recipe, step_s: float | None, devices: int, price: float | None, watts: float | None
) -> Values:
    """Hours, money and energy."""
    if step_s is None:
        return {}
    hours = own.train.steps * step_s / devices / 3600
    if own.train.minutes is not None:
        hours = min(hours, own.train.minutes / 60)
    return dict(
        step_s=step_s / devices,
        hours=hours,
        cost=None if price is None else price * hours * devices,
        kwh=None if watts is None else watts * hours * devices / 1000,
    )


def _text_notes(counted: Values, batch: Batch, unknown: bool, assumed: bool) -> Iterator[str]:
    """What was assumed of texts, and what does not go together."""
    if unknown:
        yield say(
            "Vectors of words are moved more than multiplied: how long it takes, only training "
            "tells; its first line says how many steps see every word."
        )
    elif counted["memory"] is None:
        yield say(
            "Of cells, convolutions and bags of words only the matrix products are counted: it "
            "takes more memory and longer than that."
        )
    elif assumed:
        yield _texts_taken(batch.text_tokens)
    if counted["max_len"] is not None and counted["max_len"] > batch.tokens:
        yield say(
            "train.batch_tokens={budget} has no room for a text of model.max_len={longest} tokens.",
            budget=batch.tokens,
            longest=counted["max_len"],
        )


def _texts_taken(tokens: int) -> str:
    return say(
        "Texts are taken to have {n} tokens each; text_tokens says otherwise.", n=f"{tokens:,}"
    )


def _notes(own: Recipe, made: TrainingPlan) -> Iterator[str]:
    """What does not fit, and what is to be known of the time."""
    device = made.device
    if made.memory is not None and device is not None and (device.memory or 0) > 0:
        setting = "train.batch_tokens" if made.pictures is None else "train.batch_size"
        yield from _room(made.memory.peak, device, setting)
    if device is not None and device.rates is not None and device.where == "cuda":
        yield say("A data sheet tells what large models reach; small ones stay far below it.")
    if made.devices > 1:
        yield say("The time of one device is divided evenly, which is the best that can be.")
    if own.train.minutes is not None:
        yield say("Training stops after {n} minutes, however far it is.", n=own.train.minutes)


def _room(peak: int, device: Device, setting: str) -> Iterator[str]:
    """Whether training fits."""
    if device.memory is not None and peak > device.memory:
        yield say(
            "It does not fit: training holds {need}, {name} has {room}. Lower {setting} and raise "
            "train.accumulate, or take a smaller model.",
            setting=setting,
            need=size(peak),
            name=device.name,
            room=size(device.memory),
        )
