"""What jium says to a person, in English or Korean.

The English sentence stands in the code, as a template with named slots; a file of `messages_ko/`
holds the same template in Korean. A test compares the two, so a sentence cannot be added in one
language only.
"""

import os
import tomllib
from functools import cache
from importlib.resources import files

STRICT = False  # tests set it: a slot that no value fills is then an error
_chosen: str | None = None


def set_language(language: str | None) -> None:
    """Speak "en" or "ko" from now on; None follows the environment (LC_ALL, LC_MESSAGES, LANG)."""
    global _chosen
    _chosen = language


def language() -> str:
    """The language spoken now: "ko" or "en"."""
    if _chosen:
        return _chosen
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ko" if next((n for n in names if n), "").lower().startswith("ko") else "en"


def say(template: str, /, **values: object) -> str:
    """Fill a template, in the language of the person.

    A sentence that Korean lacks is said in English: better than no sentence.
    """
    if language() == "ko":
        template = _korean().get(template, template)
    return _format(template, values) if values else template


def _format(template: str, values: dict[str, object]) -> str:
    """The template with its slots filled.

    One that cannot be filled is shown as it stands: a message must not hide what it is about
    behind an error of its own.
    """
    try:
        return template.format(**values)
    except (LookupError, TypeError, ValueError, AttributeError):
        if STRICT:
            raise
        return template


@cache
def _korean() -> dict[str, str]:
    found: dict[str, str] = {}
    for file in files("jium").joinpath("messages_ko").iterdir():
        found |= tomllib.loads(file.read_text("utf-8"))
    return found
