"""The body of a request: bounded, whole, and JSON in the strict sense, before anything else looks
at it.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from pydantic_core import from_json

from jium.messages import say
from jium.serving.errors import ApiError

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

DRAINED = 64 * 2**20  # bytes of a refused body that are read away, so that the refusal arrives
LENGTH_DIGITS = 18  # of the header that says how long a body is
UPLOAD_S = 60.0  # for a body to arrive
AS_JSON = re.compile(rb"\s*application/([\w.+-]+\+)?json\s*(;.*)?", re.IGNORECASE)


class Left(Exception):
    """The client has gone."""


async def read_body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """The bytes of a body. Raises ApiError 413 for one above `limit`, 408 for one that does not
    come, and Left where the client goes first.
    """
    try:
        async with asyncio.timeout(UPLOAD_S):
            return await _read(receive, _declared(headers), limit)
    except TimeoutError:
        raise ApiError(408, say("the body did not arrive in time."), code="timeout") from None


async def _read(receive: Receive, declared: int, limit: int) -> bytes:
    kept, size, more = bytearray(), 0, True
    while more and size <= DRAINED:
        arrived = await receive()
        if arrived["type"] == "http.disconnect":
            raise Left
        part = arrived.get("body", b"")
        size, more = size + len(part), arrived.get("more_body", False)
        if max(size, declared) <= limit:
            kept += part
    if max(size, declared) > limit:
        given = f"{max(size, declared) / 2**20:.1f}"
        message = say(
            "the body has {given} MB; {limit:g} are allowed.", given=given, limit=limit / 2**20
        )
        raise ApiError(413, message, code="request_too_large")
    return bytes(kept)


def check_json(body: bytes, headers: dict[bytes, bytes]) -> None:
    """Raise ApiError for what is not JSON: not UTF-8, half a surrogate pair, NaN, deeper than 200,
    a number of thousands of digits.
    """
    if not AS_JSON.fullmatch(headers.get(b"content-type", b"")):
        message = say('send JSON, with the header "Content-Type: application/json".')
        raise ApiError(415, message, code="unsupported_media_type")
    try:
        from_json(body, allow_inf_nan=False, cache_strings=False)
    except ValueError as error:
        message = say("the body is not JSON: {error}.", error=error)
        raise ApiError(400, message, code="invalid_json") from None


def _declared(headers: dict[bytes, bytes]) -> int:
    given = headers.get(b"content-length", b"0")
    return int(given) if given.isdigit() and len(given) <= LENGTH_DIGITS else 0
