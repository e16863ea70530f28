"""The thread that writes: it turns an engine's steps, all answers together, and hands each answer
its tokens.

Only this thread touches the engine. Who wants an answer submits a request from the event loop and
gets a Ticket, on which the tokens arrive; who goes away gives it back, which frees the slot.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from jium.errors import JiumError
from jium.generation.engine import Request, Running, Step
from jium.serving.errors import ApiError, busy, fault, of, timed_out
from jium.serving.log import Log


class Turning(Protocol):
    """What the thread needs of an engine; see `generation/engine.py`."""

    def submit(self, request: Request) -> Running: ...
    def cancel(self, running: Running) -> None: ...
    def step(self) -> list[tuple[Running, Step | None]]: ...


class Ticket:
    """An answer under way: `async for steps in ticket` gives the tokens that have come since, so
    that who reads slowly reads more at a time. Afterwards `finish_reason` says why it ended.
    """

    def __init__(self, request: Request, worker: "Worker") -> None:
        self.request = request
        self.finish_reason: str | None = None
        self.running: Running | None = None  # the worker's; None before and after
        self.began = time.perf_counter()
        self.loop = asyncio.get_running_loop()
        self.admitted: asyncio.Future[None] = self.loop.create_future()
        self.timer: asyncio.TimerHandle | None = None
        self._worker = worker
        self._steps: list[Step] = []
        self._news = asyncio.Event()
        self._error: ApiError | None = None
        self._over = False

    async def __aiter__(self) -> AsyncIterator[list[Step]]:
        while True:
            while self._steps:
                steps, self._steps = self._steps, []
                yield steps
            if self._error is not None:
                raise self._error
            if self._over:
                return
            self._news.clear()
            await self._news.wait()

    def leave(self) -> None:
        """Nobody waits for the rest. May be called again, and after the end."""
        if not self._over:
            self._worker.forget(self)
            self.end("cancelled")

    def take(self, step: Step) -> None:
        """A token has come. Called in the event loop."""
        self._steps.append(step)
        self._news.set()

    def end(self, reason: str | None, error: ApiError | None = None) -> None:
        """No more will come."""
        if self._over:
            return
        self._over, self.finish_reason, self._error = True, reason, error
        self._news.set()
        if self.timer is not None:
            self.timer.cancel()
        if not self.admitted.done():
            self.admitted.set_result(None)

    def raise_error(self) -> None:
        """Raise what has ended the answer, if it was an error."""
        if self._error is not None:
            raise self._error


# A token or none, why it has ended or None, and the error that has ended it.
News = list[tuple[Ticket, Step | None, str | None, ApiError | None]]


class Worker:
    """An engine and its thread."""

    def __init__(
        self,
        make_engine: Callable[[], Turning],
        slots: int,
        max_waiting: int,
        timeout_s: float,
        log: Log,
        name: str = "model",
    ) -> None:
        self._make_engine, self._log, self._name = make_engine, log, name
        self.slots, self._max_waiting, self._timeout_s = slots, max_waiting, timeout_s
        self._open: set[Ticket] = set()  # the event loop's
        self._usual_s = 1.0  # what an answer takes, smoothed
        self._inbox: deque[Callable[[], None]] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._tickets: dict[int, Ticket] = {}  # the thread's, by id() of Running
        self._engine = make_engine()
        self._thread = threading.Thread(target=self._run, name=f"jium-{name}", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ called in the event loop

    @property
    def active(self) -> int:
        """Answers being written."""
        return min(len(self._open), self.slots)

    @property
    def waiting(self) -> int:
        """Answers that wait for a slot."""
        return max(0, len(self._open) - self.slots)

    @property
    def capacity(self) -> int:
        """Answers that may be written or wait."""
        return self.slots + self._max_waiting

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    async def submit(self, requests: Sequence[Request]) -> list[Ticket]:
        """Tickets for requests, all or none. Raises ApiError 429 where the queue is full, and what
        the engine says of a request that it cannot take.
        """
        if len(self._open) + len(requests) > self.capacity:
            raise busy(self._retry_s())
        if not self.alive:
            raise fault()
        tickets = [Ticket(request, self) for request in requests]
        for ticket in tickets:
            self._open.add(ticket)
            ticket.timer = ticket.loop.call_later(self._timeout_s, self._expire, ticket)
            self._post(lambda ticket=ticket: self._begin(ticket))  # type: ignore[misc]
        try:
            for ticket in tickets:
                await ticket.admitted
                ticket.raise_error()
        except BaseException:
            for ticket in tickets:
                ticket.leave()
            raise
        return tickets

    def forget(self, ticket: Ticket) -> None:
        """Free the slot of a ticket, or its place in the queue."""
        self._open.discard(ticket)
        self._post(lambda: self._cancel(ticket))

    def close(self) -> None:
        """End the thread after the step that it is in. Answers under way stay without an end."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout=10)

    def _expire(self, ticket: Ticket) -> None:
        if ticket in self._open:
            self.forget(ticket)
            ticket.end(None, timed_out(self._timeout_s))

    def _retry_s(self) -> int:
        """Seconds after which a place may be free."""
        rounds = 1 + self.waiting / self.slots
        return max(1, min(60, round(self._usual_s * rounds)))

    def _deliver(self, news: News) -> None:
        for ticket, step, reason, error in news:
            if step is not None:
                ticket.take(step)
            if reason is not None:
                self._finish(ticket, reason, error)

    def _finish(self, ticket: Ticket, reason: str | None, error: ApiError | None = None) -> None:
        if ticket in self._open:
            self._open.discard(ticket)
            self._usual_s += 0.1 * (time.perf_counter() - ticket.began - self._usual_s)
        ticket.end(reason, error)

    def _post(self, act: Callable[[], None]) -> None:
        with self._wake:
            self._inbox.append(act)
            self._wake.notify()

    # ------------------------------------------------------------ called in the thread

    def _run(self) -> None:
        while True:
            with self._wake:
                while not (self._closing or self._inbox or self._tickets):
                    self._wake.wait()
                if self._closing:
                    return
                acts, self._inbox = self._inbox, deque()
            for act in acts:
                self._guarded(act)
            if self._tickets:
                self._guarded(lambda: self._tell(self._engine.step()))

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            self._fail(error)

    def _begin(self, ticket: Ticket) -> None:
        try:
            ticket.running = self._engine.submit(ticket.request)
        except Exception as error:
            said = self._said(error)
            self._call(ticket, lambda: self._finish(ticket, None, said))
        else:
            self._tickets[id(ticket.running)] = ticket
            self._call(ticket, lambda: _admit(ticket))

    def _said(self, error: Exception) -> ApiError:
        """What the client is told of an error; of one that nobody meant, the log is told more."""
        if isinstance(error, JiumError):
            return of(error)
        self._log.fault(error, model=self._name)
        return fault()

    def _cancel(self, ticket: Ticket) -> None:
        running, ticket.running = ticket.running, None
        if running is not None and id(running) in self._tickets:
            del self._tickets[id(running)]
            self._engine.cancel(running)

    def _tell(self, steps: list[tuple[Running, Step | None]]) -> None:
        """Hand tokens over to the event loop, those of one step together."""
        news: News = []
        for running, step in steps:
            ticket = self._tickets.get(id(running))
            if ticket is None:
                continue
            reason = running.finish_reason
            if reason is not None:
                del self._tickets[id(running)]
                ticket.running = None
            error = None if running.error is None else self._said(running.error)
            news.append((ticket, step, reason, error))
        if news:
            self._call(news[0][0], lambda: self._deliver(news))

    def _fail(self, error: Exception) -> None:
        """Everything under way is lost; a new engine takes what comes."""
        self._log.fault(error, model=self._name)
        lost = list(self._tickets.values())
        self._tickets.clear()
        for ticket in lost:
            ticket.running = None
            self._call(ticket, lambda ticket=ticket: self._finish(ticket, None, fault()))  # type: ignore[misc]
        self._engine = self._make_engine()

    def _call(self, ticket: Ticket, act: Callable[[], None]) -> None:
        try:
            ticket.loop.call_soon_threadsafe(act)
        except RuntimeError:  # the loop has ended
            self._closing = True


def _admit(ticket: Ticket) -> None:
    if not ticket.admitted.done():
        ticket.admitted.set_result(None)
