"""Recipes: TOML in, frozen dataclasses out, validated once, here at the door.

A setting lives beside what it configures, in a class marked `@config`: a frozen, keyword-only
dataclass whose defaults are written once. Relations between fields are checked in its
`__post_init__`, which raises `ConfigError(..., key="field")`. `build` turns the values of a recipe
into such an object and says, with the dotted path of the key, what does not fit.

A class may name `sizes: ClassVar[dict[str, dict]]`; then `size = "small"` stands for those values,
and any of them may be given beside it.
"""

import copy
import dataclasses
import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, dataclass_transform

import tomlkit
from pydantic import ConfigDict, TypeAdapter, ValidationError

from jium.errors import ConfigError
from jium.messages import say

T = TypeVar("T")
Values = dict[str, Any]


@dataclass_transform(kw_only_default=True, frozen_default=True)
def config(cls: type[T]) -> type[T]:
    """Make `cls` a frozen, keyword-only dataclass that refuses unknown keys and wrong types at the
    door.
    """
    cls.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[attr-defined]
    return dataclasses.dataclass(frozen=True, kw_only=True)(cls)


# ---------------------------------------------------------------- text to values


def read_toml(path: str | Path) -> Values:
    """Read a TOML file. Raises ConfigError with the line where it stops being TOML."""
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError("{path}: no such recipe.", path=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("{path}: cannot be read: {error}", path=path, error=error) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("{path}: is not TOML: {error}", path=path, error=error) from error


def write_toml(values: Values) -> str:
    """The values as TOML text. A None has no spelling in TOML and is left out."""
    return tomlkit.dumps(_without_none(values))


def override(values: Values, overrides: Iterable[str]) -> Values:
    """A copy of `values` with `key.path=value` applied; the value is TOML, a bare word is a
    string, and null takes away what the recipe says.
    """
    changed = copy.deepcopy(values)
    for text in overrides:
        key, equals, value = text.partition("=")
        path = [part.strip() for part in key.split(".")]
        if not equals or not all(path):
            raise ConfigError('"{text}" is not key=value, as in optim.lr=1e-4.', text=text)
        node = changed
        for depth, part in enumerate(path[:-1], 1):
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise ConfigError("is a value, not a section.", key=".".join(path[:depth]))
        if value.strip() == "null":
            node.pop(path[-1], None)  # as if the recipe did not say it
        else:
            node[path[-1]] = _toml_value(value.strip())
    return changed


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


# ---------------------------------------------------------------- values to objects


def build(cls: type[T], values: Mapping[str, Any], path: str = "") -> T:
    """Make the `@config` class `cls` from `values`, which stand in the recipe under `path`.

    Raises ConfigError naming the key, the value and, for an unknown key, the nearest that exists.
    """
    if not isinstance(values, Mapping):
        raise ConfigError("must be a section, not {value!r}.", key=path, value=values)
    values = _with_size(cls, dict(values), path)
    try:
        # A date has no spelling in JSON: it stays text.
        return TypeAdapter(cls).validate_json(json.dumps(values, default=str))
    except ValidationError as failure:
        raise _explain(failure.errors()[0], cls, path) from None
    except ConfigError as error:
        error.key = _join(path, error.key)
        raise


def build_kind(
    table: Mapping[str, str], values: Mapping[str, Any], path: str, default: str | None = None
) -> Any:
    """Make the object that `values["kind"]` names in `table` (kind to "module:Class")."""
    rest = dict(values)
    kind = rest.pop("kind", default)
    return build(find_kind(table, kind, path), rest, path)


def find_kind(table: Mapping[str, str], kind: object, path: str) -> Any:
    """The class that `kind` names in `table`. Raises ConfigError with the nearest name and all
    names.
    """
    if not isinstance(kind, str) or kind not in table:
        raise ConfigError(
            'no {what} "{kind}".{near} Known: {known}.',
            key=_join(path, "kind"),
            what=path.rsplit(".", 1)[-1],
            kind=kind,
            near=nearest(str(kind), table),
            known=", ".join(sorted(table)),
        )
    module, name = table[kind].split(":")
    return getattr(import_module(module), name)


def to_values(settings: Any) -> Values:
    """The fields of a `@config` object as plain values, ready for `write_toml`."""
    return json.loads(json.dumps(dataclasses.asdict(settings)))


def nearest(name: str, known: Iterable[str]) -> str:
    """` Did you mean "x"?`, or nothing where no known name is near."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.55)
    return say(' Did you mean "{name}"?', name=close[0]) if close else ""


def _with_size(cls: type, values: Values, path: str) -> Values:
    sizes: dict[str, Values] | None = getattr(cls, "sizes", None)
    if sizes is None or "size" not in values:
        return values
    size = values.pop("size")
    if not isinstance(size, str) or size not in sizes:
        raise ConfigError(
            "no size {size!r}.{near} Known: {known}.",
            key=_join(path, "size"),
            size=size,
            near=nearest(str(size), sizes),
            known=", ".join(sizes),
        )
    return sizes[size] | values


def _explain(error: Any, cls: type, path: str) -> ConfigError:
    """Turn pydantic's first complaint into ours."""
    where = [str(part) for part in error["loc"] if part not in TYPE_NAMES]
    key = _join(path, ".".join(where))
    if error["type"] == "unexpected_keyword_argument":
        known = [field.name for field in dataclasses.fields(cls)]
        if hasattr(cls, "sizes"):
            known.append("size")
        return ConfigError(
            "unknown key.{near} Known: {known}.",
            key=key,
            near=nearest(where[-1], known),
            known=", ".join(known),
        )
    if error["type"] == "missing":
        return ConfigError("is missing; the recipe must give it.", key=key)
    ours = error["type"] in WRONG_TYPES
    return ConfigError(
        WRONG_TYPES[error["type"]] if ours else "{problem}; got {value!r}.",
        key=key,
        problem=error["msg"],
        value=error["input"],
        expected=error.get("ctx", {}).get("expected", "").replace(" or ", ", "),
    )


TYPE_NAMES = {"str", "int", "float", "bool", "list[str]"}  # branches of a union, not keys
WRONG_TYPES = {  # pydantic explains the rest, in English only
    "int_type": "must be a whole number; got {value!r}.",
    "float_type": "must be a number; got {value!r}.",
    "bool_type": "must be true or false; got {value!r}.",
    "string_type": "must be text; got {value!r}.",
    "list_type": "must be a list; got {value!r}.",
    "literal_error": "must be one of {expected}; got {value!r}.",
}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_none(v) for v in value]
    return value
