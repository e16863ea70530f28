"""What training on pictures takes, seen of the model itself at work on a few pictures of noise.

What convolutions multiply and keep is the business of their libraries, so it is not counted from
shapes: FLOPs are those that PyTorch counts, memory the most that its tensors hold, for a few
pictures, and both grow evenly with their number. Time is tried with whole steps.
"""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import (
    flop_registry,
    sdpa_backward_flop_count,
    sdpa_flop_count,
)

from jium.config import Values
from jium.training.costs import optimiser_flops
from jium.training.devices import autocast
from jium.training.memory import WIDE, Memory, optimiser_bytes
from jium.training.outline import parts
from jium.training.picture_outline import noise_batch
from jium.training.rates import Device
from jium.training.recipe import Recipe
from jium.training.run import trainer_of

FEW = (2, 4)  # pictures looked at
TRIED = 3  # steps, of which the fastest counts
LONGEST = 5.0  # seconds that a step may take to be tried with all its pictures


@dataclass(frozen=True)
class Costs:
    """Of a batch, there and back. held: bytes at most, beside the weights and what is given; calls:
    of operations, however many pictures there are.
    """

    flops: float
    held: float
    calls: int


def picture_plan(
    recipe: Recipe, model: nn.Module, device: Device, devices: int, tokens: int
) -> tuple[Values, float]:
    """The fields of a TrainingPlan that tell of recipe and model, and seconds of a step on one
    device; tokens: of a caption.
    """
    train, batch = recipe.train, _costs(recipe, model, device.precision, tokens)
    flops = train.accumulate * batch.flops + optimiser_flops(recipe.optim, model)
    if device.rates is None:
        seconds = _step(recipe, model, device, tokens)
    else:
        calls = train.accumulate * batch.calls
        seconds = flops / device.rates.flops + calls * device.rates.call_s
    parameters = parts(model)
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    a_step = train.accumulate * train.batch_size
    counted = dict(
        parameters={**parameters, "all": sum(parameters.values()), "learned": learned},
        memory=_memory(recipe, model, batch, devices),
        weights=WIDE * sum(parameters.values()),
        steps=train.steps,
        pictures_a_step=a_step,
        pictures=train.steps * a_step,
        flops_a_step=flops,
        flops=flops * train.steps,
    )
    return counted, seconds


def _costs(recipe: Recipe, model: nn.Module, precision: str, tokens: int) -> Costs:
    """Of one batch: each picture more multiplies and holds as much more."""
    with _as_before(model):
        seen = [_watched(recipe, model, n, tokens, precision) for n in FEW]
    more = (recipe.train.batch_size - FEW[0]) / (FEW[1] - FEW[0])
    first, second = seen
    return Costs(
        first.flops + more * (second.flops - first.flops),
        max(first.held + more * (second.held - first.held), 0),
        second.calls,
    )


def _memory(recipe: Recipe, model: nn.Module, costs: Costs, devices: int) -> Memory:
    """Bytes of training on such batches, each device holding its share of them."""
    weights = WIDE * sum(p.numel() for p in model.parameters())
    learned = WIDE * sum(p.numel() for p in model.parameters() if p.requires_grad)
    return Memory(
        weights=weights,
        gradients=learned,
        optimiser=optimiser_bytes(recipe.optim, model),
        average=weights if recipe.train.ema else 0,
        activations=round(costs.held / devices),
        logits=0,
        spare=0,
        held=recipe.train.accumulate > 1,
    )


def _step(recipe: Recipe, model: nn.Module, device: Device, tokens: int) -> float:
    """Seconds of a step on this machine: the fastest of some, with all pictures of a batch, or with
    a few of them where that would take long.
    """
    n, few = recipe.train.batch_size, min(FEW[1], recipe.train.batch_size)
    with _as_before(model):
        seconds = _tried(recipe, model, device, few, tokens) * n / few
        if few < n and seconds <= LONGEST:
            seconds = _tried(recipe, model, device, n, tokens)
    return recipe.train.accumulate * seconds


@contextmanager
def _as_before(model: nn.Module) -> Iterator[None]:
    """Random numbers after the block are as if it had not been, and the model back in its place."""
    cuda = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    with torch.random.fork_rng(cuda):
        yield
    model.cpu().zero_grad(set_to_none=True)


def _tried(recipe: Recipe, model: nn.Module, device: Device, n: int, tokens: int) -> float:
    settings = replace(
        recipe.train, steps=TRIED + 1, minutes=None, accumulate=1, precision=device.precision
    )
    batches: Any = repeat(noise_batch(recipe, model, n, tokens))
    asked = replace(recipe, train=settings)
    steps = trainer_of(asked, model, batches, torch.device(device.where)).steps()
    return min([report.seconds for report in steps][1:])


def _watched(recipe: Recipe, model: nn.Module, n: int, tokens: int, precision: str) -> Costs:
    """What `n` pictures cost, on the CPU, whatever the device will be."""
    objective: Any = recipe.objective
    batch = noise_batch(recipe, model, n, tokens)
    known = [*model.parameters(), *model.buffers(), *(batch.tensors().values())]
    half = precision if precision == "float32" else "bfloat16"  # what a CPU has of half precision
    model.train()
    with Seen(known) as seen:
        losses = objective(model, batch)
        while True:
            with autocast(torch.device("cpu"), half):
                loss = next(losses, None)
            if loss is None:
                break
            loss.total.backward()
            model.zero_grad(set_to_none=True)
    return Costs(float(seen.flops), float(seen.peak), seen.calls)


class Seen(TorchDispatchMode):
    """While it is entered: flops, by the formulas of PyTorch's own counter (which itself knows no
    gradient of a gradient); calls of operations; peak, the most bytes of tensors made inside that
    were there at one time.

    known: tensors that were there before, which do not count.
    """

    def __init__(self, known: list[Tensor]) -> None:
        super().__init__()
        self.known = {tensor.untyped_storage()._cdata for tensor in known}
        self.sizes: dict[int, int] = {}
        self.now = self.peak = self.calls = self.flops = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.calls += 1
        self.flops += _flops(func._overloadpacket, args, kwargs or {}, made)
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor):
                self._add(tensor)
        return made

    def _add(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key not in self.sizes and key not in self.known:
            self.sizes[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._drop, key)

    def _drop(self, key: int) -> None:
        self.now -= self.sizes.pop(key)


def _flops(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any], made: Any) -> int:
    """Of one operation; the attention of CPUs is not in PyTorch's table."""
    if operation is torch.ops.aten._scaled_dot_product_flash_attention_for_cpu:
        return sdpa_flop_count(*(tensor.shape for tensor in args[:3]))
    if operation is torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward:
        return sdpa_backward_flop_count(*(tensor.shape for tensor in args[:4]))
    count = flop_registry.get(operation)
    return 0 if count is None else count(*args, **kwargs, out_val=made)
