"""Server-sent events, as OpenAI streams: a JSON object each, "[DONE]" at the end."""

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse

from jium.errors import JiumError
from jium.serving.door import Visit
from jium.serving.errors import ApiError, fault, of
from jium.serving.log import Log

HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}  # nobody on the way may hold it


def streamed(events: AsyncIterator[dict[str, Any]], visit: Visit, log: Log) -> StreamingResponse:
    """A response of events. An error within is the last of them."""
    return StreamingResponse(
        _lines(events, visit, log), media_type="text/event-stream", headers=HEADERS
    )


async def _lines(
    events: AsyncIterator[dict[str, Any]], visit: Visit, log: Log
) -> AsyncIterator[bytes]:
    try:
        async for event in events:
            yield _line(event)
    except (ApiError, JiumError) as error:
        told = of(error) if isinstance(error, JiumError) else error
        visit.error = told.code or told.kind
        yield _line(told.body())
    except Exception as error:
        log.fault(error, id=visit.id)
        visit.error = "fault"
        yield _line(fault().body())
    else:
        visit.whole = True
        yield b"data: [DONE]\n\n"


def _line(event: dict[str, Any]) -> bytes:
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"data: {text}\n\n".encode()
