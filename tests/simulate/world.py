"""The real thing in virtual time: a protected session, the edge's limits, a scripted service."""

from collections.abc import Callable
from contextvars import Context
from datetime import timedelta
from email.utils import format_datetime
from http.client import BadStatusLine
from typing import Any

import requests
from requests import PreparedRequest
from requests.exceptions import ConnectTimeout, ReadTimeout
from tests.simulate.capture import NAMES, Capture
from tests.simulate.model.shared import START_S
from tests.simulate.model.telling import HOST, TARGET
from tests.simulate.plan import OPERATIONS, RANDOMS, Options, Plan, Step, Turn
from urllib3.exceptions import NewConnectionError
from urllib3.exceptions import ProtocolError as Urllib3ProtocolError

from resilience import (
    BreakerOptions,
    BudgetOptions,
    ClientOptions,
    ProtectedSession,
    RetryOptions,
    TimeoutOptions,
)
from resilience.edge.limits import Limits
from resilience.http_client import read_json
from resilience.http_client.exchange import current
from resilience.options import WindowOptions
from resilience.testing.clock import FakeClock
from resilience.testing.transport import Fails, Reply, ScriptedTransport
from resilience.testing.transport import Turn as Played

_MAX_BYTES = 4096
_IN_FLIGHT = b'{"type": "https://service.test/problems/idempotency-key-in-flight"}'
_FORMS: dict[str, tuple[bytes, dict[str, str]]] = {
    "answer": (b'{"ok": true}', {"Content-Type": "application/json"}),
    "redirect": (b"", {"Location": "http://elsewhere.test/"}),
    "in_flight": (_IN_FLIGHT, {"Content-Type": "application/problem+json"}),
    "truncated": (b'{"ok"', {"Content-Type": "application/json", "Content-Length": "12"}),
    "not_json": (b"<html>", {"Content-Type": "application/json"}),
    "not_said_to_be_json": (b"{}", {"Content-Type": "text/html"}),
    "too_long": (b" " * (_MAX_BYTES + 1), {"Content-Type": "application/json"}),
}
_BEFORE = ("refused", "reset_before_sending", "connect_timeout")


_GAUGES = (
    "resilience_operations_in_progress",
    "resilience_retry_budget_tokens",
    "resilience_circuit_breaker_state",
    "resilience_circuit_breaker_state_seconds",
    "resilience_circuit_breaker_calls",
)


class Crash(RuntimeError):
    """A mistake in somebody's transport."""


class Interrupt(BaseException):
    """Somebody pressed Ctrl-C."""


