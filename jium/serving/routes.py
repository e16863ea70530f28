"""What all routes have in common: the world they answer for, and how they describe themselves."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeVar

from fastapi import Request

from jium.serving.door import Visit
from jium.serving.log import Log
from jium.serving.metrics import Metrics
from jium.serving.models import Models
from jium.serving.replies import ErrorReply, usage
from jium.serving.settings import ServerSettings
from jium.serving.writing import Piece, Writing, together

T = TypeVar("T")
SHORT = 4000  # characters of a prompt that is read at once

WRONG = {
    400: "What was asked for cannot be. / 요청이 잘못되었습니다.",
    401: "No key, or a wrong one. / 키가 없거나 틀립니다.",
    404: "No such model. / 그런 모델이 없습니다.",
    408: "It took too long. / 시간이 너무 오래 걸립니다.",
    413: "The body is too large. / 본문이 너무 큽니다.",
    415: "The body is not JSON. / 본문이 JSON이 아닙니다.",
    429: "Too much at a time. / 한꺼번에 너무 많은 요청입니다.",
    500: "A fault of the server. / 서버 오류입니다.",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorReply, "description": about} for status, about in WRONG.items()
}
STREAM: dict[str, Any] = {
    "description": "The answer; where stream=true, as server-sent events. / 답. stream=true이면 "
    "이벤트로 나누어 보냅니다.",
    "content": {  # each event, as readers of OpenAPI 3.1 take it
        "text/event-stream": {
            "schema": {
                "type": "object",
                "properties": {"data": {"type": "string"}},
                "required": ["data"],
            }
        }
    },
}


@dataclass(frozen=True)
class World:
    """What is served, and how."""

    models: Models
    settings: ServerSettings
    metrics: Metrics
    log: Log


def visit_of(request: Request) -> Visit:
    """The request as the door let it in."""
    visit: Visit = request.state.visit
    return visit


async def aside(given: Sequence[Any], work: Callable[..., T], *arguments: Any) -> T:
    """Do what takes long for long texts where it holds up nobody; for a short one the way there is
    longer than the work. given: what says how much there is.
    """
    if len(given) <= SHORT and len(repr(given)) <= SHORT:
        return work(*arguments)
    return await asyncio.to_thread(work, *arguments)


def head(prefix: str, object_: str, model: str) -> dict[str, Any]:
    """What every answer of a writer, and every part of it in a stream, begins with."""
    return {
        "id": f"{prefix}-{secrets.token_hex(12)}",
        "object": object_,
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": f"jium-{version('jium')}",
    }


@dataclass(frozen=True)
class Streaming:
    """How chats and plain texts differ in a stream. usage: whether to count at the end."""

    head: dict[str, Any]
    usage: bool

    def chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        """An event. Where counts come at the end, every other one says so with a null."""
        return {**self.head, "choices": choices, **({"usage": None} if self.usage else {})}

    def counted(self, n_in: int, n_out: int) -> dict[str, Any]:
        """The last event, where counts were asked for."""
        return {**self.head, "choices": [], "usage": usage(n_in, n_out)}


async def numbered(writings: Sequence[Writing]) -> AsyncIterator[tuple[int, Piece | None, str]]:
    """Pieces of several answers with the number of the answer; None and why, at its end."""
    async for number, piece in together(writings):
        yield number, piece, writings[number].finish_reason
