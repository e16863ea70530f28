"""Where and how precisely to compute."""

import os
from contextlib import AbstractContextManager, nullcontext

import torch

from jium.errors import ConfigError

TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def choose_device(wanted: str) -> torch.device:
    """ "auto" is the first GPU there is, else the CPU. Raises ConfigError for a GPU that is not
    there.
    """
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(
            "is {device}, but this machine has no GPU that torch can use. Set train.device=cpu.",
            key="train.device",
            device=wanted,
        )
    return torch.device(wanted)


def choose_precision(wanted: str, device: torch.device) -> str:
    """ "auto" is bfloat16 where the processor multiplies it in hardware, else float32."""
    if wanted == "float16" and device.type == "cpu":
        raise ConfigError(
            "float16 needs a GPU; on the CPU take bfloat16 or float32.", key="train.precision"
        )
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    return "bfloat16" if torch.backends.mkldnn.is_available() and _cpu_has_bfloat16() else "float32"


def _cpu_has_bfloat16() -> bool:
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """Matrix products in `precision`; weights, norms and losses stay float32."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, TYPES[precision])


def set_threads(threads: int | None) -> None:
    """Use so many CPU threads; None: as OMP_NUM_THREADS says, else every core there is."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    torch.set_num_threads(threads or (int(asked) if asked.isdecimal() else _cores()))


def _cores() -> int:
    """Cores that this process may run on, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
