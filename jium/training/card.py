"""The model card: README.md of a run, written by the trainer from what it did."""

import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from jium.config import Values
from jium.data.image_data import ImageData
from jium.files import write_text
from jium.training.recipe import Recipe

NOTE = "<!-- notes: what stands below this line stays when the card is written again -->"


def write_card(run: Path, plan: Recipe, setup: Any, facts: Values) -> None:
    """Write README.md; what a person wrote below the notes line stays.

    facts: how the training went, by name, after what the setup says of the data.
    """
    path = run / "README.md"
    notes = ""
    if path.is_file() and NOTE in (old := path.read_text("utf-8")):
        notes = old.split(NOTE, 1)[1]
    about = plan.values.get("about", {})
    rows = setup.facts() | facts | _surroundings(setup.task.model)
    lines = [
        f"# {run.name}",
        "",
        f"A model made by jium {version('jium')} for the task `{plan.task}`.",
        "",
        *([about["use"], ""] if "use" in about else []),
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows.items()),
        "",
        "## How it was made",
        "",
        "```",
        command_line(),
        "```",
        "",
        "The resolved recipe is `recipe.toml`; losses and scores by step are in `metrics.jsonl`; "
        "scores on held-out",
        "data, once measured with `jium evaluate`, in `evaluation.json` and `evaluation.md`.",
        "",
        *(setup.card() if hasattr(setup, "card") else []),
        NOTE,
    ]
    write_text(path, "\n".join(lines) + (notes or "\n"))


def trained(plan: Recipe, trainer: Any) -> Values:
    """How long a training by gradients went on, and with what."""
    if isinstance(plan.data, ImageData):
        batch = f"{plan.train.batch_size * plan.train.accumulate:,} pictures at most"
    else:
        batch = f"{plan.train.batch_tokens * plan.train.accumulate:,} tokens at most"
    return {
        "steps": f"{trainer.step:,} of {batch}",
        "training time": f"{trainer.seconds / 60:.1f} minutes",
        "precision": plan.train.precision,
        "seed": plan.train.seed,
    }


def _surroundings(model: torch.nn.Module) -> Values:
    return {
        "parameters": f"{sum(p.numel() for p in model.parameters()):,}",
        "machine": machine(),
        "commit": commit() or "unknown",
        "torch": torch.__version__,
    }


def machine() -> str:
    """The processor or GPU that did the work."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    name = "CPU"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        models = [
            s.split(":")[1].strip() for s in cpuinfo.read_text().splitlines() if "model name" in s
        ]
        name = models[0] if models else name
    threads = torch.get_num_threads()
    return f"{threads} thread{'s' if threads > 1 else ''} of {name}"


def commit() -> str | None:
    """The commit of the jium in use, + where files differ from it; None outside a checkout."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    try:
        found = [
            subprocess.run(
                ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
            )
            for words in (["rev-parse", "--short", "HEAD"], ["status", "--porcelain", "-uno"])
        ]
    except (OSError, subprocess.CalledProcessError):
        return None
    return found[0].stdout.strip() + ("+" if found[1].stdout.strip() else "")


def command_line() -> str:
    """What was typed."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
