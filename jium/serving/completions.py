"""POST /v1/completions: what follows a text."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from jium.generation.engine import Step
from jium.messages import say
from jium.serving.errors import refused
from jium.serving.logprobs import prompt_steps, text_logprobs
from jium.serving.models import Served
from jium.serving.options import check_completion, form, generation, stops
from jium.serving.replies import CompletionReply, usage
from jium.serving.routes import ERRORS, STREAM, Streaming, World, aside, head, numbered, visit_of
from jium.serving.schemas import CompletionRequest
from jium.serving.sse import streamed
from jium.serving.writing import Job, Piece, Writing, begin, check_room, whole


@dataclass
class Prompt:
    """A text to write on. ids: with what stands before every text. steps: its log-probabilities,
    where they are shown.
    """

    text: str
    ids: list[int]
    steps: list[Step]


def router(world: World) -> APIRouter:
    """The route."""
    found = APIRouter(tags=["OpenAI"])

    @found.post(
        "/v1/completions",
        summary="Write texts on / 글을 이어 씁니다",
        response_model=CompletionReply,
        responses={**ERRORS, 200: STREAM},
    )
    async def complete(body: CompletionRequest, request: Request) -> Response:
        visit = visit_of(request)
        served = world.models.asked(body.model, "generate")
        check_completion(body)
        prompts = await aside(body.prompt, _prompts, served, body)
        visit.reads(served.name, sum(len(prompt.ids) for prompt in prompts))
        await _score(served, body, prompts)
        jobs = _jobs(served, body, prompts)
        writings = await begin(served, jobs, visit, world.metrics)
        if body.stream:
            return streamed(_events(served, body, prompts, writings), visit, world.log)
        answers = await whole(writings)
        n_out = sum(writing.n_tokens for writing in writings)
        choices = [
            _choice(served, body, number, _echoed(body, prompts, number, piece), reason)
            for number, (piece, reason) in enumerate(_each(body, prompts, answers, writings))
        ]
        about = head("cmpl", "text_completion", served.name)
        return JSONResponse({**about, "choices": choices, "usage": usage(visit.n_in, n_out)})

    return found


def _prompts(served: Served, body: CompletionRequest) -> list[Prompt]:
    """The texts as tokens. Raises ApiError for one that is empty, or too long."""
    given: list[Any] = body.prompt if isinstance(body.prompt, list) else [body.prompt]
    given = [given] if isinstance(given[0], int) else given
    writer = served.writer
    assert writer is not None
    found = []
    for one in given:
        ids = writer.tokenizer.encode(one) if isinstance(one, str) else one
        if any(token >= writer.tokenizer.vocab_size for token in ids):
            message = say("no such token; the vocabulary has {n}.", n=writer.tokenizer.vocab_size)
            raise refused("prompt", message)
        text = one if isinstance(one, str) else writer.tokenizer.decode(ids)
        whole_ids = [*writer.before, *ids]
        if not whole_ids:
            raise refused("prompt", say("nothing to write on: give a text that is not empty."))
        check_room(served, whole_ids, "prompt")
        found.append(Prompt(text, whole_ids, []))
    return found


async def _score(served: Served, body: CompletionRequest, prompts: list[Prompt]) -> None:
    """Log-probabilities of the prompts themselves, where they are echoed with them."""
    if not body.echo or body.logprobs is None:
        return
    assert served.writer is not None and served.pool is not None
    for prompt in prompts:
        scored = partial(prompt_steps, served.writer, prompt.ids, body.logprobs)
        prompt.steps = await served.pool.run(scored)


def _jobs(served: Served, body: CompletionRequest, prompts: list[Prompt]) -> list[Job]:
    """What is to be written; nothing for max_tokens=0, which asks for the echo alone."""
    writer = served.writer
    assert writer is not None
    if body.max_tokens == 0:
        return []
    found = []
    for prompt in prompts:
        limit = min(served.window - len(prompt.ids), served.max_tokens)
        settings = generation(body, writer.settings, min(body.max_tokens or limit, limit))
        ends, wanted = tuple(writer.ends), form(body)
        found.append(
            Job(prompt.ids, settings, ends, stops(body), body.n or 1, wanted, body.logprobs)
        )
    return found


def _each(
    body: CompletionRequest,
    prompts: Sequence[Prompt],
    answers: Sequence[Piece],
    writings: Sequence[Writing],
) -> list[tuple[Piece, str]]:
    """Every answer and why it ended."""
    if not writings:
        return [(Piece(""), "length") for _ in range(len(prompts) * (body.n or 1))]
    return [(a, w.finish_reason) for a, w in zip(answers, writings, strict=True)]


def _echoed(
    body: CompletionRequest, prompts: Sequence[Prompt], number: int, piece: Piece
) -> tuple[Piece, int]:
    """An answer, with its prompt before it where that is asked for; and at which character of the
    whole text it begins.
    """
    prompt = prompts[number // (body.n or 1)]
    if not body.echo:
        return piece, len(prompt.text)
    return Piece(prompt.text + piece.text, [*prompt.steps, *piece.steps]), 0


def _choice(
    served: Served,
    body: CompletionRequest,
    number: int,
    placed: tuple[Piece, int],
    reason: str | None,
) -> dict[str, Any]:
    piece, offset = placed
    assert served.writer is not None
    logprobs = (
        text_logprobs(served.writer.tokenizer, piece.steps, offset)
        if body.logprobs is not None and piece.steps
        else None
    )
    return {"index": number, "text": piece.text, "logprobs": logprobs, "finish_reason": reason}


async def _events(
    served: Served,
    body: CompletionRequest,
    prompts: Sequence[Prompt],
    writings: Sequence[Writing],
) -> AsyncIterator[dict[str, Any]]:
    """The answers bit by bit."""
    counted = bool(body.stream_options and body.stream_options.include_usage)
    to = Streaming(head("cmpl", "text_completion", served.name), counted)
    n = len(prompts) * (body.n or 1)
    shown = [len(prompts[number // (body.n or 1)].text) for number in range(n)]
    for number in range(n if body.echo else 0):
        echo = _echoed(body, prompts, number, Piece(""))
        yield to.chunk([_choice(served, body, number, echo, None)])
    async for number, piece, reason in numbered(writings):
        if piece is None:
            yield to.chunk([_choice(served, body, number, (Piece(""), 0), reason)])
        else:
            yield to.chunk([_choice(served, body, number, (piece, shown[number]), None)])
            shown[number] += len(piece.text)
    for number in range(n if not writings else 0):
        yield to.chunk([_choice(served, body, number, (Piece(""), 0), "length")])
    if counted:
        n_in = sum(len(prompt.ids) for prompt in prompts)
        yield to.counted(n_in, sum(writing.n_tokens for writing in writings))
