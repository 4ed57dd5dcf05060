"""A plain HTTP client for tests of the whole stack; each user has an address of their own."""

import json
import os
import random
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from typing import Any

PERSON = {"name": "Ada Example", "email": "ada@example.com", "phone": "+1 555 0100"}


def _addresses() -> Iterator[str]:
    """Addresses of the loopback network that no other process of the tests draws."""
    draw = random.Random(os.getpid())
    while True:
        yield f"127.{draw.randint(64, 254)}.{draw.randint(1, 254)}.{draw.randint(2, 254)}"


_USERS = _addresses()


def new_user() -> str:
    """The address of a user whom no limit has counted yet."""
    return next(_USERS)


def free_port() -> int:
    """A port that nothing listens on now, below those that the system gives away by itself.

    A client that polled one of those could be given it as its own, and so answer itself.
    """
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port in a hundred")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as it came."""

    status: int
    headers: HTTPMessage
    body: bytes

    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)

    @property
    def trace_id(self) -> str:
        """The trace that the answer names."""
        return str(self.headers["X-Trace-Id"])


def ask(
    port: int,
    line: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    *,
    user: str = "",
    timeout_s: float = 20.0,
) -> Answer:
    """Send `line`, such as "GET /services", from the user's address; bytes go as they are."""
    method, path = line.split(" ", 1)
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} if raw is not None else {}
    connection = HTTPConnection(
        "127.0.0.1", port, timeout=timeout_s, source_address=(user or new_user(), 0)
    )
    try:
        connection.request(method, path, raw, {**sent, **(headers or {})})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def free_starts(port: int, service: str = "srv-003") -> list[dict[str, Any]]:
    """What can be booked now, as the API says."""
    answer = ask(port, f"GET /availability?service_id={service}")
    return [
        {"service_id": service, "date": slot["date"], "start_time": slot["start_time"]}
        for slot in answer.json()["available_slots"]
    ]


def wish(port: int, **changes: Any) -> dict[str, Any]:
    """A request to book the start in the middle of what is free: there is more of it on both sides.

    Who books it leaves another in the middle.
    """
    free = free_starts(port)
    return {**free[len(free) // 2], "client": PERSON, **changes}
