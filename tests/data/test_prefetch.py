"""Working ahead in a thread."""

import threading
import time
from collections.abc import Iterator
from itertools import count, islice

import pytest

from jium.data.prefetch import prefetch


def test_items_come_in_order_and_end():
    assert list(prefetch(iter(range(50)), size=3)) == list(range(50))
    assert list(prefetch(iter([]))) == []


def test_no_more_than_size_are_prepared_ahead():
    taken: list[int] = []

    def watched() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    stream = prefetch(watched(), size=3)
    assert next(stream) == 0
    _wait(lambda: len(taken) >= 5)
    time.sleep(0.05)  # time enough to go too far
    assert len(taken) == 5  # one used, three waiting, one in hand
    stream.close()


def test_what_goes_wrong_is_raised_after_what_went_right():
    def breaks() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("the disk is gone")

    stream = prefetch(breaks())
    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        next(stream)


def test_a_reader_that_stops_stops_the_thread():
    before = set(threading.enumerate())
    stream = prefetch(count(), size=2)
    assert list(islice(stream, 3)) == [0, 1, 2]
    (worker,) = set(threading.enumerate()) - before
    stream.close()
    worker.join(timeout=10)
    assert not worker.is_alive()


def _wait(until) -> None:
    for _ in range(1000):
        if until():
            return
        time.sleep(0.005)


@pytest.mark.parametrize("taken", [0, 1, 50])
def test_the_thread_ends_with_the_generator(taken: int):
    before = threading.active_count()
    stream = prefetch(iter(range(50)))
    assert list(islice(stream, taken)) == list(range(taken))
    stream.close()
    assert threading.active_count() == before
