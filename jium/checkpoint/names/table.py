"""What a family of Hugging Face is made of: its words for our settings and tensors."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from jium.errors import RunError

Tensors = dict[str, Tensor]
Values = dict[str, Any]


@dataclass(frozen=True)
class Head:
    """What stands on an encoder in one of their architectures.

    kind: of `jium.models.heads.HEADS`. tensors: our names below `head.` to theirs, which have no
    prefix. settings: their config.json to values of `HeadConfig`.
    """

    kind: str
    tensors: Mapping[str, str]
    settings: Callable[[Values], Values] = lambda document: {
        "n_outputs": len(document.get("id2label") or range(document.get("num_labels", 2)))
    }


def _same(tensors: Tensors, config: Any) -> Tensors:
    return tensors


@dataclass(frozen=True)
class Family:
    """A family both ways. Names are beginnings; * is the number of a block.

    kind: of our model. architecture: what a model of these settings is called there.
    tensors: our names to theirs, which stand under `prefix` unless the architecture is `base`.
    beside: those that never do. ignored: a pattern of theirs that say nothing new. older: parts of
    names of old versions to what they are now.
    from_settings: config.json, with `defaults` for what it leaves out, to values of our
    settings; raises RunError for what has no twin here. to_settings: our settings to config.json.
    unlike: which of our settings the family has no word for.
    settle: after renaming, puts right what only the tensors say. from_tensors and to_tensors: where
    renaming is not enough, between our names with their tensors, and our own.
    heads: by architecture, what stands on an encoder.
    """

    model_type: str
    kind: str
    tensors: Mapping[str, str]
    architecture: Callable[[Any], str]
    from_settings: Callable[[Values], Values]
    to_settings: Callable[[Any], Values]
    unlike: Callable[[Any], Mapping[str, bool]]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    base: str = ""
    prefix: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)
    ignored: str = r"(?!)"
    older: Mapping[str, str] = field(default_factory=dict)
    settle: Callable[[Values, Tensors], None] = lambda values, tensors: None
    from_tensors: Callable[[Tensors, Any], Tensors] = _same
    to_tensors: Callable[[Tensors, Any], Tensors] = _same
    heads: Mapping[str, Head] = field(default_factory=dict)

    def ours(
        self, tensors: Tensors, head: Head | None = None
    ) -> tuple[Tensors, Tensors, list[str]]:
        """Their tensors by our names: those of the model, those of the head on it, and the names
        that are not known.
        """
        body = {theirs: ours for ours, theirs in (*self.tensors.items(), *self.beside.items())}
        top = {theirs: ours for ours, theirs in head.tensors.items()} if head else {}
        found: tuple[Tensors, Tensors] = ({}, {})
        unknown = []
        for name, tensor in tensors.items():
            current = name.removeprefix(self.prefix)
            for old, new in self.older.items():
                current = current.replace(old, new)
            for table, part in zip((top, body), reversed(found), strict=True):
                if (ours := renamed(current, table)) is not None:
                    part[ours] = tensor
                    break
            else:
                if not re.search(self.ignored, name):
                    unknown.append(name)
        return *found, unknown

    def theirs(self, tensors: Tensors, architecture: str) -> Tensors:
        """The tensors of our model by the names that they have in an architecture."""
        prefix = "" if architecture == self.base else self.prefix
        table = {ours: prefix + theirs for ours, theirs in self.tensors.items()}
        return all_renamed(tensors, table | dict(self.beside))

    def refuse_unlike(self, config: Any) -> None:
        """Raises RunError for a model that has settings the family has no word for."""
        if wrong := [name for name, so in self.unlike(config).items() if so]:
            raise RunError(
                "a model with {settings} is no {family} as others know it, and cannot be written "
                "as one.",
                settings=", ".join(wrong),
                family=self.model_type,
            )


def all_renamed(tensors: Tensors, table: Mapping[str, str]) -> Tensors:
    """Tensors by their names in the table, which must know all of them."""
    found = {}
    for name, tensor in tensors.items():
        other = renamed(name, table)
        assert other is not None, f"{name}: a family names all of the models it does not refuse"
        found[other] = tensor
    return found


def renamed(name: str, table: Mapping[str, str]) -> str | None:
    """The name with its beginning replaced by the table; None where the table does not know it."""
    number = re.search(r"(?:^|\.)(\d+)\.", name)
    general = name[: number.start(1)] + "*" + name[number.end(1) :] if number else name
    for known in (name, general):
        for start, other in table.items():
            if known.startswith(start):
                whole = other + known.removeprefix(start)
                return whole.replace("*", number[1], 1) if number else whole
    return None


def refuse(document: Values, known: Mapping[str, Iterable[Any]]) -> None:
    """Raises RunError for a setting of config.json that has none of the values known here.

    A setting that is not there is what it always was.
    """
    for name, values in known.items():
        if name in document and document[name] not in values:
            raise RunError(
                "config.json says {name}={value!r}, which is not done here for {family}. Done is: "
                "{known}.",
                name=name,
                value=document[name],
                family=document.get("model_type"),
                known=", ".join(str(value) for value in values),
            )


def untie(values: Values, tensors: Tensors, setting: str = "tie_embeddings") -> None:
    """Settle whether the output has a matrix of its own: where config.json says that it is that of
    the embeddings and the file holds another one, the file is right.
    """
    source = tensors.get("embedding.weight", tensors.get("source_embedding.weight"))
    output = tensors.get("output.weight")
    if not values[setting] or output is None or source is None:
        return
    if source.shape == output.shape and source.equal(output):
        del tensors["output.weight"]
    else:
        values[setting] = False
