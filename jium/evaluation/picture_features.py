"""Pictures as vectors in which sets of them are compared: of a model trained here, or Inception's.

A distance is worth what the features are. Those of a model trained here see what that model was
taught to see, and figures in them must not be compared with published ones: their signature says
so, and which weights they come from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from jium.checkpoint.run import read_config
from jium.data.image_batches import as_tensor
from jium.errors import ConfigError
from jium.models.inception import read_inception
from jium.tasks import load
from jium.tasks.attributes import AttributeClassifier
from jium.tasks.match import Matcher
from jium.tasks.paint import Painter

Images = Sequence[NDArray[np.uint8]]
TOGETHER = 16  # pictures that Inception sees at a time


@dataclass(frozen=True)
class Features:
    """vectors: uint8 pictures (height, width, 3) to (pictures, dim). signature: what they are."""

    vectors: Callable[[Images], NDArray[np.floating]]
    signature: str

    def __call__(self, pictures: Images) -> NDArray[np.floating]:
        return self.vectors(pictures)


def features_of(task: AttributeClassifier | Matcher) -> Features:
    """What a judge sees before it names anything; the vectors of a CLIP, times the root of their
    width, so that their values are about 1. Raises ConfigError for another task.
    """
    if isinstance(task, AttributeClassifier):
        return Features(lambda seen: task.features(list(seen)).numpy(), _said(task))
    if isinstance(task, Matcher):
        scale = task.model.config.projection_dim**0.5
        return Features(lambda seen: scale * task.embed(list(seen)), _said(task))
    raise ConfigError(
        "features come from a run of the task attributes or match; got {task}.",
        key="features",
        task=task.about()["task"],
    )


def inception_features(path: str | Path) -> Features:
    """Inception's, of weights that the user has: those that published FID stands for."""
    model = read_inception(Path(path))

    @torch.inference_mode()
    def vectors(pictures: Images) -> NDArray[np.floating]:
        parts = (pictures[i : i + TOGETHER] for i in range(0, len(pictures), TOGETHER))
        return torch.cat([model(as_tensor(np.stack(part))) for part in parts]).numpy()

    return Features(vectors, f"features:Inception 2015-12-05 {fingerprint(model)}")


def read_task(run: Any, name: str, wanted: str) -> Any:
    """The model of a run that is to help measuring; a task at hand stays as it is.

    name: the option that gave it. wanted: the task it must have. Raises ConfigError for another.
    """
    if not isinstance(run, str | Path):
        return run
    task = read_config(Path(run))["jium"].get("task")
    if task not in wanted.split(" or "):
        raise ConfigError(
            "must be a run of the task {wanted}; {run} is one of the task {task}.",
            key=name,
            wanted=wanted,
            run=run,
            task=task,
        )
    return load(run)


def fingerprint(model: Any) -> str:
    """Eight digits that say which weights these are."""
    return Painter(model).fingerprint[:8]


def _said(task: AttributeClassifier | Matcher) -> str:
    name = task.about()["task"]
    return f"features:{name}-{fingerprint(task.model)}, not Inception's"
