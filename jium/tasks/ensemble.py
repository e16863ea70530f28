"""Several classifiers that answer as one.

Models that err in different places are together better than the best of them (Dietterich, 2000,
https://doi.org/10.1007/3-540-45014-9_1): the log-probabilities of the members are averaged, which
is the geometric mean of their probabilities. Each member reads a text in its own way, so a model of
n-gram counts and a Transformer may stand side by side. What they must share is what they say.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import from_numpy, nn

from jium.checkpoint.run import read_config, understood
from jium.config import read_toml
from jium.errors import ConfigError, RunError
from jium.files import write_text
from jium.tasks.classify import Classifier, Text

KINDS = ("classify", "ensemble")
KEPT = ("recipe.toml", "README.md")  # of the first member: where its data is, and what it is


@dataclass
class Ensemble(Classifier):
    """Classifiers with the same labels; `labels` and what is given are those of the first."""

    members: list[Classifier] = field(default_factory=list)

    @classmethod
    def of(cls, members: Sequence[Classifier]) -> Self:
        """Members as one. Raises ConfigError for fewer than two, and for members that do not say
        the same.
        """
        if len(members) < 2:
            raise ConfigError("needs two classifiers or more; got {n}.", key="runs", n=len(members))
        first = members[0]
        for other in members[1:]:
            if (set(other.labels), other.gives) != (set(first.labels), first.gives):
                raise ConfigError(
                    "do not say the same: {ours} ({gives}), and {theirs} ({other}).",
                    key="runs",
                    ours=", ".join(first.labels),
                    gives=first.gives,
                    theirs=", ".join(other.labels),
                    other=other.gives,
                )
        models = nn.ModuleList(member.model for member in members)
        sure = all(member.calibrated for member in members)
        return cls(models, first.reader, first.labels, None, sure, first.gives, list(members))

    @classmethod
    def load(cls, run: Path) -> Self:
        """The ensemble in a folder."""
        with understood(run / "config.json"):
            names = [str(name) for name in read_config(run)["jium"]["members"]]
        return cls.of([_member(run / name) for name in names])

    def scores(self, texts: Sequence[Text]) -> NDArray[np.float32]:
        """The mean of the members' log-probabilities (of a number: of their numbers):
        (texts, classes).
        """
        return np.mean([self._said(member, texts) for member in self.members], axis=0)

    def export(self, out: str | Path, to: str = "transformers") -> None:
        """Raises RunError: other programs know of one model at a time."""
        raise RunError("several models are none that other programs know. Export each by itself.")

    def _said(self, member: Classifier, texts: Sequence[Text]) -> NDArray[np.float32]:
        scores = member.scores(texts)[:, [member.labels.index(label) for label in self.labels]]
        if self.gives == "label":
            return F.log_softmax(from_numpy(scores), dim=1).numpy()
        return scores  # log-odds of each label, or a number


def ensemble(runs: Sequence[str | Path], out: str | Path) -> Ensemble:
    """Write runs of classifiers into the folder `out`, as one that answers for all of them. It is
    measured on the data of the first. Raises RunError where `out` is in use, and where the members
    set apart different texts: some would be measured on what they were trained on.
    """
    folders, out = [Path(run) for run in runs], Path(out)
    found = Ensemble.of([_member(folder) for folder in folders])
    if out.exists() and any(out.iterdir()):
        raise RunError("{run}: is not empty. Give another folder.", run=out)
    _check_data(folders)
    names = [f"members/{number}" for number in range(1, len(folders) + 1)]
    unneeded = shutil.ignore_patterns("last", "tensorboard")
    for folder, name in zip(folders, names, strict=True):
        shutil.copytree(folder, out / name, ignore=unneeded)
    for name in KEPT:
        if (folders[0] / name).is_file():
            shutil.copy(folders[0] / name, out / name)
    about: dict[str, Any] = {"task": "ensemble", "members": names}
    write_text(out / "config.json", json.dumps({"jium": about}, indent=2) + "\n")
    return found


def _member(run: Path) -> Classifier:
    """A classifier, or an ensemble of such."""
    task = read_config(run)["jium"].get("task")
    if task not in KINDS:
        raise RunError(
            '{run}: was made for the task "{task}"; only classifiers go together.',
            run=run,
            task=task,
        )
    return (Ensemble if task == "ensemble" else Classifier).load(run)


def _check_data(folders: Sequence[Path]) -> None:
    data = [_splits(folder) for folder in folders]
    for folder, theirs in zip(folders[1:], data[1:], strict=True):
        if theirs != data[0]:
            raise RunError(
                "{run}: was trained with another [data] section than {first} (files, seed or "
                "shares), so that texts on which both are measured may be texts that it learned. "
                "Train it with the same.",
                run=folder,
                first=folders[0],
            )


def _splits(folder: Path) -> dict[str, Any]:
    """What decides which texts a run was trained on."""
    path = folder / "recipe.toml"
    section = read_toml(path)["data"] if path.is_file() else {}
    kept = ("train", "valid", "test", "folder", "seed", "valid_share", "test_share")
    return {key: section.get(key) for key in kept}
