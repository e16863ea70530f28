"""Ctrl-C and SIGTERM end a run after the step it is in, saved."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether a person or the system has asked to stop."""

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def interrupts() -> Iterator[Stop]:
    """Inside the block the first signal only asks to stop; the second acts at once, as ever."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    names = (signal.SIGINT, signal.SIGTERM)
    before = {name: signal.getsignal(name) for name in names}

    def ask(number: int, frame: FrameType | None) -> None:
        stop.asked = True
        for name, handler in before.items():
            signal.signal(name, handler)

    for name in names:
        signal.signal(name, ask)
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
