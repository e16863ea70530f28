"""Answers under way: a prompt's tokens in, pieces of text out as they become certain."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from jium.generation.engine import Request, Step
from jium.generation.settings import GenerationConfig
from jium.messages import say
from jium.serving.door import Visit
from jium.serving.errors import refused, too_long
from jium.serving.metrics import Metrics
from jium.serving.models import Served
from jium.serving.worker import Ticket
from jium.tasks.text_stream import TextStream
from jium.tasks.written import drawn_apart


@dataclass
class Piece:
    """Text that has become certain, and the tokens that brought it, the last ones perhaps not yet
    whole.
    """

    text: str
    steps: list[Step] = field(default_factory=list)


class Writing:
    """One answer. Whoever reads `pieces` to the end knows `finish_reason` and `n_tokens`; whoever
    does not frees the slot.
    """

    def __init__(self, ticket: Ticket, stream: TextStream, visit: Visit, first: "First") -> None:
        self._ticket, self._stream, self._visit, self._first = ticket, stream, visit, first
        self.finish_reason = "length"
        self.n_tokens = 0

    async def pieces(self) -> AsyncIterator[Piece]:
        """The text, bit by bit. Raises ApiError for an answer that cannot be written to its end."""
        held: list[Step] = []
        try:
            async for steps in self._ticket:
                text = self._pushed(steps, held)
                if self._stream.stopped:
                    break
                if text:
                    yield Piece(text, held)
                    held, text = [], ""
            else:
                text = self._stream.close()
            stopped = self._stream.stopped or self._ticket.finish_reason != "length"
            self.finish_reason = "stop" if stopped else "length"
            if text or held:
                yield Piece(text, held)
        finally:
            self._ticket.leave()

    def leave(self) -> None:
        """Free the slot, whether the text is whole or not."""
        self._ticket.leave()

    def _pushed(self, steps: list[Step], held: list[Step]) -> str:
        """The text that has become certain with these tokens, up to a stop string."""
        self._first.seen()
        texts = []
        for step in steps:
            held.append(step)
            self.n_tokens += 1
            self._visit.n_out += 1
            texts.append(self._stream.push(step.token))
            if self._stream.stopped:
                break
        return "".join(texts)


class First:
    """Notes the time to the first token, once a request."""

    def __init__(self, visit: Visit, metrics: Metrics, model: str) -> None:
        self._visit, self._metrics, self._model, self._seen = visit, metrics, model, False

    def seen(self) -> None:
        if not self._seen:
            self._seen = True
            self._metrics.first_token(self._model, self._visit.seconds)


@dataclass
class Job:
    """What is to be written on from one prompt, n times."""

    ids: list[int]
    settings: GenerationConfig
    ends: tuple[int, ...]
    stops: list[str]
    n: int = 1
    form: dict[str, Any] | None = None
    top_logprobs: int | None = None


async def begin(
    served: Served, jobs: Sequence[Job], visit: Visit, metrics: Metrics
) -> list[Writing]:
    """Answers to all jobs, n of each, in order, all admitted or none."""
    assert served.worker is not None and served.writer is not None
    tokenizer, room = served.writer.tokenizer, served.worker.capacity
    if (n := sum(job.n for job in jobs)) > room:
        raise refused("n", say("{n} answers; {room} are allowed at a time.", n=n, room=room))
    form = jobs[0].form if jobs else None  # of one request, alike for all
    limit = None
    if form is not None:
        after_mark = jobs[0].ids[-1] in tokenizer.special_ids
        make = partial(served.writer.constraint, after_mark, **form)
        limit = await asyncio.to_thread(make)
    requests = [
        Request(
            job.ids,
            drawn_apart(job.settings, number),
            job.ends,
            None if limit is None else limit.copy(),
            job.top_logprobs,
        )
        for job in jobs
        for number in range(job.n)
    ]
    tickets = await served.worker.submit(requests)
    first = First(visit, metrics, served.name)
    streams = (TextStream(tokenizer, job.ids, job.stops) for job in jobs for _ in range(job.n))
    return [Writing(*pair, visit, first) for pair in zip(tickets, streams, strict=True)]


async def together(writings: Sequence[Writing]) -> AsyncIterator[tuple[int, Piece | None]]:
    """Pieces of several answers as they come, with the number of the answer; None at its end."""
    if len(writings) == 1:  # nothing to put together
        async for piece in writings[0].pieces():
            yield 0, piece
        yield 0, None
        return
    news: asyncio.Queue[tuple[int, Piece | None] | Exception] = asyncio.Queue()

    async def follow(number: int, writing: Writing) -> None:
        try:
            async for piece in writing.pieces():
                news.put_nowait((number, piece))
            news.put_nowait((number, None))
        except Exception as error:
            news.put_nowait(error)

    tasks = [asyncio.ensure_future(follow(*pair)) for pair in enumerate(writings)]
    try:
        for _ in writings:
            while True:
                found = await news.get()
                if isinstance(found, Exception):
                    raise found
                yield found
                if found[1] is None:
                    break
    finally:
        for task in tasks:
            task.cancel()
        for writing in writings:
            writing.leave()


async def whole(writings: Sequence[Writing]) -> list[Piece]:
    """Every answer in one piece."""
    found = [Piece("") for _ in writings]
    async for number, piece in together(writings):
        if piece is not None:
            found[number].text += piece.text
            found[number].steps += piece.steps
    return found


def check_room(served: Served, ids: Sequence[int], param: str) -> None:
    """Raises ApiError context_length_exceeded for a prompt that leaves no room for a token."""
    if len(ids) >= served.window:
        raise too_long(len(ids), served.window - 1, param)
