"""The bridge: calls go to worker threads, and each answer comes back in one hop."""

import asyncio
import contextvars
from collections.abc import Callable
from contextlib import aclosing
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from resilience.bridge.call import (
    Answer,
    Call,
    Deliver,
    Expired,
    Headers,
    Receive,
    Result,
    Send,
    send_whole,
)
from resilience.bridge.reply import perform
from resilience.bridge.stream import Stream
from resilience.bridge.workers import Mailbox, Workers

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


class Outcome(Enum):
    """What became of a call; unless it was answered, nothing was sent."""

    ANSWERED = "the application's answer was sent"
    EXPIRED = "its deadline passed before a worker was free, so the work was skipped"
    FAILED = "the application raised before it said anything"


class Bridge:
    """Serves a WSGI application from an event loop.

    `threads` work at the same time; `queue` calls may wait for one, after which `full` holds.
    `now` is the monotonic clock; `failed` is told each exception that the application raised.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        threads: int,
        queue: int,
        now: Callable[[], float],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._app = app
        self._now = now
        self._failed = failed
        self._workers = Workers(threads)
        self._capacity = threads + queue
        self._under_way = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._mailbox: Mailbox

    @property
    def full(self) -> bool:
        """Whether as many calls wait as may."""
        return self._under_way >= self._capacity

    @property
    def waiting(self) -> int:
        """Calls that wait for a worker thread."""
        return self._workers.waiting

    @property
    def busy(self) -> int:
        """Worker threads at work."""
        return min(self._workers.count, max(0, self._under_way - self._workers.waiting))

    def stop(self, timeout_s: float) -> None:
        """End the worker threads after the calls that wait, and those in their hands."""
        self._workers.stop(timeout_s)
        self._loop = None

    async def serve(
        self, call: Call, receive: Receive, send: Send, answer_headers: Headers = ()
    ) -> Outcome:
        """Let the application answer, with `answer_headers` after its own."""
        self._under_way += 1
        try:
            result = await self._submit(call)
            if isinstance(result, Answer):
                await _send(result, call, answer_headers, receive, send)
                return Outcome.ANSWERED
        finally:
            self._under_way -= 1
        if isinstance(result, Expired):
            return Outcome.EXPIRED
        self._failed(result)
        return Outcome.FAILED

    def _submit(self, call: Call) -> "asyncio.Future[Result]":
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._mailbox = loop, Mailbox(loop)
            self._workers.start()
        waiter: asyncio.Future[Result] = loop.create_future()
        deliver = partial(self._mailbox.deliver, waiter)
        context = contextvars.copy_context()
        self._workers.put(partial(context.run, self._run, call, loop, deliver))
        return waiter

    def _run(self, call: Call, loop: asyncio.AbstractEventLoop, deliver: Deliver) -> None:
        if call.deadline_s is not None and self._now() >= call.deadline_s:
            deliver(Expired())
        else:
            perform(self._app, call, loop, deliver)


async def _send(answer: Answer, call: Call, more: Headers, receive: Receive, send: Send) -> None:
    headers = [*answer.headers, *more]
    if answer.stream is None:
        await send_whole(call.scope, send, answer.status, headers, answer.body)
    else:
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await _send_stream(answer.stream, receive, send)


async def _send_stream(stream: Stream, receive: Receive, send: Send) -> None:
    watch = asyncio.create_task(_watch(stream, receive))
    try:
        async with aclosing(stream.chunks()) as chunks:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        watch.cancel()
        stream.abandon()


async def _watch(stream: Stream, receive: Receive) -> None:
    """Abandon the stream when the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.abandon()
