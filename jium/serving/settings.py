"""What a server allows: how many at a time, how much of it, how long."""

from math import inf

from jium.config import config
from jium.errors import ConfigError


@config
class ServerSettings:
    """Limits that hold for everyone; a line of the key file may say otherwise for its key."""

    slots: int = 16  # answers written at a time, by each model
    max_waiting: int = 64  # answers that may wait for a slot; more are refused
    prefill_tokens: int = 512  # of new prompts read between two tokens of the running answers
    prefix_tokens: int = 2048  # of earlier prompts whose beginnings are remembered; 0: none
    max_tokens: int = 4096  # of an answer; it ends there by "length"
    timeout_s: float = 300.0  # an answer that takes longer is given up
    grace_s: float = 30.0  # for running answers, once the server is told to stop
    max_body_mb: float = 4.0
    max_characters: int = 200_000  # of all texts of a request to a task such as /v1/translate
    max_pixels: int = 512 * 512  # of a picture that is painted
    requests_per_minute: int | None = None  # None: as many as come
    tokens_per_minute: int | None = None  # read and written

    def __post_init__(self) -> None:
        for name in ("slots", "prefill_tokens", "max_tokens", "max_characters", "max_pixels"):
            self._check(name, getattr(self, name) >= 1, "must be at least 1; got {value}.")
        for name in ("max_waiting", "prefix_tokens", "grace_s"):
            self._check(name, getattr(self, name) >= 0, "must be 0 or more; got {value}.")
        for name in ("grace_s", "max_body_mb"):
            self._check(name, getattr(self, name) < inf, "must be finite; got {value}.")
        for name in ("timeout_s", "max_body_mb"):
            self._check(name, getattr(self, name) > 0, "must be above 0; got {value}.")
        for name in ("requests_per_minute", "tokens_per_minute"):
            value = getattr(self, name)
            self._check(name, value is None or value >= 1, "must be at least 1; got {value}.")

    @property
    def max_body(self) -> int:
        """Bytes of a request body at most."""
        return int(self.max_body_mb * 1024 * 1024)

    def _check(self, name: str, right: bool, template: str) -> None:
        if not right:
            raise ConfigError(template, key=name, value=getattr(self, name))
