"""A recipe: everything that makes a run, in one TOML file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from rich.table import Table

from jium.config import (
    Values,
    build,
    build_kind,
    find_kind,
    nearest,
    override,
    read_toml,
    to_values,
)
from jium.data import DATA
from jium.errors import ConfigError, RunError
from jium.generation.painting import PaintConfig
from jium.generation.settings import GenerationConfig
from jium.messages import say
from jium.models import CONFIGS
from jium.objectives import OBJECTIVES
from jium.text.settings import TokenizerConfig
from jium.training.optimisers import OPTIMISERS
from jium.training.plans import TASK, plan_of
from jium.training.schedules import SCHEDULES
from jium.training.trainer import TrainConfig
from jium.training.transfer import TransferConfig, settle

KINDS: dict[str, dict[str, str]] = {  # sections of several kinds
    "data": DATA,
    "model": CONFIGS,
    "objective": OBJECTIVES,
    "optim": OPTIMISERS,
    "schedule": SCHEDULES,
}
SECTIONS: dict[str, type] = {  # sections of one kind
    "tokenizer": TokenizerConfig,
    "train": TrainConfig,
    "generation": GenerationConfig,
    "transfer": TransferConfig,
    "paint": PaintConfig,
}
RECIPES = Path(__file__).parents[1] / "recipes"  # in an installed package; in a checkout, beside it
MAY_CHANGE = {
    "train.steps",
    "train.minutes",
    "train.patience",
    "train.threads",
}  # when a run goes on


@dataclass(frozen=True)
class Recipe:
    """The settings of a run, built and checked; `values` is what they were built from, defaults
    filled in.
    """

    name: str
    task: str
    values: Values
    data: Any
    model: Any
    tokenizer: Any = None  # the rest where the plan of the task has such a section
    objective: Any = None
    optim: Any = None
    schedule: Any = None
    train: Any = None
    generation: Any = None
    transfer: Any = None
    paint: Any = None

    @classmethod
    def of(cls, values: Values, name: str) -> Self:
        """Build and check every section. Raises ConfigError naming the key that is wrong."""
        values = settle(values)  # the kind of model is that of the encoder it starts from
        plan = plan_of(values)
        known = ["task", "about", *plan.sections]
        for key in values:
            if key not in known:
                raise ConfigError(
                    "unknown section.{near} Known: {known}.",
                    key=key,
                    near=nearest(key, known),
                    known=", ".join(known),
                )
        task = values.get("task", TASK)
        parts: dict[str, Any] = {}
        whole: Values = {"task": task, "about": values.get("about", {})}
        for section, default in plan.sections.items():
            given = values.get(section, {})
            if section in SECTIONS:
                parts[section] = build(SECTIONS[section], given, section)
                whole[section] = to_values(parts[section])
                continue
            kind = given.get("kind", default) if isinstance(given, dict) else default
            parts[section] = build_kind(KINDS[section], given, section, default)
            whole[section] = {"kind": kind} | to_values(parts[section])
        return cls(name=name, task=task, values=whole, **parts)


def recipe(name_or_path: str | Path, *overrides: str) -> Recipe:
    """Read a recipe by name or from a TOML file, with `key.path=value` overrides.

    Raises ConfigError for a recipe that is not there, an unknown key, a wrong type, an impossible
    relation.
    """
    path = find(name_or_path)
    values = read_toml(path)
    name = path.parent.name if path.name == "recipe.toml" else path.stem  # of a run folder
    return Recipe.of(_apply(values, overrides), name)


def _apply(values: Values, overrides: Sequence[str]) -> Values:
    """Override a recipe. Another kind makes the settings of the old kind meaningless, and another
    size those that the size stands for: they go.
    """
    changed, alone = override(values, overrides), override({}, overrides)
    for section, default in plan_of(values).sections.items():
        asked = alone.get(section)
        if section in SECTIONS or not (
            isinstance(asked, dict) and isinstance(changed[section], dict)
        ):
            continue
        before = values.get(section, {}).get("kind", default)
        if asked.get("kind", before) != before:
            changed[section] = asked
        elif "size" in asked:
            sizes = getattr(find_kind(KINDS[section], before, section), "sizes", {})
            for key in set(sizes.get(asked["size"], ())) - set(asked):
                changed[section].pop(key, None)
    return changed


def find(name_or_path: str | Path) -> Path:
    """The file of a recipe: the name of one that comes with jium, a path, or a run folder.

    A run folder of the same name as a recipe is meant by a path, as in ./quickstart.
    """
    names = {file.stem: file for file in shipped()}
    if str(name_or_path) in names:
        return names[str(name_or_path)]
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.is_file():
        return path
    if path.is_dir():
        return path / "recipe.toml"
    raise ConfigError(
        'no recipe "{name}".{near} Known: {known}. Or give the path of a .toml file.',
        name=name_or_path,
        near=nearest(str(name_or_path), names),
        known=", ".join(names),
    )


def shipped() -> list[Path]:
    """The recipes that come with jium."""
    folder = RECIPES if RECIPES.is_dir() else RECIPES.parents[1] / "recipes"
    return sorted(folder.glob("*.toml"))


def about_table() -> Table:
    """What the shipped recipes make, from their [about] sections."""
    columns = ("recipe", "makes", "data", "minutes", "score", "machine")
    table = Table(*(say(column) for column in columns), box=None, pad_edge=False)
    for path in shipped():
        about = read_toml(path).get("about", {})
        table.add_row(path.stem, *(str(about.get(column, "-")) for column in columns[1:]))
    return table


def check_unchanged(before: Values, now: Values) -> None:
    """A run goes on only with the recipe it began with. Raises RunError naming what was changed."""
    old, new = _flat(before), _flat(now)
    changed = [k for k in sorted(old | new) if old.get(k) != new.get(k) and k not in MAY_CHANGE]
    changed = [key for key in changed if not key.startswith("about.")]
    if changed:
        key = changed[0]
        raise RunError(
            "the run was begun with {key}={old!r}, and now it is {new!r} ({count} changed in "
            "all). A run goes on "
            "with its own recipe: leave the override out, or train into another folder. Only "
            "{free} may change.",
            key=key,
            old=old.get(key),
            new=new.get(key),
            count=len(changed),
            free=", ".join(sorted(MAY_CHANGE)),
        )


def _flat(values: Values, path: str = "") -> Values:
    """Nested values as one table of dotted keys; what TOML cannot say (None) is left out."""
    table: Values = {}
    for key, value in values.items():
        if isinstance(value, dict):
            table |= _flat(value, f"{path}{key}.")
        elif value is not None:
            table[f"{path}{key}"] = value
    return table
