"""Everything jium raises on purpose.

JiumError
├── ConfigError      a recipe or an option: unknown key, wrong type, impossible relation
├── DataError        a file a person gave: missing, unreadable, without the column
├── TokenizerError   a tokenizer that cannot be trained, loaded or used so
├── RunError         a run folder: missing, damaged, unwritable
├── TrainingError    training that cannot go on: loss not finite, no batch fits
└── MissingExtra     a library that an extra brings

A message says what was wrong, the value given, and what to do. It is a template with values, so
that it can be said in either language: `DataError("{path}: no such file.", path=path)`.
"""

from importlib import import_module
from types import ModuleType

from jium.messages import say


class JiumError(Exception):
    """The root: whatever a person can put right. The command line prints it as one message and
    exits 1.
    """

    def __init__(self, template: str, /, **values: object) -> None:
        super().__init__(template)  # alone, so that an error can come back from another process
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return say(self.template, **self.values)


class ConfigError(JiumError):
    """A recipe or an option is wrong. `key` is its dotted path, said first: `model.n_heads: must
    divide ...`.
    """

    def __init__(self, template: str, /, *, key: str = "", **values: object) -> None:
        super().__init__(template, **values)
        self.key = key

    def __str__(self) -> str:
        message = super().__str__()
        return f"{self.key}: {message}" if self.key else message


class DataError(JiumError):
    """A file or row that came in is wrong."""


class TokenizerError(JiumError):
    """A tokenizer cannot be trained, loaded or used so."""


class RunError(JiumError):
    """A run folder cannot be read or written."""


class TrainingError(JiumError):
    """Training cannot go on."""


class MissingExtra(JiumError):
    """A library is not installed; the message names the extra that brings it."""


def require(module: str, extra: str) -> ModuleType:
    """Import a library that the extra `extra` brings.

    Raises MissingExtra, with the line to install it, where it is absent.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name is None or not module.startswith(missing.name):
            raise
        raise MissingExtra(
            "{module} is not installed; it comes with the {extra} extra: pip install "
            '"jium[{extra}]"',
            module=module,
            extra=extra,
        ) from missing
