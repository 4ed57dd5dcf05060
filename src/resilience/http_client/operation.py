"""One protected call: deadline, then retry, then breaker, then the attempt."""

from dataclasses import dataclass
from typing import cast

import requests
from requests import Response

from resilience.breaker import CircuitBreaker
from resilience.budget import RetryBudget
from resilience.clock import Clock
from resilience.deadline import Deadline
from resilience.declare import Emit
from resilience.errors import AttemptRecord, CircuitBreakerOpen
from resilience.events import (
    ErrorType,
    OperationFinished,
    RetryStarted,
    RetrySuppressed,
    StopReason,
)
from resilience.http_client.endings import Ending, error_of
from resilience.http_client.plan import Plan
from resilience.http_client.request import AttemptRequest
from resilience.http_client.verdict import Attempted
from resilience.options import ClientOptions
from resilience.permit import Judged, Permit
from resilience.retry import Retry, Wait

_OUT_OF_TIME = Attempted(ErrorType.DEADLINE, judged=Judged.IGNORED, stop=StopReason.DEADLINE)
_REFUSED = Attempted(ErrorType.CIRCUIT_OPEN, judged=Judged.IGNORED, stop=StopReason.CIRCUIT_OPEN)
_BROKEN_OFF = Attempted(ErrorType.OTHER, judged=Judged.IGNORED, stop=StopReason.NOT_RETRYABLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Policies:
    """What all operations of a session share."""

    options: ClientOptions
    session: requests.Session
    breaker: CircuitBreaker
    budget: RetryBudget
    retry: Retry
    clock: Clock
    emit: Emit


class Operation:
    """The attempts of one call and how they end; used once."""

    def __init__(self, policies: Policies, plan: Plan) -> None:
        self._policies = policies
        self._plan = plan
        self._deadline = Deadline(plan.deadline_s, policies.clock)
        self._attempts: list[AttemptRecord] = []
        self._last: Attempted | None = None
        self._unclear = False
        self._waited_s = self._rest_s = 0.0

    def run(self) -> Response:
        """Make the call; raises what `endings` says."""
        stop = StopReason.CANCELLED
        try:
            stop = self._course()
        except Exception:
            stop = StopReason.NOT_RETRYABLE
            raise
        finally:
            end = self._end(stop)
            self._tell_end(end)
        return self._close(end)

    def _close(self, end: Ending) -> Response:
        error = error_of(end)
        last = self._last or _BROKEN_OFF
        if error is None:
            return cast(Response, last.response)  # no error means an answer
        if error is last.error:
            raise error
        raise error from last.error

    def _course(self) -> StopReason:
        first = self._send(1, None)
        if not first.again:
            return first.stop
        course = self._policies.retry.course(first, self._send, self._deadline, self._is_refused)
        try:
            course.run()
        finally:
            self._waited_s = course.waited_s
        return course.stop_reason if course.last.again else course.last.stop

    def _is_refused(self) -> bool:
        return self._policies.breaker.rest_s() > 0

    def _send(self, number: int, wait: Wait | None) -> Attempted:
        if not self._deadline.fits():
            return _OUT_OF_TIME
        try:
            permit = self._policies.breaker.acquire()
        except CircuitBreakerOpen as refusal:
            self._rest_s = refusal.retry_after_s
            return _REFUSED
        if wait is not None:
            self._tell_retry(number, wait)
        return self._attempt(permit, number)

    def _attempt(self, permit: Permit, number: int) -> Attempted:
        monotonic = self._policies.clock.monotonic
        started_s = monotonic()
        request = self._request(number)
        try:
            self._policies.session.send(request)
        except Exception:
            # The adapter's verdict counts; what else an instrumentation may raise does not.
            if request.attempted is None:
                raise
        finally:
            attempted = request.attempted or _BROKEN_OFF
            request.attempted = None  # the answer holds its request: no circle, so both go at once
            self._note(permit, number, attempted, monotonic() - started_s)
        return attempted

    def _request(self, number: int) -> AttemptRequest:
        plan = self._plan
        left_s, most_s = self._deadline.remaining_s(), self._policies.options.timeout.attempt_s
        limit_s = min(left_s, most_s)
        headers = {**plan.headers, "X-Request-Timeout-Ms": str(int(limit_s * 1000))}
        if number > 1:
            headers["X-Request-Attempt"] = str(number)
        request = plan.template.copy(headers, plan.body, plan.query)
        request.operation, request.resend_count = plan.operation, number - 1
        request.nature, request.check = plan.nature, plan.check
        request.limit_s, request.cut_by_deadline = limit_s, left_s < most_s
        return request

    def _note(self, permit: Permit, number: int, attempted: Attempted, took_s: float) -> None:
        self._settle(permit, attempted, took_s)
        response = attempted.response
        if response is None:
            response = getattr(attempted.error, "response", None)
        status = None if response is None else response.status_code
        self._attempts.append(AttemptRecord(number, attempted.error_type, status, took_s))
        self._last = attempted
        self._unclear = self._unclear or attempted.unclear

    def _settle(self, permit: Permit, attempted: Attempted, took_s: float) -> None:
        budget = self._policies.budget
        if attempted.judged is Judged.SUCCESS:
            permit.success(took_s)
            budget.success()
        elif attempted.judged is Judged.FAILURE:
            permit.failure(took_s)
            budget.failure()
        else:
            permit.ignore()
            if attempted.error_type is ErrorType.TOO_MANY:
                budget.failure()

    def _end(self, stop: StopReason) -> Ending:
        policies = self._policies
        refused = stop is StopReason.CIRCUIT_OPEN
        return Ending(
            target=policies.options.target,
            operation=self._plan.operation,
            attempts=tuple(self._attempts),
            last=self._last,
            stop=stop,
            unclear=self._unclear,
            deadline_s=self._plan.deadline_s,
            rest_s=(self._rest_s or policies.breaker.rest_s()) if refused else 0.0,
            pause_s=policies.options.retry.backoff_s,
        )

    def _tell_retry(self, number: int, wait: Wait) -> None:
        self._policies.emit(
            RetryStarted(
                target=self._policies.options.target,
                operation=self._plan.operation,
                reason=self._last.error_type if self._last is not None else ErrorType.OTHER,
                source=wait.source,
                attempt=number,
                delay_s=wait.delay_s,
            )
        )

    def _tell_end(self, end: Ending) -> None:
        if end.suppressed:
            self._policies.emit(
                RetrySuppressed(
                    target=end.target,
                    operation=end.operation,
                    stop_reason=end.stop,
                    reason=end.last.error_type if end.last is not None else ErrorType.OTHER,
                    attempt=len(end.attempts),
                )
            )
        self._policies.emit(
            OperationFinished(
                target=end.target,
                operation=end.operation,
                outcome=end.outcome,
                retried=len(end.attempts) > 1,
                stop_reason=end.stop,
                error_type=end.error_type,
                attempts=len(end.attempts),
                waited_s=self._waited_s,
                deadline_s=end.deadline_s,
                duration_s=self._deadline.elapsed_s(),
            )
        )
