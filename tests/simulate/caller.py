"""Who calls: the options of the session, one call after the other, and what comes of each."""

from dataclasses import asdict
from typing import Any

from requests import PreparedRequest
from tests.simulate.capture import NAMES
from tests.simulate.model.telling import HOST, TARGET
from tests.simulate.plan import OPERATIONS, Options, Step, Turn
from tests.simulate.service import MAX_BYTES, Interrupt

from resilience import (
    BreakerOptions,
    BudgetOptions,
    ClientOptions,
    ProtectedSession,
    RetryOptions,
    TimeoutOptions,
)
from resilience.http_client import read_json
from resilience.options import WindowOptions


class Call:
    """One operation as its caller makes it, and what the service got of it."""

    def __init__(self, number: str, step: Step) -> None:
        self.number, self.step = number, step
        self.sends: list[dict[str, Any]] = []
        self.result: dict[str, Any] = {}
        self.effects = 0
        self._key: str | None = None

    def make(self, session: ProtectedSession) -> dict[str, Any]:
        """Call, and say what came of it."""
        method, template = OPERATIONS[self.step.operation]
        kind = self.step.key
        key = None if kind == "minted" else f"key-{self.number}" if kind == "given" else ""
        try:
            response = session.request(
                method,
                template.replace("{id}", "7"),
                operation=self.step.operation,
                url_template=template,
                json=None if method == "GET" else {"start": "2030-01-07T09:00"},
                deadline_s=self.step.deadline_s,
                idempotency_key=key,
                request_id=f"sim-{self.number}",
                check=read_json,
            )
        except (Exception, Interrupt) as error:
            untie(error)
            return _told(error)
        return {"status": response.status_code}

    def receive(self, request: PreparedRequest, now_s: float) -> Turn:
        """Write down what arrives; the turn that answers it."""
        headers = dict(request.headers.lower_items())
        self.sends.append(
            {
                "at_s": now_s,
                "method": request.method,
                "path": (request.url or "").partition(HOST)[2],
                "attempt": headers.get("x-request-attempt"),
                "timeout_ms": headers.get("x-request-timeout-ms"),
                "key": self._known(headers.get("idempotency-key")),
                "request_id": headers.get("x-request-id"),
            }
        )
        number = len(self.sends) - 1
        return self.step.turns[number] if number < len(self.step.turns) else Turn()

    def told(self, trace: dict[str, Any]) -> dict[str, Any]:
        """Everything about the call."""
        return {
            "result": self.result,
            "sends": self.sends,
            "effects": self.effects,
            **trace,
        }

    def _known(self, key: str | None) -> str | None:
        """What sort of key it is; a second one for the same operation is another."""
        if key is None or (self._key is not None and key != self._key):
            return key
        self._key = key
        return "given" if key == f"key-{self.number}" else "minted"


def untie(error: BaseException | None) -> None:
    """Take the frames from an error and its causes; through them it holds itself."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _told(error: BaseException) -> dict[str, Any]:
    """An error with all that it carries."""
    told: dict[str, Any] = {"raised": type(error).__name__}
    for name in ("stop_reason", "retry_after_s", "deadline_s"):
        if hasattr(error, name):
            told[name] = getattr(error, name)
    if hasattr(error, "attempts"):
        told["attempts"] = [
            (one.number, one.error_type, one.status, one.duration_s) for one in error.attempts
        ]
    if told["raised"] == "RetriesExhausted":
        response = getattr(error, "response", None)
        told["status"] = None if response is None else response.status_code
    return told


def client_options(options: Options) -> ClientOptions:
    """The options of a plan as those of the library."""
    window = options.window
    return ClientOptions(
        target=TARGET,
        base_url=f"http://{HOST}",
        operations=frozenset(NAMES),
        retry=RetryOptions(
            max_retries=options.max_retries,
            backoff_s=options.backoff_s,
            max_wait_s=options.max_wait_s,
            jitter=options.jitter,
            max_retry_after_s=options.max_retry_after_s,
        ),
        timeout=TimeoutOptions(
            attempt_s=options.attempt_s,
            connect_s=options.connect_s,
            operation_s=options.operation_s,
        ),
        breaker=BreakerOptions(
            failure_threshold=options.failure_threshold,
            open_for_s=options.open_for_s,
            probes=options.probes,
            probe_expires_s=options.probe_expires_s,
            window=WindowOptions(**asdict(window)) if window else None,
        ),
        budget=BudgetOptions(max_tokens=options.max_tokens, token_ratio=options.token_ratio),
        max_response_bytes=MAX_BYTES,
    )
