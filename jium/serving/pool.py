"""Work that cannot be shared: a thread for each model, a piece of work at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from jium.serving.errors import busy, timed_out

T = TypeVar("T")


class Pool:
    """One thread, and a queue with an end before it."""

    def __init__(self, name: str, max_waiting: int, timeout_s: float) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"jium-{name}")
        self._max_waiting, self._timeout_s = max_waiting, timeout_s
        self.open = 0  # pieces of work that wait or run

    async def run(self, work: Callable[[], T]) -> T:
        """Do it, after all that came before. Raises ApiError 429 where the queue is full, 408 where
        it takes too long.

        Work that waits is forgotten when its client goes; what has begun is ended.
        """
        if self.open > self._max_waiting:
            raise busy(1 + self.open // 4)
        loop = asyncio.get_running_loop()

        def done(_: object) -> None:
            with suppress(RuntimeError):  # the loop has ended before the work
                loop.call_soon_threadsafe(self._done)

        job = self._thread.submit(work)
        self.open += 1
        job.add_done_callback(done)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.wrap_future(job)
        except TimeoutError:
            raise timed_out(self._timeout_s) from None

    def close(self) -> None:
        """Begin nothing more; what runs is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _done(self) -> None:
        self.open -= 1
