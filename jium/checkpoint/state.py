"""What an interrupted run needs to go on exactly: one file, replaced whole."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from jium.errors import RunError
from jium.files import write_whole

NAME = Path("last") / "state.safetensors"


def save_state(run: Path, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    """Write tensors, and facts that JSON can hold, into `run`/last."""
    whole = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
    about = {"jium": json.dumps(facts)}
    write_whole(run / NAME, lambda path: save_file(whole, path, metadata=about))


def load_state(run: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and facts of the last save. Raises RunError if there is none, or it is damaged."""
    path = run / NAME
    if not path.is_file():
        raise RunError(
            "{path}: not there, so this run cannot be resumed. Train anew into another folder.",
            path=path,
        )
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads(file.metadata()["jium"])
            return {key: file.get_tensor(key) for key in file.keys()}, facts  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            "{path}: is damaged ({error}), so this run cannot be resumed exactly. Its "
            "model.safetensors may "
            "still be whole; or train anew into another folder.",
            path=path,
            error=error,
        ) from error
