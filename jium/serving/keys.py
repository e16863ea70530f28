"""Who may ask: keys from a file, a line each, read again when the file changes.

    # KEY            name        limits a minute
    sk-a1b2c3d4e5…   name=alice  requests=60 tokens=20000
    sha256:9f86d0…   name=bob

A key may be given as its SHA-256, so that the file holds no secret. Comparison takes the same time
whatever is given. Keys themselves appear in no message and no log.
"""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path

from jium.errors import ConfigError, JiumError

SHORTEST = 16  # characters; shorter keys can be guessed
HASHED = re.compile(r"sha256:([0-9a-fA-F]{64})")
COMMENT = re.compile(r"(^|\s)#.*")  # within a key, "#" is part of it
NAME = re.compile(r"[\w.@-]{1,64}")
UNSEEN = (-1, -1, -1)  # the state of no file
LOOK_S = 1.0  # how often to look whether the file has changed


@dataclass(frozen=True)
class Key:
    """A key without itself: its digest, whose it is, and limits of its own."""

    digest: bytes
    name: str
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


class KeyFile:
    """The keys in a file. Where a changed file cannot be read, the keys known before hold on."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.monotonic,
        failed: Callable[[JiumError], None] = lambda error: None,
    ) -> None:
        """failed: told of a changed file that cannot be read. Raises ConfigError for such a file
        at the beginning.
        """
        self._path, self._clock, self._failed = path, clock, failed
        self._looked = clock()
        self._seen = self._state()
        self._keys = read_keys(path)

    def find(self, given: bytes) -> Key | None:
        """The key that was given, if there is one like it."""
        if self._clock() - self._looked >= LOOK_S:
            self.refresh()
        digest, found = sha256(given).digest(), None
        for key in self._keys:
            if compare_digest(key.digest, digest):
                found = key
        return found

    def forget(self) -> None:
        """Read the file again at the next question. Does nothing else: it is for a signal, which
        may come in the midst of anything.
        """
        self._looked, self._seen = -math.inf, UNSEEN

    def refresh(self) -> None:
        """Read the file again where it has changed."""
        self._looked = self._clock()
        state = self._state()
        if state == self._seen:
            return
        self._seen = state
        try:
            self._keys = read_keys(self._path)
        except JiumError as error:
            self._failed(error)

    def _state(self) -> tuple[int, int, int] | None:
        try:
            about = self._path.stat()
        except OSError:
            return None
        return about.st_mtime_ns, about.st_size, about.st_ino


def read_keys(path: Path) -> list[Key]:
    """The keys in a file. Raises ConfigError naming the line, never the key."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError("{path}: cannot be read: {error}", path=path, error=reason) from None
    keys: list[Key] = []
    for number, line in enumerate(lines, 1):
        words = COMMENT.sub("", line).split()
        if not words:
            continue
        key = _key(words, f"{path}:{number}", number)
        if any(key.digest == other.digest for other in keys):
            raise ConfigError("the key stands in the file twice.", key=f"{path}:{number}")
        keys.append(key)
    if not keys:
        raise ConfigError("{path}: holds no key. Write one a line.", path=path)
    return keys


def _key(words: list[str], place: str, number: int) -> Key:
    secret, *more = words
    hashed = HASHED.fullmatch(secret)
    if not hashed and secret.startswith("sha256:"):
        raise ConfigError("after sha256: stand 64 digits of 0-9 and a-f.", key=place)
    if not hashed and (len(secret) < SHORTEST or not secret.isascii()):
        raise ConfigError(
            "a key has at least {n} characters, all of them ASCII. Make one: "
            'python -c "import secrets; print(secrets.token_urlsafe(32))"',
            key=place,
            n=SHORTEST,
        )
    digest = bytes.fromhex(hashed[1]) if hashed else sha256(secret.encode()).digest()
    said = _fields(more, place)
    name = said.get("name", f"key-{number}")
    if not NAME.fullmatch(name):
        raise ConfigError("a name has up to 64 letters, digits, . _ @ or -.", key=place)
    limits = [_limit(said.get(what), place) for what in ("requests", "tokens")]
    return Key(digest, name, *limits)


def _fields(words: list[str], place: str) -> dict[str, str]:
    """name=..., requests=..., tokens=..."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in ("name", "requests", "tokens") or name in found:
            raise ConfigError(
                "after a key stand name=NAME, requests=N and tokens=N, each once at most.",
                key=place,
            )
        found[name] = value
    return found


def _limit(value: str | None, place: str) -> int | None:
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise ConfigError("a limit is a whole number of 1 or more.", key=place)
    return int(value)
