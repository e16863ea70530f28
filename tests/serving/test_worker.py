"""The thread that writes, with an engine whose steps the test turns."""

import asyncio
import io
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from jium.errors import ConfigError, DataError
from jium.generation.engine import Request, Running, Step
from jium.serving.errors import ApiError
from jium.serving.log import Log
from jium.serving.worker import Ticket, Worker


class Stand:
    """An engine that writes 1, 2, 3, ... for each request, as long as the gate is open."""

    def __init__(self, slots: int, gate: threading.Event) -> None:
        self.slots, self.gate = slots, gate
        self.all: list[Running] = []
        self.cancelled: list[Running] = []

    def submit(self, request: Request) -> Running:
        if request.ids == [13]:
            raise DataError("no token {token}: the model has {n}, from 0 on.", token=13, n=5)
        running = Running(request, request.settings.max_tokens or 5)
        self.all.append(running)
        return running

    def cancel(self, running: Running) -> None:
        running.finish_reason = "cancelled"
        self.all.remove(running)
        self.cancelled.append(running)

    def step(self) -> list[tuple[Running, Step | None]]:
        self.gate.wait(10)
        told: list[tuple[Running, Step | None]] = []
        for running in self.all[: self.slots]:
            if running.request.ids == [99]:
                raise RuntimeError("the prompt was a secret")
            running.steps.append(Step(len(running.steps) + 1))
            if len(running.steps) == running.limit:
                running.finish_reason = "length"
            told.append((running, running.steps[-1]))
        self.all = [running for running in self.all if running.finish_reason is None]
        return told


class Bench:
    """A worker with such an engine."""

    def __init__(self, slots: int = 2, waiting: int = 2, timeout_s: float = 60) -> None:
        self.gate, self.log = threading.Event(), io.StringIO()
        self.engines: list[Stand] = []
        self.worker = Worker(self.make, slots, waiting, timeout_s, Log(self.log))
        self.slots = slots

    def make(self) -> Stand:
        self.engines.append(Stand(getattr(self, "slots", 2), self.gate))
        return self.engines[-1]


def run(test: Callable[[Bench], Coroutine[Any, Any, None]], **settings: Any) -> Bench:
    bench = Bench(**settings)
    try:
        asyncio.run(asyncio.wait_for(test(bench), 20))
    finally:
        bench.gate.set()
        bench.worker.close()
    assert not bench.worker.alive
    return bench


async def read(ticket: Ticket) -> list[int]:
    return [step.token async for steps in ticket for step in steps]


def test_every_request_gets_its_own_tokens_in_order():
    async def test(bench: Bench) -> None:
        bench.gate.set()
        tickets = await bench.worker.submit([Request([i]) for i in range(4)])
        assert [await read(ticket) for ticket in tickets] == [[1, 2, 3, 4, 5]] * 4
        assert {ticket.finish_reason for ticket in tickets} == {"length"}
        assert (bench.worker.active, bench.worker.waiting) == (0, 0)

    run(test)


def test_a_full_queue_refuses_until_somebody_leaves():
    async def test(bench: Bench) -> None:
        tickets = await bench.worker.submit([Request([i]) for i in range(4)])
        assert (bench.worker.active, bench.worker.waiting) == (2, 2)
        with pytest.raises(ApiError) as caught:
            await bench.worker.submit([Request([5])])
        assert caught.value.status == 429
        assert int(caught.value.headers["Retry-After"]) >= 1
        tickets[0].leave()
        tickets[0].leave()
        bench.gate.set()
        (late,) = await bench.worker.submit([Request([5])])
        assert await read(late) == [1, 2, 3, 4, 5]
        assert len(bench.engines[0].cancelled) == 1
        for ticket in tickets:
            ticket.leave()
        assert (bench.worker.active, bench.worker.waiting) == (0, 0)

    run(test)


def test_several_go_together_or_not_at_all():
    async def test(bench: Bench) -> None:
        with pytest.raises(ApiError):
            await bench.worker.submit([Request([i]) for i in range(5)])
        assert bench.worker.active == 0
        bench.gate.set()
        with pytest.raises(ApiError, match="no token 13") as caught:
            await bench.worker.submit([Request([1]), Request([13])])
        assert caught.value.status == 400
        assert (bench.worker.active, bench.worker.waiting) == (0, 0)

    run(test)


def test_an_answer_that_takes_too_long_is_given_up():
    async def test(bench: Bench) -> None:
        (ticket,) = await bench.worker.submit([Request([1])])
        with pytest.raises(ApiError, match="no whole answer within 0.2 s") as caught:
            await read(ticket)
        assert caught.value.status == 408
        bench.gate.set()
        (after,) = await bench.worker.submit([Request([2])])
        assert await read(after) == [1, 2, 3, 4, 5]

    run(test, timeout_s=0.2)


def test_a_broken_engine_is_made_anew_and_the_log_keeps_what_was_said():
    async def test(bench: Bench) -> None:
        bench.gate.set()
        with pytest.raises(ApiError) as caught:  # at once, or while it is read
            await read(*await bench.worker.submit([Request([99])]))
        assert caught.value.status == 500
        (after,) = await bench.worker.submit([Request([1])])
        assert await read(after) == [1, 2, 3, 4, 5]

    bench = run(test)
    assert len(bench.engines) == 2
    assert "RuntimeError" in bench.log.getvalue() and "secret" not in bench.log.getvalue()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigError("choices: cannot be followed"), 400),
        (ValueError("the prompt was a secret"), 500),
    ],
)
def test_what_ends_one_answer_is_said_to_its_client_alone(error: Exception, status: int):
    async def test(bench: Bench) -> None:
        one, other = await bench.worker.submit([Request([1]), Request([2])])
        (broken,) = (r for r in bench.engines[0].all if r.request is one.request)
        broken.chooser.error, broken.finish_reason = error, "error"
        bench.gate.set()
        with pytest.raises(ApiError) as caught:
            await read(one)
        assert caught.value.status == status and "secret" not in caught.value.message
        assert await read(other) == [1, 2, 3, 4, 5]
        assert (bench.worker.active, bench.worker.waiting) == (0, 0)

    bench = run(test)
    assert len(bench.engines) == 1 and ("fault" in bench.log.getvalue()) == (status == 500)
    assert "secret" not in bench.log.getvalue()


def test_a_log_that_nobody_reads_stops_nothing():
    out = io.StringIO()
    out.close()
    Log(out).write("request", status=200)


def test_tokens_come_while_the_rest_is_still_written():
    async def test(bench: Bench) -> None:
        bench.gate.set()
        (ticket,) = await bench.worker.submit([Request([1])])
        async for steps in ticket:
            assert steps[0].token == 1
            break
        ticket.leave()
        await asyncio.sleep(0)
        assert bench.worker.active == 0

    run(test)
