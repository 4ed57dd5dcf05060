"""The protected session: calls that retry, rest, give up in time, and raise."""

import random as randoms
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

from requests import Response
from requests.adapters import BaseAdapter

from resilience import context
from resilience.breaker import CircuitBreaker
from resilience.budget import RetryBudget
from resilience.clock import Clock, SystemClock
from resilience.declare import Emit, ignore
from resilience.events import Observe, SpanKind, unobserved
from resilience.gauges import Reading
from resilience.guard import guard_emit, guard_observe
from resilience.http_client.attempt import AttemptAdapter
from resilience.http_client.connection import SocketTransport
from resilience.http_client.operation import Operation, Policies
from resilience.http_client.plan import Params, Planner
from resilience.http_client.progress import InProgress
from resilience.http_client.request import Check
from resilience.http_client.single_send import SingleSendSession
from resilience.options import ClientOptions, Random
from resilience.retry import Retry


class ProtectedSession:
    """HTTP calls to one service, through every protection; one for all threads.

    `get`, `post` and `patch` return the answer, fully read, when there is one that settles the
    matter (2xx, or a 4xx that trying again would not change). Otherwise they raise, as
    `resilience.errors` draws: RetriesExhausted, RateLimited, DeadlineExceeded, OutcomeUnknown,
    CallCancelled, CircuitBreakerOpen, ProtocolError, CallNotSent.

    `emit` and `observe` are told what happens; `random` gives the jitter; `transport` replaces
    the sockets. Nothing is read from the environment.
    """

    def __init__(
        self,
        options: ClientOptions | None = None,
        *,
        clock: Clock | None = None,
        emit: Emit = ignore,
        observe: Observe = unobserved,
        random: Random = randoms.random,
        transport: BaseAdapter | None = None,
    ) -> None:
        options = options or ClientOptions()
        clock = clock or SystemClock()
        emit = guard_emit(emit)
        adapter = AttemptAdapter(
            transport or SocketTransport(options.pool_size), options, clock=clock, emit=emit
        )
        budget = RetryBudget(options.budget, target=options.target)
        self.options = options
        self.breaker = CircuitBreaker(
            options=options.breaker, target=options.target, clock=clock, emit=emit
        )
        self._policies = Policies(
            options=options,
            session=SingleSendSession(adapter, transport),
            breaker=self.breaker,
            budget=budget,
            retry=Retry(options.retry, clock=clock, random=random, budget=budget),
            clock=clock,
            emit=emit,
        )
        self._planner = Planner(options)
        self._observe = guard_observe(observe)
        self._in_progress = InProgress(options)

    def get(self, url: str, **kwargs: Any) -> Response:
        """`request` with GET."""
        return self.request("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> Response:
        """`request` with POST."""
        return self.request("POST", url, **kwargs)

    def patch(self, url: str, **kwargs: Any) -> Response:
        """`request` with PATCH."""
        return self.request("PATCH", url, **kwargs)

    def request(
        self,
        method: str,
        url: str,
        *,
        operation: str = "",
        url_template: str = "",
        params: Params | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        deadline_s: float | None = None,
        idempotency_key: str | None = None,
        request_id: str | None = None,
        check: Check | None = None,
    ) -> Response:
        """Call `url`, which may be relative to the base.

        `operation` and `url_template` ("/appointments/{id}") name the call in every signal.
        `deadline_s` may shorten the time for all attempts and waits. POST and PATCH get an
        `Idempotency-Key` of their own unless one is given; "" sends none, and then what may
        have taken effect is not tried again. `check` is called with each 2xx answer inside the
        attempt and raises `ProtocolError` for one that is not of the agreed form.

        Raises what the class says; a ValueError for what could never be sent.
        """
        plan = self._planner.plan(
            method,
            url,
            operation=operation,
            url_template=url_template,
            params=params,
            json=json,
            headers=headers,
            deadline_s=deadline_s,
            idempotency_key=idempotency_key,
            request_id=request_id,
            check=check,
        )
        attributes = {"target": self.options.target, "operation": plan.operation}
        token = context.request_id.set(plan.headers["X-Request-ID"])
        self._in_progress.begin(plan.operation)
        try:
            with self._observe(plan.operation, SpanKind.INTERNAL, attributes):
                return Operation(self._policies, plan).run()
        finally:
            self._in_progress.end(plan.operation)
            context.request_id.reset(token)

    def readings(self) -> Iterable[Reading]:
        """The gauges of the session: operations under way, retry budget, breaker."""
        yield from self._in_progress.readings()
        yield from self._policies.budget.readings()
        yield from self.breaker.readings()

    def close(self) -> None:
        """Close the connections."""
        self._policies.session.close()

    def __enter__(self) -> "ProtectedSession":
        """The session itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()
