"""What goes wrong with a model elsewhere, said so that a person can put it right.

The endpoint's own words are repeated, shortened, and without the key: some say it back.
"""

from typing import Any

from jium.errors import JiumError, require

SAID = 300  # characters of what the endpoint says
SHOWN = 6  # an end of the key as long as this is hidden too


def explained(error: Exception, model: str, place: str, key: str, timeout_s: float) -> JiumError:
    """One of our errors for one of the `openai` client or of the library beneath it."""
    openai = require("openai", "outside")
    reason = _reason(error, key)
    if isinstance(error, openai.APITimeoutError):
        return JiumError(
            "{place} did not answer within {seconds:g} s. Try again, or raise timeout_s.",
            place=place,
            seconds=timeout_s,
        )
    if isinstance(error, openai.APIConnectionError):
        return JiumError(
            "{place} cannot be reached: {reason}. Does it run, and is OPENAI_BASE_URL right?",
            place=place,
            reason=_reason(error.__cause__ or error, key),
        )
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, model, place, reason)
    return JiumError(
        "the answer of {model} at {place} broke off, or is not what was asked for: {reason}. Try "
        "again.",
        model=model,
        place=place,
        reason=reason,
    )


def _of_status(error: Any, model: str, place: str, reason: str) -> JiumError:
    status = error.status_code
    if status in (401, 403):
        return JiumError(
            "{place} refuses the key: {reason}. Set OPENAI_API_KEY, in the environment or in .env, "
            "to one that may use {model}.",
            place=place,
            reason=reason,
            model=model,
        )
    if status == 404:
        return JiumError(
            '{place} knows no model "{model}", or is not the address of the API, which mostly ends '
            "in /v1: {reason}.",
            place=place,
            model=model,
            reason=reason,
        )
    if status == 429:
        return JiumError(
            "{place} takes no more calls now, or the account has no credit: {reason}. Wait, or "
            "look at the account.",
            place=place,
            reason=reason,
        )
    if status >= 500:
        return JiumError(
            "{place} failed with {status}: {reason}. Try again later.",
            place=place,
            status=status,
            reason=reason,
        )
    return JiumError(
        "{place} does not take this request ({status}): {reason}. Leave out what it names.",
        place=place,
        status=status,
        reason=reason,
    )


def _reason(error: BaseException, key: str) -> str:
    """The endpoint's own words where it has some, in one short line without the key."""
    body = getattr(error, "body", None)
    said = body.get("message") if isinstance(body, dict) else None
    text = str(said or error or type(error).__name__)
    if len(key) > SHOWN:
        for secret in (key, key[:-SHOWN], key[SHOWN:], key[-SHOWN:]):
            text = text.replace(secret, "***") if len(secret) >= SHOWN else text
    return " ".join(text.split())[:SAID].rstrip(". ")
