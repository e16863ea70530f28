"""How fast machines compute: kinds of devices by their data sheets, and this machine by trying."""

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from jium.config import nearest
from jium.errors import ConfigError
from jium.messages import say
from jium.training.card import machine
from jium.training.costs import (
    Batch,
    blocks,
    guessed,
    optimiser_flops,
    output_size,
    products,
    training_flops,
)
from jium.training.devices import TYPES, choose_device, choose_precision
from jium.training.memory import WIDE, activations

UTILISATION = 0.4  # of the peak that training reaches: PaLM 46 % (Chowdhery et al., 2022, table 3)
SECONDS = 1.0  # of trying
SHAPES = 6  # that are tried
CALLS = 50  # one after another
CALL_S = 1e-5  # to have PyTorch start an operation on a GPU
# Of five recipes on one core of a Xeon at 2.5 GHz (float32):
KEPT_MADE = 8  # numbers made for each that the forward pass keeps
LOGIT_MADE = 3  # for each logit
WEIGHT_MADE = 5  # for each weight: its gradient clipped, moments, itself
BLOCK_CALLS = 150  # operations of a block, there and back


@dataclass(frozen=True)
class DeviceKind:
    """A kind of device: what its data sheet says, dense, without sparsity.

    float32, half: peak FLOP/s; half_type: the half precision that training takes. memory: bytes;
    watts: of the whole board at most. Where two sizes exist, the larger.
    """

    name: str
    float32: float
    half: float
    half_type: str
    memory: float | None
    watts: float | None
    source: str


CORE = "one core: 2 units of 16 multiply-adds each (AVX-512) at 2.5 GHz"
# float32 is that of plain units: PyTorch does not take TF32 unless told to.
KINDS = {
    kind.name: kind
    for kind in (
        DeviceKind("cpu", 160e9, 160e9, "float32", None, None, CORE),
        DeviceKind("t4", 8.1e12, 65e12, "float16", 16e9, 70.0, "NVIDIA T4, data sheet, 2019"),
        DeviceKind("rtx4090", 82.6e12, 165e12, "bfloat16", 24e9, 450.0, "Ada white paper, 2022"),
        DeviceKind("a100", 19.5e12, 312e12, "bfloat16", 80e9, 400.0, "SXM, data sheet, 2021"),
        DeviceKind("h100", 67e12, 989e12, "bfloat16", 80e9, 700.0, "SXM, data sheet, 2023"),
        DeviceKind("h200", 67e12, 989e12, "bfloat16", 141e9, 700.0, "SXM, data sheet, 2024"),
    )
}


@dataclass(frozen=True)
class Rates:
    """What this machine does. flops: a second, in the products of a model; element_s: seconds to
    make one number of another; call_s: seconds to call any small operation.
    """

    flops: float
    element_s: float
    call_s: float


@dataclass(frozen=True)
class Device:
    """What trains. where: "cuda" or "cpu". Of one: memory, in bytes; watts; rates, None where they
    are to be tried; flops a second that training reaches. source: where the speed is from.
    """

    name: str
    where: str
    precision: str
    memory: float | None
    watts: float | None
    source: str
    rates: Rates | None = None
    flops: float | None = None


def _kind_of(name: str) -> DeviceKind:
    """The kind of that name. Raises ConfigError with the nearest name and all names."""
    if name not in KINDS:
        raise ConfigError(
            'no kind of device "{name}".{near} Known: {known}.',
            key="device_kind",
            name=name,
            near=nearest(name, KINDS),
            known=", ".join(KINDS),
        )
    return KINDS[name]


def device_of_kind(name: str, wanted: str) -> Device:
    """A device of a data sheet; wanted: [train] precision. Raises ConfigError for an unknown
    kind.
    """
    kind = _kind_of(name)
    precision = kind.half_type if wanted == "auto" else wanted
    peak = kind.float32 if precision == "float32" else kind.half
    source = say(
        "{share} of the {peak} FLOP/s of its data sheet ({source})",
        share=f"{UTILISATION:.0%}",
        peak=f"{peak:.3g}",
        source=kind.source,
    )
    where = "cpu" if kind.name == "cpu" else "cuda"
    rates = Rates(UTILISATION * peak, 0.0, CALL_S if where == "cuda" else 0.0)
    return Device(kind.name, where, precision, kind.memory, kind.watts, source, rates)


