"""The one booking that `make run` makes, from its user's side."""

import json
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any

from booking.stack.parts import Part, StackError
from resilience.telemetry.receiver import Receiver
from resilience.telemetry.trace import SpanRecord

USER = "127.0.0.2"
"""The demonstration's user has an address, and so a rate limit, of its own."""

_SETTLED_S = 0.6
_SPANS_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Booked:
    """What the agent answered, and how long it took."""

    appointment: dict[str, Any]
    trace_id: str
    took_s: float


def book_one(agent: Part, timeout_s: float) -> Booked:
    """Book the next free start through the agent. Raises StackError when it says no."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    wish = {
        "service_id": "srv-001",
        "date": tomorrow,
        "start_time": "09:00",
        "on_taken": "take",
        "client": {"name": "Ada Example", "email": "ada@example.com", "phone": "+1 555 0100"},
    }
    begun = time.monotonic()
    with (
        _asking(agent),
        closing(_connection(agent, timeout_s, own_address(agent.host))) as connection,
    ):
        connection.request("POST", "/book", json.dumps(wish), {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = json.loads(response.read())
    if response.status != 201:
        raise StackError(f"The agent could not book: {content.get('error', response.status)}")
    trace_id = response.headers.get("X-Trace-Id", "")
    return Booked(content["appointment"], trace_id, time.monotonic() - begun)


def fetch(part: Part, path: str) -> str:
    """The text of a GET. Raises StackError when there is no answer."""
    with _asking(part), closing(_connection(part, 5.0)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read().decode()


def _connection(part: Part, timeout_s: float, source: str = "") -> HTTPConnection:
    address = (source, 0) if source else None
    return HTTPConnection(part.host, part.port, timeout=timeout_s, source_address=address)


@contextmanager
def _asking(part: Part) -> Iterator[None]:
    try:
        yield
    except (OSError, HTTPException, ValueError) as error:
        raise StackError(
            f"The {part.name} gave no proper answer ({type(error).__name__}); its log says more."
        ) from None


def own_address(host: str) -> str:
    """`USER`, or "" on a system or for a host where it cannot be used."""
    with socket.socket() as probe, suppress(OSError):
        probe.bind((USER, 0))
        return USER if host.startswith(("127.", "0.")) else ""
    return ""


def settled_spans(receiver: Receiver, trace_id: str) -> Sequence[SpanRecord]:
    """The spans of a trace once no more have come for a while."""
    ends, count, since = time.monotonic() + _SPANS_WITHIN_S, -1, time.monotonic()
    while time.monotonic() < ends:
        found = receiver.spans(trace_id)
        if len(found) != count:
            count, since = len(found), time.monotonic()
        elif count > 0 and time.monotonic() - since > _SETTLED_S:
            return found
        time.sleep(0.05)
    return receiver.spans(trace_id)
