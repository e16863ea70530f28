"""Tiny runs for tests of training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jium.config import override
from jium.contracts.training import recipe
from jium.training.recipe import Recipe
from jium.training.run import train

Start = Callable[..., Any]


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., Recipe]:
    """A recipe for a run of a second, with overrides."""

    def made(*overrides: str, steps: int = 9) -> Recipe:
        return Recipe.of(override(recipe(tmp_path, steps).values, overrides), "tiny")

    return made


@pytest.fixture
def start(plan: Callable[..., Recipe], tmp_path: Path) -> Start:
    """Train such a recipe into `tmp_path`/NAME."""

    def made(*overrides: str, name: str = "run", steps: int = 9, resume: bool = False) -> Any:
        chosen = plan(*overrides, steps=steps)
        return train(chosen, out=tmp_path / name, resume=resume, quiet=True)

    return made
