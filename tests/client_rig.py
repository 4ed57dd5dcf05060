"""A protected session on a scripted transport, in virtual time, with every event kept."""

from collections.abc import Callable
from typing import Any, TypeVar

import requests
from requests import Response
from urllib3.exceptions import NewConnectionError
from urllib3.exceptions import ProtocolError as Urllib3ProtocolError

from resilience.errors import ResilienceError
from resilience.events import Event, OperationFinished
from resilience.http_client import ProtectedSession
from resilience.options import BreakerOptions, ClientOptions, RetryOptions
from resilience.testing.clock import FakeClock
from resilience.testing.transport import Reply, ScriptedTransport, Turn

E = TypeVar("E", bound=Event)
OPERATIONS = frozenset({"list_services", "create_appointment"})
STEADY = RetryOptions(jitter=0.0)
REFUSED = requests.ConnectionError(NewConnectionError(None, "refused"))  # type: ignore[arg-type]  # no connection needed
RESET = requests.ConnectionError(Urllib3ProtocolError("aborted", ConnectionResetError("reset")))
IN_FLIGHT = Reply(
    409,
    body=b'{"type": "https://service.test/problems/idempotency-key-in-flight"}',
    headers={"Content-Type": "application/problem+json"},
)
TOO_MANY = Reply(429, headers={"Retry-After": "5"})
PATIENT = BreakerOptions(failure_threshold=1000)


class Rig:
    """The session under test, its clock, its transport, and what it told."""

    def __init__(
        self,
        *script: Turn,
        then: Turn | None = None,
        retry: RetryOptions = STEADY,
        random: Callable[[], float] = lambda: 0.5,
        emit: Callable[[Event], None] | None = None,
        on_sleep: Callable[[float], None] | None = None,
        **options: Any,
    ) -> None:
        self.clock = FakeClock(on_sleep=on_sleep)
        self.transport = ScriptedTransport(*script, then=then, clock=self.clock)
        self.events: list[Event] = []
        self.session = ProtectedSession(
            ClientOptions(
                base_url="http://service.test", operations=OPERATIONS, retry=retry, **options
            ),
            clock=self.clock,
            emit=emit or self.events.append,
            random=random,
            transport=self.transport,
        )

    def get(self, **kwargs: Any) -> Response:
        """List the services."""
        return self.session.get("/services", operation="list_services", **kwargs)

    def post(self, **kwargs: Any) -> Response:
        """Create an appointment."""
        return self.session.post(
            "/appointments", json={"a": 1}, operation="create_appointment", **kwargs
        )

    def told(self, kind: type[E]) -> list[E]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def names(self) -> list[str]:
        """The names of all events, in order."""
        return [event.name for event in self.events]

    def finished(self) -> OperationFinished:
        """How the only operation finished."""
        (event,) = self.told(OperationFinished)
        return event

    def judged(self) -> dict[str, float]:
        """How the breaker judged the calls."""
        name = "resilience_circuit_breaker_calls"
        readings = [r for r in self.session.breaker.readings() if r.gauge.name == name]
        return {r.values[1]: r.value for r in readings if r.value}

    def keys(self) -> set[str]:
        """The idempotency keys that were sent."""
        return {request.headers["Idempotency-Key"] for request in self.transport.sent}

    def failure(self, call: Callable[..., Response], **kwargs: Any) -> ResilienceError:
        """The error that a call raises."""
        try:
            response = call(**kwargs)
        except ResilienceError as error:
            return error
        raise AssertionError(f"no error, but {response.status_code}")
