"""The pipe never holds up who puts something in, and loses nothing without a count."""

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from resilience.telemetry.pipe import Pipe


class Destination:
    """Where deliveries go; `open` lets them pass, `answer` decides what becomes of them."""

    def __init__(self) -> None:
        self.got: list[int] = []
        self.batches: list[int] = []
        self.began, self.open = threading.Event(), threading.Event()
        self.answer: Callable[[], bool] = lambda: True
        self.open.set()

    def deliver(self, batch: list[int]) -> bool:
        """Take one batch."""
        self.began.set()
        self.open.wait(10)
        self.batches.append(len(batch))
        if answer := self.answer():
            self.got += batch
        return answer


@pytest.fixture
def there() -> Iterator[Destination]:
    """A destination that is opened at last, so that no thread outlives its test."""
    destination = Destination()
    yield destination
    destination.open.set()


def pipe_to(there: Destination, *, limit: int = 100, batch: int = 10) -> Pipe[int]:
    """A pipe that waits long for more, so that only its rules make it deliver."""
    return Pipe("span", there.deliver, limit=limit, batch=batch, linger_s=30.0)


def books(pipe: Pipe[int]) -> dict[str, float]:
    """The counts that a scrape would show."""
    return {
        "/".join([one.gauge.name, *one.values[1:]]).removeprefix("telemetry_"): one.value
        for one in pipe.readings()
    }


def expected(made: int, delivered: int, full: int = 0, failed: int = 0, shut: int = 0) -> object:
    """Those counts, written short."""
    return {
        "made": made,
        "delivered": delivered,
        "dropped/queue_full": full,
        "dropped/delivery_failed": failed,
        "dropped/shutdown": shut,
    }


def test_all_counts_are_there_before_anything_happened(there: Destination) -> None:
    """Every series exists at 0 from the start."""
    pipe = pipe_to(there)
    assert books(pipe) == expected(0, 0)
    assert pipe.close(1.0)


def test_items_arrive_in_order_and_in_batches(there: Destination) -> None:
    """A full batch is delivered at once, the rest at the flush."""
    pipe = pipe_to(there)
    for number in range(25):
        pipe.put(number)
    assert pipe.flush(5.0)
    assert there.got == [*range(25)]
    assert max(there.batches) <= 10
    assert books(pipe) == expected(25, 25)
    assert pipe.close(1.0)


@pytest.mark.parametrize("batch", [1, 3])
def test_a_full_batch_does_not_linger(there: Destination, batch: int) -> None:
    """As many items as a batch holds are delivered without waiting for more."""
    pipe = pipe_to(there, batch=batch)
    for number in range(batch):
        pipe.put(number)
    assert there.began.wait(5.0)
    assert pipe.close(5.0)
    assert there.got == [*range(batch)]


def test_what_comes_during_a_delivery_lingers_for_a_batch_of_its_own() -> None:
    """Three items that come meanwhile wait for seven more, and are not delivered by themselves."""
    batches: list[list[int]] = []
    began, done = threading.Event(), threading.Event()

    def deliver(items: list[int]) -> bool:
        batches.append(items)
        if len(batches) == 1:
            for number in range(10, 13):
                pipe.put(number)
            began.set()
        elif items[-1] == 19:
            done.set()
        return True

    pipe: Pipe[int] = Pipe("span", deliver, limit=100, batch=10, linger_s=60.0)
    for number in range(10):
        pipe.put(number)
    assert began.wait(5.0)
    for number in range(13, 20):
        pipe.put(number)

    assert done.wait(5.0)
    assert batches == [[*range(10)], [*range(10, 20)]]
    assert pipe.close(1.0)


def test_a_lone_item_lingers_and_then_goes(there: Destination) -> None:
    """What is less than a batch is delivered when its time is over."""
    pipe = Pipe("span", there.deliver, limit=10, batch=10, linger_s=0.001)
    pipe.put(1)
    assert there.began.wait(5.0)
    assert pipe.close(5.0)
    assert books(pipe) == expected(1, 1)


@pytest.mark.fault(67)
def test_a_burst_beyond_the_queue_is_dropped_and_counted(there: Destination) -> None:
    """While a delivery hangs, `limit` items wait and the newest beyond them are dropped."""
    there.open.clear()
    pipe = pipe_to(there, limit=50, batch=10)
    for number in range(10):
        pipe.put(number)
    assert there.began.wait(5.0)
    for number in range(10, 1000):
        pipe.put(number)
    there.open.set()
    assert pipe.close(5.0)
    assert there.got == [*range(60)]
    assert books(pipe) == expected(1000, 60, full=940)