def this_device(wanted: str, precision: str) -> Device:
    """What this machine has, its speed not known yet; wanted, precision: of [train]."""
    where = choose_device(wanted)
    precision = choose_precision(precision, where)
    source = say("tried on the shapes of this model")
    return Device(machine(), str(where), precision, _memory_of(where), None, source)


def _memory_of(device: torch.device) -> float | None:
    """Bytes; None where the system does not tell."""
    if device.type == "cuda":
        return float(torch.cuda.get_device_properties(device).total_memory)
    if not hasattr(os, "sysconf"):
        return None
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def measure(model: nn.Module, batch: Batch, device: Device) -> Rates:
    """Try the products of a model on such batches, forwards and backwards, for about a second.

    What is too large to be tried in time is tried in part. The fastest of many times is taken, so
    that other work on the machine disturbs little.
    """
    made, tokens = products(model, batch.text_tokens, batch.rate), batch.tokens
    place, dtype = torch.device(device.where), TYPES.get(device.precision, torch.float32)
    shapes = Counter((p.inputs, p.outputs, max(1, round(tokens * p.share))) for p in made)
    work = {shape: n * 2.0 * shape[0] * shape[1] * shape[2] for shape, n in shapes.items()}
    tried = sorted(work, key=lambda shape: -work[shape])[:SHAPES]
    each = SECONDS / (3 * len(tried) + 2)
    seconds = {shape: work[shape] / _flops(shape, place, dtype, each) for shape in tried}
    rows, columns = min(tokens, 4096), min(min(shape[0] for shape in tried), 4096)
    return Rates(
        flops=sum(work[shape] for shape in tried) / sum(seconds.values()),
        element_s=_elementwise(rows, columns, 1, place, each) / (rows * columns),
        call_s=_elementwise(1, 1, CALLS, place, each) / CALLS,
    )


def step_seconds(
    rates: Rates, model: nn.Module, optimiser: Any, batches: int, batch: Batch
) -> float:
    """How long a step of so many batches takes: products, then numbers made one by one (in norms,
    activations, dropout, the softmax, the optimiser), then calls, which small models wait for.
    """
    flops = batches * training_flops(model, batch) + optimiser_flops(optimiser, model)
    kept, logits = activations(model, batch) / WIDE, output_size(model)[0] * guessed(model, batch)
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    numbers = batches * (KEPT_MADE * kept + LOGIT_MADE * logits) + WEIGHT_MADE * learned
    calls = batches * BLOCK_CALLS * sum(1 for _ in blocks(model))
    return flops / rates.flops + numbers * rates.element_s + calls * rates.call_s


def _flops(
    shape: tuple[int, int, int], device: torch.device, dtype: torch.dtype, each: float
) -> float:
    """FLOPs a second of one product and the two that lead back through it."""
    widest, most = (4096, 4e9) if device.type == "cpu" else (16384, 4e12)
    inputs, outputs = min(shape[0], widest), min(shape[1], widest)
    rows = max(16, min(shape[2], round(most / (2 * inputs * outputs))))
    x = torch.ones(rows, inputs, device=device, dtype=dtype)  # the random state stays as it is
    w = torch.ones(outputs, inputs, device=device, dtype=dtype)
    g = torch.ones(rows, outputs, device=device, dtype=dtype)
    times = [_fastest(f, device, each) for f in (lambda: x @ w.T, lambda: g @ w, lambda: g.T @ x)]
    return 3 * 2.0 * rows * inputs * outputs / sum(times)


def _elementwise(
    rows: int, columns: int, calls: int, device: torch.device, seconds: float
) -> float:
    x = torch.ones(rows, columns, device=device)

    def call() -> None:
        for _ in range(calls):
            nn.functional.silu(x)

    return _fastest(call, device, seconds)


def _fastest(call: Callable[[], object], device: torch.device, seconds: float) -> float:
    """Seconds of the fastest of many calls."""

    def once() -> float:
        began = time.perf_counter()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - began

    once()
    best, end = once(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        best = min(best, once())
    return best
