"""Where a model elsewhere is, and the key to it: from the environment, or a `.env` file here."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from jium.errors import ConfigError, require

OPENAI = "https://api.openai.com/v1"
URL, KEY = "OPENAI_BASE_URL", "OPENAI_API_KEY"


def place_and_key() -> tuple[str, str]:
    """The address, and the key. Raises ConfigError where one of them is missing or none."""
    url = (_setting("OPENAI_BASE_URL") or OPENAI).strip()
    if not _is_address(url):
        raise ConfigError("is not an address that begins with http:// or https://.", key=URL)
    key = (_setting("OPENAI_API_KEY") or "").strip()
    if not key and url != OPENAI:
        key = "none"  # endpoints of one's own mostly ask for none
    if not key:
        raise ConfigError(
            "no key for {place}. Put it into the environment as {name}, or into a file .env here "
            "as {name}=...; for an endpoint of your own, set OPENAI_BASE_URL.",
            place=shown(url),
            name=KEY,
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError("holds characters that no key has. Copy it again.", key=KEY)
    return url, key


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, half a bracket
        return False


def _setting(name: str) -> str | None:
    if value := os.environ.get(name):
        return value
    if not Path(".env").is_file():
        return None
    try:
        values = require("dotenv", "outside").dotenv_values(".env", interpolate=False)
    except (OSError, UnicodeDecodeError):
        raise ConfigError("{path}: cannot be read as text.", path=".env") from None
    return values.get(name)


def shown(url: str) -> str:
    """The address without the name and password that may stand in it."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
