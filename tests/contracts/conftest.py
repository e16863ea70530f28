"""A trained run to check contracts on."""

from pathlib import Path

import pytest

from jium.contracts.training import recipe
from jium.training.run import train


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run; read only."""
    place = tmp_path_factory.mktemp("contracts")
    train(recipe(place, steps=4), out=place / "run", quiet=True)
    return place / "run"
