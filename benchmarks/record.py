"""Write down what a benchmark found, with all that a number needs to mean something."""

import json
import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

RESULTS = Path(__file__).parent / "results"
ABSOLUTE = re.compile(r"(?<![\w./])/(?:[^\s/,]+/)*([^\s/,]+)")
_BEGAN = time.perf_counter()
_LOAD = os.getloadavg()[0]


def record(name: str, figures: Any, about: dict[str, Any]) -> Path:
    """Write `results/NAME.json`; returns its path.

    figures: what was measured. about: what was compared, and with which settings.
    """
    document = {"name": name, **circumstances(), "about": without_paths(about), "figures": figures}
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return path


def circumstances() -> dict[str, Any]:
    """When, where, with which code and by which command. wall_s counts from the import of this
    file; load is the number of processes that were running then, so above 0.5 the machine was not
    quiet.
    """
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
            "load": round(_LOAD, 2),
        },
        "python": platform.python_version(),
        "torch": torch.__version__,
        "commit": _commit(),
        "command": " ".join(["python", *map(_portable, sys.argv)]),
        "wall_s": round(time.perf_counter() - _BEGAN, 1),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        facts = dict(
            (part.strip() for part in line.split(":", 1))
            for line in cpuinfo.read_text().split("\n\n")[0].splitlines()
            if ":" in line
        )
        if "model name" in facts:  # a name such as "AMD EPYC" alone says too little
            family = f"family {facts.get('cpu family', '?')} model {facts.get('model', '?')}"
            return f"{facts['model name']} ({family})"
    return platform.processor() or platform.machine()


def _commit() -> str:
    """The commit of the code, "+" after it where something is not committed."""

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], capture_output=True, text=True, cwd=Path(__file__).parent
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    changed = git("status", "--porcelain", "--", "..", ":!results")
    return (git("rev-parse", "HEAD") or "none") + ("+" if changed else "")


def without_paths(value: Any) -> Any:
    """Values whose texts name the end of a path alone: the rest is particular to a machine."""
    if isinstance(value, dict):
        return {key: without_paths(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_paths(one) for one in value]
    return ABSOLUTE.sub(r"\1", value) if isinstance(value, str) else value


def _portable(argument: str) -> str:
    """A path without what is particular to this machine."""
    path = Path(argument)
    outside = path.is_absolute() or path.parts[:1] == ("..",)
    return "/".join(path.parts[-2:]) if outside else str(without_paths(argument))
