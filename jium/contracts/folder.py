"""Contracts of the run folder: what was saved is what is loaded, wherever the folder is."""

import math
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from jium.checkpoint.run import save_config, save_weights
from jium.contracts import tiny
from jium.tasks import load

TEXTS = ["나는 오늘 물을 산다.", "우리는 내일 책을 본다."]
NEEDED = ("config.json", "model.safetensors")
OPTIONAL = ("tokenizer.json", "tokenizer_config.json", "generation_config.json")


def save_load() -> float:
    """A translator written to a folder that then moves, against the one that was written."""
    with TemporaryDirectory() as folder:
        task, place = tiny.translator(), Path(folder)
        save_config(place / "a", "seq2seq", task.model.config, task.about())
        save_weights(place / "a", task.model)
        task.tokenizer.save(place / "a")
        (place / "a").rename(place / "b")
        return _difference(task, load(place / "b"))


def load_elsewhere(run: Path) -> float:
    """A run loaded where it is, against a copy of its model files loaded elsewhere."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        for name in (*NEEDED, *OPTIONAL):
            if name in NEEDED or (run / name).is_file():
                shutil.copy(run / name, place)
        return _difference(load(run), load(place))


def _difference(one: Any, other: Any) -> float:
    """How many weights are not the same, bit for bit; infinite where ids or answers differ."""
    ours, theirs = one.model.state_dict(), other.model.state_dict()
    same = [_answers(one) == _answers(other), one.about() == other.about()]
    if not all(same) or ours.keys() != theirs.keys():
        return math.inf
    return float(sum(not torch.equal(ours[name], theirs[name]) for name in ours))


@torch.no_grad()
def _answers(task: Any) -> list[object]:
    """What it makes of two texts, or paints; of other tasks what their tokenizers say."""
    tokenizer = getattr(task, "tokenizer", None)
    ids = [] if tokenizer is None else [tokenizer.encode(text) for text in TEXTS]
    if hasattr(task, "paint"):
        return [ids, [picture.tobytes() for picture in task.paint(n=2, seed=0)]]
    verb = getattr(task, "translate", None) or getattr(task, "generate", None)
    return [ids, [] if verb is None else verb(TEXTS, beam=1, max_tokens=16, seed=0)]
