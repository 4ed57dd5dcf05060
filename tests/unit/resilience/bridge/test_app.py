"""The bridge: contexts, deadlines, and how much it takes on."""

import asyncio
import contextvars
import threading
from typing import Any

import pytest
from tests.bridge_stand import Client, bridge, plain, run_one, scope

from resilience.bridge import Call, Outcome

WHO: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


def test_the_context_of_the_caller_holds_in_the_thread_and_is_not_changed_by_it() -> None:
    """Context variables go along, and what the application sets stays there."""

    def app(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        seen = WHO.get()
        WHO.set("the application")
        return [seen.encode()]

    async def run() -> tuple[bytes, str]:
        WHO.set("the caller")
        client, served = Client(), bridge(app)
        await served.serve(Call(scope()), client.receive, client.send)
        served.stop(1)
        return client.answer()[2], WHO.get()

    assert asyncio.run(run()) == (b"the caller", "the caller")


def test_work_past_its_deadline_is_skipped() -> None:
    """The application is not called at all when nobody waits any more."""
    outcome, client, _ = run_one(lambda environ, start: pytest.fail("called"), deadline_s=100.0)

    assert (outcome, client.messages) == (Outcome.EXPIRED, [])


def test_the_bridge_is_full_when_as_many_wait_as_may() -> None:
    """Two at work and four waiting fill it; the gauges say so."""
    go, started = threading.Event(), threading.Semaphore(0)

    def app(environ: Any, start: Any) -> list[bytes]:
        started.release()
        go.wait(5)
        return plain(environ, start)

    async def run() -> tuple[bool, bool, int, int]:
        client, served = Client(), bridge(app)
        tasks = []
        for number in range(6):
            tasks.append(
                asyncio.create_task(served.serve(Call(scope()), client.receive, client.send))
            )
            await asyncio.sleep(0)
            if number == 4:
                before = served.full
        for _ in range(2):
            await asyncio.to_thread(started.acquire, timeout=5)
        during = served.full, served.busy, served.waiting
        go.set()
        await asyncio.gather(*tasks)
        served.stop(1)
        return before, *during

    assert asyncio.run(run()) == (False, True, 2, 4)
