"""What a server allows: how many at a time, how much of it, how long."""

from jium.config import config
from jium.ranges import above_zero, at_least, finite


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
        at_least(1, slots=self.slots, prefill_tokens=self.prefill_tokens)
        at_least(1, max_tokens=self.max_tokens, max_characters=self.max_characters)
        at_least(1, max_pixels=self.max_pixels)
        at_least(0, max_waiting=self.max_waiting, prefix_tokens=self.prefix_tokens)
        at_least(0, grace_s=self.grace_s)
        finite(grace_s=self.grace_s, max_body_mb=self.max_body_mb)
        above_zero(timeout_s=self.timeout_s, max_body_mb=self.max_body_mb)
        at_least(1, requests_per_minute=self.requests_per_minute)
        at_least(1, tokens_per_minute=self.tokens_per_minute)

    @property
    def max_body(self) -> int:
        """Bytes of a request body at most."""
        return int(self.max_body_mb * 1024 * 1024)
