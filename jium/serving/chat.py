"""POST /v1/chat/completions: what an assistant answers to a conversation."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from jium.errors import DataError
from jium.messages import say
from jium.serving.errors import ApiError, refused
from jium.serving.logprobs import chat_logprobs
from jium.serving.models import Served
from jium.serving.options import check_chat, form, generation, stops
from jium.serving.replies import ChatReply, usage
from jium.serving.routes import ERRORS, STREAM, Streaming, World, aside, head, numbered, visit_of
from jium.serving.schemas import Answered, Asked, ChatRequest, TextPart
from jium.serving.sse import streamed
from jium.serving.writing import Job, Piece, Writing, begin, whole


def router(world: World) -> APIRouter:
    """The route."""
    found = APIRouter(tags=["OpenAI"])

    @found.post(
        "/v1/chat/completions",
        summary="Answer a conversation / 대화에 답합니다",
        response_model=ChatReply,
        responses={**ERRORS, 200: STREAM},
    )
    async def chat(body: ChatRequest, request: Request) -> Response:
        visit = visit_of(request)
        served = world.models.asked(body.model, "chat")
        check_chat(body)
        job = await aside(body.messages, _job, served, body)
        visit.reads(served.name, len(job.ids))
        writings = await begin(served, [job], visit, world.metrics)
        if body.stream:
            return streamed(_events(served, body, job, writings), visit, world.log)
        answers = await whole(writings)
        n_out = sum(writing.n_tokens for writing in writings)
        choices = [
            {
                "index": number,
                "message": {"role": "assistant", "content": piece.text, "refusal": None},
                "logprobs": _logprobs(served, body, piece),
                "finish_reason": writing.finish_reason,
            }
            for number, (piece, writing) in enumerate(zip(answers, writings, strict=True))
        ]
        about = head("chatcmpl", "chat.completion", served.name)
        return JSONResponse({**about, "choices": choices, "usage": usage(len(job.ids), n_out)})

    return found


def _job(served: Served, body: ChatRequest) -> Job:
    """The conversation as tokens, and how to answer it."""
    chatter, writer = served.task, served.writer
    assert writer is not None
    asked = body.max_completion_tokens or body.max_tokens
    ids = _prompt(served, _messages(body), asked)
    limit = min(served.window - len(ids), served.max_tokens)
    return Job(
        ids,
        generation(body, writer.settings, min(asked or limit, limit)),
        tuple(chatter.ends),
        stops(body),
        body.n or 1,
        form(body),
        (body.top_logprobs or 0) if body.logprobs else None,
    )


def _messages(body: ChatRequest) -> list[dict[str, str]]:
    """As our template takes them. Raises ApiError for one that says nothing."""
    found = []
    for number, message in enumerate(body.messages):
        text = _text(message.content)
        if isinstance(message, Answered) and not text.strip():
            continue
        if not text.strip():
            raise refused(f"messages[{number}].content", say("says nothing. Give it words."))
        system = isinstance(message, Asked) and message.role == "developer"
        found.append({"role": "system" if system else message.role, "content": text})
    if not found:
        raise refused("messages", say("says nothing. Give it words."))
    return found


def _text(content: str | Sequence[TextPart] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part.text for part in content)


def _prompt(served: Served, messages: list[dict[str, str]], asked: int | None) -> list[int]:
    """The tokens of what fits: the system message and the newest turns. Raises ApiError
    context_length_exceeded where the newest alone does not.
    """
    chatter = served.task
    if chatter.system and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": chatter.system}, *messages]
    try:
        ids: list[int] = chatter.prompt(messages, asked)
    except DataError as error:
        chatter.template.ids(messages)  # raises what is wrong other than the length
        code = "context_length_exceeded"
        raise ApiError(400, f"messages: {error}", code=code, param="messages") from None
    return ids


async def _events(
    served: Served, body: ChatRequest, job: Job, writings: Sequence[Writing]
) -> AsyncIterator[dict[str, Any]]:
    """The answers bit by bit."""
    counted = bool(body.stream_options and body.stream_options.include_usage)
    to = Streaming(head("chatcmpl", "chat.completion.chunk", served.name), counted)
    first = {"role": "assistant", "content": "", "refusal": None}
    for number in range(len(writings)):
        yield to.chunk([_choice(number, first)])
    async for number, piece, reason in numbered(writings):
        if piece is None:
            yield to.chunk([_choice(number, {}, None, reason)])
        else:
            delta = {"content": piece.text}
            yield to.chunk([_choice(number, delta, _logprobs(served, body, piece))])
    if counted:
        yield to.counted(len(job.ids), sum(writing.n_tokens for writing in writings))


def _choice(
    number: int,
    delta: dict[str, Any],
    logprobs: dict[str, Any] | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    return {"index": number, "delta": delta, "logprobs": logprobs, "finish_reason": reason}


def _logprobs(served: Served, body: ChatRequest, piece: Piece) -> dict[str, Any] | None:
    if not body.logprobs:
        return None
    assert served.writer is not None
    return chat_logprobs(served.writer.tokenizer, piece.steps)
