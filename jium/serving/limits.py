"""How much each key may ask a minute: buckets that fill steadily and may be emptied at once.

A bucket of requests, and one of tokens. The tokens of a prompt are taken before it is read, those
of the answer when it is there; a bucket may thus owe, and its key waits until the debt is filled.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from jium.messages import say
from jium.serving.errors import ApiError
from jium.serving.keys import Key
from jium.serving.settings import ServerSettings


@dataclass
class Bucket:
    """Holds up to `per_minute`, and fills at that rate."""

    per_minute: int
    clock: Callable[[], float]
    level: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self.level, self._at = float(self.per_minute), self.clock()

    def wait_s(self, amount: float) -> float:
        """Seconds until `amount` can be taken, 0 if now. More than the bucket holds: until it is
        full.
        """
        now = self.clock()
        filled = (now - self._at) * self.per_minute / 60
        self.level, self._at = min(float(self.per_minute), self.level + filled), now
        lacking = min(amount, self.per_minute) - self.level
        return max(0.0, lacking * 60 / self.per_minute)

    def take(self, amount: float) -> None:
        """Take it, whether it is there or not."""
        self.level -= amount


class Account:
    """What one key has used. Without limits everything is allowed."""

    def __init__(self, requests: Bucket | None, tokens: Bucket | None) -> None:
        self._requests, self._tokens = requests, tokens

    def request(self) -> None:
        """One more request. Raises ApiError 429 where that is too many."""
        wait = self._requests.wait_s(1) if self._requests else 0.0
        owed = self._tokens.wait_s(1) if self._tokens else 0.0
        if wait > 0:
            raise _too_many("requests", wait, self._requests)
        if owed > 0:
            raise _too_many("tokens", owed, self._tokens)
        if self._requests:
            self._requests.take(1)

    def read(self, n_tokens: int) -> None:
        """A prompt. Raises ApiError 429 where the key has too few tokens left for it."""
        wait = self._tokens.wait_s(n_tokens) if self._tokens else 0.0
        if wait > 0:
            raise _too_many("tokens", wait, self._tokens)
        self.written(n_tokens)

    def written(self, n_tokens: int) -> None:
        """Tokens of an answer, taken afterwards."""
        if self._tokens:
            self._tokens.take(n_tokens)

    def headers(self) -> dict[str, str]:
        """OpenAI's headers of what is left."""
        buckets = {"requests": self._requests, "tokens": self._tokens}
        found = {}
        for what, bucket in buckets.items():
            if bucket:
                bucket.wait_s(0)
                found[f"x-ratelimit-limit-{what}"] = str(bucket.per_minute)
                found[f"x-ratelimit-remaining-{what}"] = str(max(0, int(bucket.level)))
        return found


class Accounts:
    """The account of each key, opened when it is first used."""

    def __init__(
        self, settings: ServerSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._clock = settings, clock
        self._found: dict[tuple[object, ...], Account] = {}

    def of(self, key: Key | None) -> Account:
        """None: of everyone, where the server knows no keys."""
        requests, tokens = self._settings.requests_per_minute, self._settings.tokens_per_minute
        if key is not None:
            requests = key.requests_per_minute or requests
            tokens = key.tokens_per_minute or tokens
        name = (key and key.digest, requests, tokens)  # changed limits are a new account
        if name not in self._found:
            self._found[name] = Account(self._bucket(requests), self._bucket(tokens))
        return self._found[name]

    def _bucket(self, per_minute: int | None) -> Bucket | None:
        return None if per_minute is None else Bucket(per_minute, self._clock)


def _too_many(what: str, wait: float, bucket: Bucket | None) -> ApiError:
    seconds = max(1, math.ceil(wait))
    assert bucket is not None
    message = (
        say(
            "{n} requests a minute are allowed to this key. Try again in {s} s.",
            n=bucket.per_minute,
            s=seconds,
        )
        if what == "requests"
        else say(
            "{n} tokens a minute are allowed to this key. Try again in {s} s.",
            n=bucket.per_minute,
            s=seconds,
        )
    )
    headers = {"Retry-After": str(seconds)}
    return ApiError(429, message, code="rate_limit_exceeded", kind=what, headers=headers)