@pytest.mark.fault(66, 69)
@pytest.mark.parametrize("error", [OSError("gone"), SystemExit(1), KeyboardInterrupt()])
def test_a_delivery_that_raises_is_counted_and_the_next_one_tried(
    there: Destination, error: BaseException
) -> None:
    """Whatever the destination raises drops one batch and never ends the thread."""

    def fail() -> bool:
        raise error

    pipe = pipe_to(there, batch=2)
    there.answer = fail
    pipe.put(1)
    assert pipe.flush(5.0)
    there.answer = lambda: True
    pipe.put(2)
    assert pipe.close(5.0)
    assert there.got == [2]
    assert books(pipe) == expected(2, 1, failed=1)


def test_a_delivery_that_says_no_is_counted(there: Destination) -> None:
    """A refused batch counts item by item."""
    there.answer = lambda: False
    pipe = pipe_to(there)
    for number in range(7):
        pipe.put(number)
    assert pipe.close(5.0)
    assert books(pipe) == expected(7, 0, failed=7)


@pytest.mark.fault(68)
def test_close_does_not_wait_for_a_hanging_delivery(there: Destination) -> None:
    """After its time, what hangs and what waits is dropped and counted, once."""
    there.open.clear()
    pipe = pipe_to(there, batch=10)
    for number in range(25):
        pipe.put(number)
    assert there.began.wait(5.0)
    began = time.monotonic()
    assert not pipe.close(0.05)
    assert time.monotonic() - began < 1.0
    assert books(pipe) == expected(25, 0, shut=25)
    there.open.set()
    assert pipe.close(1.0)
    assert books(pipe) == expected(25, 0, shut=25)


def test_an_end_that_comes_right_after_a_delivery_leaves_nothing_behind(
    there: Destination,
) -> None:
    """What was to linger for a batch of its own is delivered, too."""

    class EndedJustThen(Pipe[int]):
        def _hurries(self) -> bool:
            hurries = super()._hurries()
            if there.batches and not self._closing:
                ending.start()
                while not self._closing:
                    pass
            return hurries

    ended = threading.Event()

    def end() -> None:
        pipe.close(2.0)
        ended.set()

    pipe = EndedJustThen("span", there.deliver, limit=100, batch=2, linger_s=30.0)
    ending = threading.Thread(target=end)
    with pipe._lock:  # all of them wait together
        for number in range(3):
            pipe.put(number)

    assert ended.wait(5.0)
    assert books(pipe) == expected(made=3, delivered=3)


def test_what_comes_after_the_end_is_dropped_and_counted(there: Destination) -> None:
    """A closed pipe takes nothing more, and says so."""
    pipe = pipe_to(there)
    pipe.put(1)
    assert pipe.close(5.0)
    pipe.put(2)
    assert books(pipe) == expected(2, 1, shut=1)


@pytest.mark.fault(67)
def test_the_books_balance_under_many_threads(there: Destination) -> None:
    """With threads, a small queue and failing deliveries: made = delivered + dropped."""
    tries = iter(range(10**9))
    there.answer = lambda: next(tries) % 3 > 0
    pipe = Pipe("span", there.deliver, limit=20, batch=7, linger_s=0.0001)

    def fill() -> None:
        for number in range(2000):
            pipe.put(number)

    threads = [threading.Thread(target=fill) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pipe.flush(5.0)
    found = books(pipe)
    made, delivered = found.pop("made"), found.pop("delivered")
    assert (made, len(there.got)) == (16_000, delivered)
    assert made == delivered + sum(found.values())
    assert pipe.close(5.0)


def test_a_flush_that_runs_out_of_time_says_so(there: Destination) -> None:
    """False means that something has not arrived yet."""
    there.open.clear()
    pipe = pipe_to(there)
    pipe.put(1)
    assert not pipe.flush(0.01)
    there.open.set()
    assert pipe.flush(5.0)
    assert pipe.close(5.0)


def test_a_signal_handler_may_put_while_its_thread_does(there: Destination) -> None:
    """A handler that runs in the middle of a put does not wait for itself for ever."""
    pipe = pipe_to(there, limit=100_000)
    before = signal.signal(signal.SIGPROF, lambda *_: pipe.put(-1))
    signal.setitimer(signal.ITIMER_PROF, 0.0002, 0.0002)
    try:
        for number in range(50_000):
            pipe.put(number)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    assert pipe.close(5.0)
    assert there.got.count(-1) > 0
    assert [number for number in there.got if number >= 0] == [*range(50_000)]
    assert books(pipe) == expected(len(there.got), len(there.got))