class World:
    """Plays a plan; `step` says what was seen of each of its steps."""

    def __init__(self, plan: Plan, capture: Capture) -> None:
        options = plan.options
        self._options = options
        self._capture = capture
        self.clock = FakeClock(monotonic_s=START_S)
        self._epoch = self.clock.utc_now()
        self._limits = Limits(
            options.limits, now=self.clock.monotonic, epoch=lambda: self.clock.utc_now().timestamp()
        )
        self._steps: dict[str, Step] = {}
        self._calls: list[_Call] = []
        self._seen: list[_Call] = []
        self._stored: set[str] = set()
        self._decisions: list[dict[str, Any]] = []
        self.session = ProtectedSession(
            _client_options(options),
            clock=self.clock,
            emit=capture.emit,
            observe=capture.observe,
            random=self._random,
            transport=ScriptedTransport(then=self._answer, clock=self.clock),
        )

    def step(self, number: str, step: Step) -> dict[str, Any]:
        """Everything that this step left behind."""
        self._seen, self._decisions = [], []
        self._run(number, step)
        gauges: dict[str, dict[str, float]] = {gauge: {} for gauge in _GAUGES}
        for reading in self.session.readings():
            gauges.get(reading.gauge.name, {})[reading.values[-1]] = reading.value
        under_way, tokens, state, seconds, calls = gauges.values()
        return {
            "now": self.clock.monotonic(),
            "operations": self._operations(),
            "decisions": self._decisions,
            "tokens": tokens[TARGET],
            "state": " and ".join(name for name, holds in state.items() if holds),
            "seconds": seconds,
            "calls": calls,
            "under way": {name: count for name, count in under_way.items() if count},
        }

    def _run(self, number: str, step: Step) -> None:
        self.clock.advance(step.gap_s)
        if step.by_hand:
            getattr(self.session.breaker, step.by_hand)()
        if step.stopping:
            self.clock.interrupt()
        call = _Call(number, step)
        self._calls.append(call)
        call.result = call.make(self.session)
        self._calls.pop()
        self._seen.append(call)

    def _operations(self) -> dict[str, dict[str, Any]]:
        """What was seen of each call, with the trace that has its request id in its lines."""
        calls = {f"sim-{call.number}": call for call in self._seen}
        silent: dict[str, Any] = {"spans": [], "lines": []}
        found = {f"operation {call.number}": call.told(silent) for call in self._seen}
        for trace_id, trace in self._capture.told().items():
            ids = {line.get("request_id", "") for line in trace["lines"]}
            call = calls.pop(min(ids), None) if len(ids) == 1 else None
            if call is not None:
                found[f"operation {call.number}"].update(trace)
            else:
                found["by hand" if ids == {""} else f"stray trace {trace_id}"] = trace
        return found

    def _random(self) -> float:
        call = self._calls[-1]
        drawn = call.step.random
        return drawn[(len(call.sends) - 1) % len(drawn)] / RANDOMS

    def _answer(self, request: PreparedRequest) -> Played:
        """The turn of the operation in hand, played by a service with limits and a memory."""
        call = self._calls[-1]
        turn = call.receive(request, self.clock.monotonic())
        if turn.meanwhile is not None:
            call.sends[-1]["under way"] = _under_way(self.session)
            Context().run(self._run, f"{call.number}-{len(call.sends)}", turn.meanwhile)
        return self._played(self._limited(turn, call), call, request)

    def _limited(self, turn: Turn, call: "_Call") -> Turn:
        if turn.kind in _BEFORE or not self._options.limits:
            return turn
        decision = self._limits.check(call.step.client)
        headers = dict(decision.headers)
        self._decisions.append(
            {
                "result": decision.result.value,
                "policy": decision.policy,
                "remaining": decision.remaining,
                "until_s": int(headers[b"ratelimit"].rpartition(b"t=")[2]),
                "retry_after_s": decision.retry_after_s,
                "near": [(near.policy, near.remaining) for near in decision.near],
            }
        )
        if not decision.rejected:
            return turn
        return Turn("answer", 429, 0.0, ("seconds", str(decision.retry_after_s)))

    def _played(self, turn: Turn, call: "_Call", request: PreparedRequest) -> Played:
        if turn.took_effect or (turn.kind == "answer" and turn.status < 400):
            self._take_effect(turn, call, request)
        if turn.kind not in _FORMS:
            return _FAILURES[turn.kind](turn, self._options)
        body, headers = _FORMS[turn.kind]
        asked = self._retry_after(turn)
        status = 409 if turn.kind == "in_flight" else turn.status
        status = 200 if turn.kind in _UNUSABLE else status
        return Reply(status, None, body, (*headers.items(), *asked), turn.after_s)

    def _take_effect(self, turn: Turn, call: "_Call", request: PreparedRequest) -> None:
        """Carry the request out, unless one with its key was."""
        key = request.headers.get("Idempotency-Key")
        if request.method == "GET" or turn.kind in _BEFORE or (key and key in self._stored):
            return
        self._stored.add(key or "")
        call.effects += 1

    def _retry_after(self, turn: Turn) -> tuple[tuple[str, str], ...]:
        if turn.retry_after is None:
            return ()
        form, value = turn.retry_after
        if form in ("seconds", "hostile"):
            return (("Retry-After", value),)
        if form == "two":
            return (("Retry-After", value), ("Retry-After", "1"))
        # "shown": by the service's own clock, which is a day off and in the answer.
        shown = self._epoch + timedelta(days=1) if form == "shown" else self.clock.utc_now()
        moment = format_datetime(
            shown.replace(microsecond=0) + timedelta(seconds=int(value)), usegmt=True
        )
        date = (("Date", format_datetime(shown, usegmt=True)),) if form == "shown" else ()
        return (("Retry-After", moment), *date)


