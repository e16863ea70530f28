"""POST /v1/images/generations: pictures of a text."""

import base64
import secrets
import time
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from jium.messages import say
from jium.serving.embeddings import check_characters, count
from jium.serving.errors import refused
from jium.serving.models import Served
from jium.serving.options import NOTHING
from jium.serving.replies import ImageReply
from jium.serving.routes import ERRORS, World, visit_of
from jium.serving.schemas import ImageRequest

FRESH = 2**31  # seeds that are drawn here are below it
# fields whose effect would be missed, and the values that ask for what is done anyway
REFUSED = ["background", "complexity", "frame_count", "frame_duration_ms", "output_compression"]
REFUSED += ["output_format", "partial_images", "quality", "stream", "style", "svg"]
ANYWAY = (*NOTHING, False, "opaque", "png", "standard")


def router(world: World) -> APIRouter:
    """The route."""
    found = APIRouter(tags=["OpenAI"])

    @found.post(
        "/v1/images/generations",
        summary="Paint pictures / 그림을 그립니다",
        response_model=ImageReply,
        responses=ERRORS,
    )
    async def paint(body: ImageRequest, request: Request) -> Response:
        visit = visit_of(request)
        served = world.models.asked(body.model, "paint")
        assert served.pool is not None
        size = _size(body, world.settings.max_pixels)
        check_characters([body.prompt], world.settings.max_characters, "prompt")
        visit.reads(served.name, await served.pool.run(partial(count, served, [body.prompt])))
        first = secrets.randbelow(FRESH) if body.seed is None else body.seed
        data = []
        for seed in range(first, first + (body.n or 1)):  # between two of them clients may go
            work = partial(_painted, served, body.prompt, seed, size)
            data.append(await served.pool.run(work))
        return JSONResponse({"created": int(time.time()), "output_format": "png", "data": data})

    return found


def _size(body: ImageRequest, most: int) -> tuple[int, int] | None:
    """Width and height; None: as the model was trained. Raises ApiError for what cannot be, and for
    what would be missed if it were ignored.
    """
    for name in REFUSED:
        if getattr(body, name) not in ANYWAY:
            raise refused(name, say("this server cannot do that. Leave it out."))
    if body.response_format == "url":
        message = say("this server keeps no pictures: they come in the answer. Ask for b64_json.")
        raise refused("response_format", message)
    if body.size in (None, "auto"):
        return None
    width, height = map(int, str(body.size).split("x"))
    if width * height > most:
        message = say("{given} pixels; {limit} are allowed.", given=width * height, limit=most)
        raise refused("size", message)
    return width, height


def _painted(
    served: Served, prompt: str, seed: int, size: tuple[int, int] | None
) -> dict[str, Any]:
    """One picture. Its PNG says how it was painted, so that its seed paints it again."""
    from jium.tasks.picture_files import png

    options = {} if size is None else {"size": size}
    made = served.task.paint(prompt or None, seed=seed, **options)
    return {"b64_json": base64.b64encode(png(made[0], made.facts[0])).decode(), "seed": seed}
