"""What numbers may be. Each check takes numbers by the names of their settings, passes over None,
and raises ConfigError with the first name whose number does not fit (not a number never does).
"""

from math import isfinite

from jium.errors import ConfigError


def at_least(least: float, **values: float | None) -> None:
    """So much or more."""
    for key, value in values.items():
        if value is not None and not value >= least:
            raise ConfigError(
                "must be at least {least}; got {value}.", key=key, least=least, value=value
            )


def above_zero(**values: float | None) -> None:
    """More than 0."""
    for key, value in values.items():
        if value is not None and not value > 0:
            raise ConfigError("must be above 0; got {value}.", key=key, value=value)


def finite(**values: float | None) -> None:
    """Not infinite."""
    for key, value in values.items():
        if value is not None and not isfinite(value):
            raise ConfigError("must be finite; got {value}.", key=key, value=value)


def share(**values: float | None) -> None:
    """From 0 to 1."""
    for key, value in values.items():
        if value is not None and not 0 <= value <= 1:
            raise ConfigError("must be between 0 and 1; got {value}.", key=key, value=value)


def share_below_one(**values: float | None) -> None:
    """From 0 to 1, but not 1: what is dropped or kept back is never all."""
    for key, value in values.items():
        if value is not None and not 0 <= value < 1:
            raise ConfigError("must be in [0, 1); got {value}.", key=key, value=value)
