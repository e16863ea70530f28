"""The plain texts that a run is measured on."""

from pathlib import Path

from jium.config import build, read_toml
from jium.data.split import SPLITS
from jium.data.texts import TextData, Texts
from jium.errors import ConfigError


def measured_texts(run: Path | None, data: str, column: str | None = None) -> list[str]:
    """The texts to measure on: a split of the run's own data, by its recipe, or a file."""
    if data not in SPLITS:
        given = build(TextData, {"train": data, "test": data, "text": column}, "data")
        return list(Texts(given).split("test"))
    if run is None:
        raise ConfigError(
            "{data!r} is a split of a run's own data; give the run folder, or a file, or texts.",
            key="data",
            data=data,
        )
    section = read_toml(run / "recipe.toml")["data"]
    settings = build(TextData, {k: v for k, v in section.items() if k != "kind"}, "data")
    return list(Texts(settings).split(data))
