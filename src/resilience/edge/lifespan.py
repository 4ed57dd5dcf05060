"""Start and end under a server that speaks ASGI's lifespan."""

import multiprocessing
from collections.abc import Callable

from resilience.bridge import Receive, Send

ONE_PROCESS = (
    "The rate limits are counted in the memory of one process, so N worker processes would allow"
    " N times as much. Start one worker (no --workers, no WEB_CONCURRENCY), and add replicas for"
    " more load."
)


async def lifespan(receive: Receive, send: Send, close: Callable[[], None]) -> None:
    """Refuse to start as one of several worker processes; close at the end."""
    await receive()
    if multiprocessing.parent_process() is not None:
        await send({"type": "lifespan.startup.failed", "message": ONE_PROCESS})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    close()
    await send({"type": "lifespan.shutdown.complete"})
