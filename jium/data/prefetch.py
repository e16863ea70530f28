"""Work ahead in a thread, so that the model never waits for data."""

import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

T = TypeVar("T")


class _End:
    """The iterator is exhausted, or raised `error`."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def prefetch(items: Iterator[T], size: int = 4) -> Generator[T, None, None]:
    """Yield `items` in order, up to `size` of them prepared ahead; what goes wrong in the thread is
    raised here. The thread has ended once the generator has, or is closed.
    """
    ready: queue.Queue[T | _End] = queue.Queue(size)
    stop = threading.Event()

    def offer(item: T | _End) -> None:
        while not stop.is_set():
            try:
                return ready.put(item, timeout=0.1)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                offer(item)
                if stop.is_set():
                    return
            offer(_End())
        except BaseException as error:  # handed to the reader
            offer(_End(error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item = ready.get()
            if not isinstance(item, _End):
                yield item
            elif item.error is not None:
                raise item.error
            else:
                return
    finally:
        stop.set()
        thread.join()  # a thread within torch when Python ends would abort the process
