"""What is known of one operation, and what is told of it."""

from typing import Any

from tests.simulate.model.attempt import Shape, Verdict
from tests.simulate.model.shared import Shared
from tests.simulate.model.telling import HOST, TARGET, Trace, attribute
from tests.simulate.plan import OPERATIONS, Step, Turn


class Story:
    """One call: who makes it, its attempts so far and the last of them, its trace."""

    def __init__(self, world: Shared, number: str, step: Step) -> None:
        self.world, self.step, self.number = world, step, number
        self.method, self.template = OPERATIONS[step.operation]
        self.name = "other" if step.operation == "unheard_of" else step.operation
        safe = self.method == "GET"
        self.key = "" if safe or step.key == "none" else step.key
        self.shape = Shape(safe, bool(self.key))
        most_s = world.options.operation_s
        self.deadline_s = most_s if step.deadline_s is None else min(step.deadline_s, most_s)
        self.started_s = world.now
        self.trace = Trace(f"sim-{number}", world.counted)
        self.trace.current = "operation"
        self.attempts: list[tuple[Any, ...]] = []
        self.last = Verdict()
        self.asked_s: float | None = None
        self.unclear = False
        self.waited_s = self.rest_s = 0.0
        self.labels = {"target": TARGET, "operation": self.name}

    def tell_retry(self, delay_s: float, source: str) -> None:
        """A wait is over and the next attempt begins."""
        self.trace.tell(
            "retry.started",
            **self.labels,
            reason=self.last.error,
            source=source,
            attempt=len(self.attempts) + 1,
            delay_s=delay_s,
        )

    def tell_attempt(self, turn: Turn, limit_s: float, took_s: float) -> None:
        """An attempt is over; what kept it from succeeding is told before it."""
        if self.last.phase:
            self._tell_timeout(turn, limit_s, took_s)
        elif self.last.error == "429":
            asked_s = self.asked_s or 0.0
            self.trace.tell("rate_limited.received", **self.labels, retry_after_s=asked_s)
        status, resends = self.last.status, len(self.attempts)
        self.trace.tell(
            "attempt.finished",
            **self.labels,
            error_type=self.last.error,
            resend=str(min(resends, 3)),
            http_request_method=self.method,
            server_address=HOST,
            http_response_status_code="" if status is None else str(status),
            resend_count=resends or None,
            attempt=resends + 1,
            connection_reused=False,
            duration_s=took_s,
        )

    def _tell_timeout(self, turn: Turn, limit_s: float, took_s: float) -> None:
        if turn.kind == "connect_timeout":
            limit_s = min(self.world.options.connect_s, limit_s)
        self.trace.tell(
            "timeout.elapsed",
            **self.labels,
            phase=self.last.phase,
            limit_s=limit_s,
            elapsed_s=took_s,
        )

    def end_client_span(self, ref: str) -> None:
        """The span of an attempt, which its event completes."""
        last, resends = self.last, len(self.attempts)
        told: dict[str, Any] = {
            "http.request.method": self.method,
            "server.address": HOST,
            "url.template": self.template,
            "resilience.target": TARGET,
            "resilience.operation": self.name,
            "resilience.attempt": resends + 1,
            "resilience.connection_reused": False,
        }
        if last.error:
            told["resilience.error_type"] = last.error
        if resends:
            told["http.request.resend_count"] = resends
        if last.status is not None:
            told["http.response.status_code"] = last.status
        error = last.raised or ("" if (last.status or 0) < 400 else str(last.status))
        if error == "Interrupt":
            error = ""  # nothing that the program did wrong
        self.trace.end_span(
            ref, f"{self.method} {self.template}", "client", "operation", told, error
        )

    def tell_end(self, stop: str) -> None:
        """The operation is over."""
        sent = len(self.attempts)
        if sent and stop not in ("none", "not_retryable"):
            self.trace.tell(
                "retry.suppressed",
                **self.labels,
                stop_reason=stop,
                reason=self.last.error,
                attempt=sent,
            )
        outcome = "success" if stop == "none" else "error"
        error = {"circuit_open": "circuit_open", "deadline": "deadline"}.get(stop, self.last.error)
        told = {
            "outcome": outcome if sent else "rejected",
            "retried": sent > 1,
            "stop_reason": stop,
            "attempts": sent,
            "waited_s": self.waited_s,
            "deadline_s": self.deadline_s,
        }
        attributes = {**self.labels, **{attribute(name): value for name, value in told.items()}}
        self.trace.tell(
            "operation.finished",
            **self.labels,
            **told,
            error_type=error,
            duration_s=self.world.now - self.started_s,
        )
        failed = "" if stop == "none" else error or "other"
        self.trace.end_span("operation", self.name, "internal", "", attributes, failed)
