"""Worker threads and the way back from them."""

import asyncio
import os
import threading
import time
from collections.abc import Callable

from resilience.bridge.call import Answer, Result
from resilience.bridge.workers import Mailbox, Workers


def test_jobs_run_in_order_and_the_threads_end() -> None:
    """One thread takes them as they came; after `stop` none is left."""
    done: list[int] = []
    before, workers = threading.active_count(), Workers(1)
    for number in range(5):
        workers.put(lambda number=number: done.append(number))  # type: ignore[misc]  # bound now
    waiting = workers.waiting
    workers.start()
    workers.start()
    workers.stop(5)

    assert (waiting, done) == (5, [0, 1, 2, 3, 4])
    assert threading.active_count() == before


def test_a_gentle_load_stays_with_the_thread_that_worked_last() -> None:
    """Whoever rested the shortest works next; another one does while that one is busy."""
    workers, names = Workers(4), list[str]()
    go_on = threading.Event()

    def busy() -> None:
        go_on.wait(5)

    workers.start()
    _until(lambda: len(workers._resting) == 4)
    for _ in range(20):
        _work_once(workers, names, resting=4)
    workers.put(busy)
    for _ in range(20):
        _work_once(workers, names, resting=3)
    go_on.set()
    workers.stop(5)

    assert len({*names[:20]}) == len({*names[20:]}) == 1
    assert names[0] != names[20]


def _work_once(workers: Workers, names: list[str], resting: int) -> None:
    """Have one job done, and wait until its thread rests as the others do."""
    count = len(names) + 1
    workers.put(lambda: names.append(threading.current_thread().name))
    _until(lambda: len(names) == count and len(workers._resting) == resting)


def _until(holds: Callable[[], bool]) -> None:
    ends_s = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < ends_s
        os.sched_yield()


def test_many_results_need_one_waking() -> None:
    """What is delivered before the loop looks comes with the same look."""
    wakings = 0

    async def run() -> list[Result]:
        loop = asyncio.get_running_loop()
        wake = loop.call_soon_threadsafe

        def counted(*args: object) -> object:
            nonlocal wakings
            wakings += 1
            return wake(*args)  # type: ignore[arg-type]  # passed on as they came

        loop.call_soon_threadsafe = counted  # type: ignore[assignment]  # to count
        mailbox = Mailbox(loop)
        waiters: list[asyncio.Future[Result]] = [loop.create_future() for _ in range(10)]
        for number, waiter in enumerate(waiters):
            mailbox.deliver(waiter, Answer(200 + number, []))
        return await asyncio.gather(*waiters)

    results = asyncio.run(run())

    assert [r.status for r in results if isinstance(r, Answer)] == list(range(200, 210))
    assert wakings == 1


def test_a_result_for_nobody_is_dropped() -> None:
    """A waiter that was cancelled, or a loop that is closed, harms no worker."""
    loop = asyncio.new_event_loop()
    mailbox, waiter = Mailbox(loop), loop.create_future()
    waiter.cancel()
    mailbox.deliver(waiter, Answer(200, []))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    mailbox.deliver(waiter, Answer(200, []))

    assert waiter.cancelled()
