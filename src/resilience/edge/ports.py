"""What the edge needs from the process it stands in, as callables."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from resilience.clock import Clock, SystemClock
from resilience.declare import Emit, ignore


class ServerSpan(Protocol):
    """Opens the SERVER span of a request that the edge answers itself."""

    def __call__(
        self,
        name: str,
        carrier: Mapping[str, str],
        trusted: bool,
        attributes: Mapping[str, str | int],
    ) -> AbstractContextManager[object]:
        """A context manager, current inside; `carrier` is a parent if `trusted`, else a link."""


def no_span(
    name: str, carrier: Mapping[str, str], trusted: bool, attributes: Mapping[str, str | int]
) -> AbstractContextManager[object]:
    """A `ServerSpan` that records nothing."""
    del name, carrier, trusted, attributes
    return nullcontext()


def _no_metrics(accept: str) -> tuple[str, bytes]:
    del accept
    return "text/plain; version=0.0.4; charset=utf-8", b""


def _ready() -> tuple[bool, Mapping[str, object]]:
    return True, {}


def _other(method: str, path: str) -> str:
    del method, path
    return "other"


def _no_trace() -> str:
    return ""


def _unreported(error: BaseException) -> None:
    del error


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """Where the edge tells and asks; every default does nothing.

    `metrics(accept)` gives content type and body; `ready()` says whether to send traffic here,
    with details; both are called on the event loop and must not block. `route_of(method, path)`
    is a route template or "other". `trace_id()` is of the current span. `failed(error)` is told
    what the application raised instead of answering. `sleep(seconds)` holds repeat offenders.
    """

    emit: Emit = ignore
    server_span: ServerSpan = no_span
    clock: Clock = field(default_factory=SystemClock)
    metrics: Callable[[str], tuple[str, bytes]] = _no_metrics
    ready: Callable[[], tuple[bool, Mapping[str, object]]] = _ready
    route_of: Callable[[str, str], str] = _other
    trace_id: Callable[[], str] = _no_trace
    failed: Callable[[BaseException], None] = _unreported
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
