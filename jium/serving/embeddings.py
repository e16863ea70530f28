"""POST /v1/embeddings: texts as vectors."""

import base64
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from numpy.typing import NDArray

from jium.messages import say
from jium.serving.errors import ApiError, refused
from jium.serving.models import Served
from jium.serving.replies import EmbeddingReply
from jium.serving.routes import ERRORS, World, visit_of
from jium.serving.schemas import EmbeddingRequest

ROWS = 64  # texts between two looks at whether the client still waits


def router(world: World) -> APIRouter:
    """The route."""
    found = APIRouter(tags=["OpenAI"])

    @found.post(
        "/v1/embeddings",
        summary="Texts as vectors / 글을 벡터로 바꿉니다",
        response_model=EmbeddingReply,
        responses=ERRORS,
    )
    async def embed(body: EmbeddingRequest, request: Request) -> Response:
        visit = visit_of(request)
        served = world.models.asked(body.model, "embed")
        assert served.pool is not None
        texts = await served.pool.run(partial(_texts, served, body))
        check_characters(texts, world.settings.max_characters, "input")
        n_tokens = await served.pool.run(partial(count, served, texts))
        visit.reads(served.name, n_tokens)
        rows: list[NDArray[np.float32]] = []
        for start in range(0, len(texts), ROWS):
            part = texts[start : start + ROWS]
            rows += list(await served.pool.run(partial(served.task.embed, part)))
        if body.dimensions not in (None, len(rows[0])):
            message = say("vectors of this model have {n} numbers. Leave it out.", n=len(rows[0]))
            raise refused("dimensions", message)
        shown = _base64 if body.encoding_format == "base64" else _floats
        data = [
            {"object": "embedding", "index": number, "embedding": shown(row)}
            for number, row in enumerate(rows)
        ]
        usage = {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
        return JSONResponse({"object": "list", "model": served.name, "data": data, "usage": usage})

    return found


def _texts(served: Served, body: EmbeddingRequest) -> list[str]:
    """What was given, tokens as the text that they stand for."""
    given: list[Any] = body.input if isinstance(body.input, list) else [body.input]
    given = [given] if isinstance(given[0], int) else given
    texts = []
    for one in given:
        if isinstance(one, str):
            texts.append(one)
            continue
        tokenizer = getattr(served.task, "tokenizer", None)
        if tokenizer is None:
            raise refused("input", say("this model knows no tokens: give texts."))
        if any(token >= tokenizer.vocab_size for token in one):
            message = say("no such token; the vocabulary has {n}.", n=tokenizer.vocab_size)
            raise refused("input", message)
        texts.append(tokenizer.decode(one))
    return texts


def count(served: Served, texts: list[str]) -> int:
    """Tokens, or words where the model knows no others."""
    tokenizer = getattr(served.task, "tokenizer", None)
    if tokenizer is None:
        return len(texts)
    return sum(len(ids) for ids in tokenizer.encode_batch(texts))


def check_characters(texts: Sequence[str], limit: int, param: str) -> None:
    """Raises ApiError 413 for more text than a request may bring: a model is busy with it alone."""
    given = sum(map(len, texts))
    if given > limit:
        message = say("{given} characters of text; {limit} are allowed.", given=given, limit=limit)
        raise ApiError(413, f"{param}: {message}", code="request_too_large", param=param)


def _floats(row: NDArray[np.float32]) -> list[float]:
    return [float(value) for value in row]


def _base64(row: NDArray[np.float32]) -> str:
    return base64.b64encode(np.asarray(row, "<f4").tobytes()).decode()