class _Call:
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
        keys = {"minted": None, "none": "", "given": f"key-{self.number}"}
        try:
            response = session.request(
                method,
                template.replace("{id}", "7"),
                operation=self.step.operation,
                url_template=template,
                json=None if method == "GET" else {"start": "2030-01-07T09:00"},
                deadline_s=self.step.deadline_s,
                idempotency_key=keys[self.step.key],
                request_id=f"sim-{self.number}",
                check=read_json,
            )
        except (Exception, Interrupt) as error:
            return _told(error)
        return {"status": response.status_code}

    def receive(self, request: PreparedRequest, now_s: float) -> Turn:
        """Write down what arrives; the turn that answers it."""
        headers = request.headers
        self.sends.append(
            {
                "at_s": now_s,
                "method": request.method,
                "path": (request.url or "").partition(HOST)[2],
                "attempt": headers.get("X-Request-Attempt"),
                "timeout_ms": headers.get("X-Request-Timeout-Ms"),
                "key": self._known(headers.get("Idempotency-Key")),
                "request_id": headers.get("X-Request-ID"),
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


def _under_way(session: ProtectedSession) -> dict[str, float]:
    readings = (r for r in session.readings() if r.gauge.name == _GAUGES[0])
    return {r.values[-1]: r.value for r in readings if r.value}


def _client_options(options: Options) -> ClientOptions:
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
            window=window and WindowOptions(**{n: getattr(window, n) for n in window.__slots__}),
        ),
        budget=BudgetOptions(max_tokens=options.max_tokens, token_ratio=options.token_ratio),
        max_response_bytes=_MAX_BYTES,
    )


_UNUSABLE = ("truncated", "not_json", "not_said_to_be_json", "too_long")
_RESET = Urllib3ProtocolError("aborted", ConnectionResetError("reset"))
_BROKEN = Urllib3ProtocolError("broken", BadStatusLine("nonsense"))


def _refuse(turn: Turn, options: Options) -> Played:
    refused = NewConnectionError(None, "refused")  # type: ignore[arg-type]  # none is needed
    return Fails(requests.ConnectionError(refused), turn.after_s)


def _reset(turn: Turn, options: Options) -> Played:
    return Fails(requests.ConnectionError(_RESET), turn.after_s)


def _reset_before_sending(turn: Turn, options: Options) -> Played:
    if exchange := current.get():
        exchange.sent = False
    return _reset(turn, options)


def _connect_timeout(turn: Turn, options: Options) -> Played:
    exchange = current.get()
    return Fails(ConnectTimeout("black hole"), exchange.connect_s if exchange else 0.0)


def _read_timeout(turn: Turn, options: Options) -> Played:
    exchange = current.get()
    if exchange is not None:
        exchange.connected = True
    return Fails(ReadTimeout("late"), exchange.limit_s if exchange else 0.0)


def _drip(turn: Turn, options: Options) -> Played:
    if exchange := current.get():
        exchange.begun = True
    return _read_timeout(turn, options)


def _break_http(turn: Turn, options: Options) -> Played:
    return Fails(requests.ConnectionError(_BROKEN), turn.after_s)


def _crash(turn: Turn, options: Options) -> Played:
    return Fails(Crash("a mistake"), turn.after_s)


def _interrupt(turn: Turn, options: Options) -> Played:
    return Fails(Interrupt(), turn.after_s)


_FAILURES: dict[str, Callable[[Turn, Options], Played]] = {
    "refused": _refuse,
    "reset": _reset,
    "reset_before_sending": _reset_before_sending,
    "connect_timeout": _connect_timeout,
    "read_timeout": _read_timeout,
    "drips": _drip,
    "broken_http": _break_http,
    "crash": _crash,
    "interrupt": _interrupt,
}
