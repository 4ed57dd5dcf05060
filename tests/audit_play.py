"""A stack that is only played: every witness writes what it would have, and all of it balances.

Tests take one record away, double it or change it, and see which law notices. Events are told
with the library's own classes, so that the records have the form that the catalogue declares.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from prometheus_client import CollectorRegistry
from tests.audit_diary import Diary

from booking.bootstrap import EVENTS
from booking.events import AppointmentDecided
from booking.service.ports import Outcome as Decided
from resilience import events as told
from resilience.declare import Event, Span
from resilience.gauges import (
    BREAKER_CALLS,
    BREAKER_STATE,
    BREAKER_STATE_SECONDS,
    OPERATIONS_IN_PROGRESS,
    TELEMETRY_DELIVERED,
    TELEMETRY_DROPPED,
    TELEMETRY_MADE,
    Gauge,
    Reading,
)
from resilience.telemetry.counters import Counters
from resilience.telemetry.recorded_span import Ids
from resilience.vocabulary import LimitResult, Method

BEGAN = datetime(2026, 11, 23, 12, tzinfo=UTC)
TARGET, POLICY = "booking-api", "10_per_minute"
CREATE = "create_appointment"
_SERVES = {
    "http_status": ("", "201", "429", "500", "502", "503", "other"),
    "policy": ("", POLICY),
}
DOMAINS = {
    "booking-agent": {
        **_SERVES,
        "target": (TARGET,),
        "operation": (CREATE,),
        "server_address": ("127.0.0.1",),
        "http_route": ("/book", "other"),
        "http_served": ("POST /book 201 ", "POST /book 502 502"),
    },
    "booking-api": {
        **_SERVES,
        "target": (),
        "operation": (),
        "server_address": (),
        "http_route": ("/appointments", "other"),
        "http_served": ("POST /appointments 201 ",),
    },
}
HOPS = {"agent-api": ("booking-agent", "booking-api"), "users-agent": ("", "booking-agent")}
LIMIT_S = 0.5


@dataclass
class Life:
    """One process: its log lines, its counters, its gauges."""

    name: str
    service: str
    play: "Play"
    ended: str = "stopped"
    ended_s: float | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    gauges: dict[tuple[Gauge, tuple[str, ...]], float] = field(default_factory=dict)
    state: str = "closed"
    since_s: float = 0.0
    poured: int = 0

    def __post_init__(self) -> None:
        domains = DOMAINS[self.service]
        self.counters = Counters(CollectorRegistry(), EVENTS, domains)
        self.counters.watch(self._readings)

    def tell(self, event: Event, trace_id: str, span_id: str, request_id: str) -> dict[str, Any]:
        """Count an event, write its line, and give what its span carries."""
        self.count(event, trace_id, span_id)
        fields = event.__dict__
        line = {
            "timestamp": self.play.utc().isoformat(),
            "level": event.level,
            "event": event.name,
            "logger": "resilience",
            "service": self.service,
            "trace_id": trace_id,
            "span_id": span_id,
            "trace_flags": "01",
            "request_id": request_id,
            **fields,
        }
        self.lines.append(line)
        keys = {name: event.attributes.get(name, f"resilience.{name}") for name in fields}
        return {keys[n]: v for n, v in fields.items() if keys[n] and v not in ("", None)}

    def count(self, event: Event, trace_id: str = "", span_id: str = "") -> None:
        """Count an event that leaves no other record."""
        self.counters.record(event, Ids(trace_id, span_id, bool(trace_id)))

    def enter(self, state: str) -> None:
        """The breaker comes into a state."""
        self.spend(self.state, self.play.now_s - self.since_s)
        self.state, self.since_s = state, self.play.now_s

    def spend(self, state: str, seconds: float) -> None:
        """The breaker counts time in a state."""
        key = (BREAKER_STATE_SECONDS, (TARGET, state))
        self.gauges[key] = self.gauges.get(key, 0.0) + seconds

    def judged(self, how: str) -> None:
        """The breaker judges a call."""
        key = (BREAKER_CALLS, (TARGET, how))
        self.gauges[key] = self.gauges.get(key, 0.0) + 1

    def scrape(self) -> str:
        """What /metrics says now."""
        return self.counters.expose("application/openmetrics-text")[1].decode()  # type: ignore[return-value,unused-ignore]  # untyped in some versions

    def _readings(self) -> Iterable[Reading]:
        if self.service == "booking-agent":
            self.enter(self.state)
            for state in ("closed", "open", "half_open"):
                yield Reading(BREAKER_STATE, (TARGET, state), float(state == self.state))
            yield Reading(OPERATIONS_IN_PROGRESS, (TARGET, CREATE), 0.0)
        made = {"log": self.poured + len(self.lines), "span": self.play.spans_of(self.name)}
        for signal, count in made.items():
            dropped = self.gauges.get((TELEMETRY_DROPPED, (signal, "queue_full")), 0.0)
            yield Reading(TELEMETRY_MADE, (signal,), count + dropped)
            yield Reading(TELEMETRY_DELIVERED, (signal,), count)
        for (gauge, labels), value in self.gauges.items():
            yield Reading(gauge, labels, value)


class Play:
    """The whole run: call what happens, then `write` the directory."""

    def __init__(self) -> None:
        self.now_s = 1.0
        self.spans: list[dict[str, Any]] = []
        self.ledger: dict[str, list[dict[str, Any]]] = {hop: [] for hop in HOPS}
        self.users: list[dict[str, Any]] = []
        self.diary = Diary()
        self.api = Life("api-1", "booking-api", self)
        self.agent = Life("agent-1", "booking-agent", self)
        self.about: dict[str, Any] = {"options": {"max_retries": 3}, "canaries": ["Zoë Canarybird"]}
        self.metrics: dict[str, list[str]] = {}
        self._ids = 0
        self._poured: Counter[str] = Counter()

    @property
    def lives(self) -> tuple[Life, Life]:
        """Both processes."""
        return self.api, self.agent

    def spans_of(self, life: str) -> int:
        """How many spans a life has made."""
        waiting = [span for span in self.spans if span["life"] == life]
        return self._poured[life] + len(waiting)

    def utc(self, at_s: float | None = None) -> datetime:
        """A moment of the run (now)."""
        return BEGAN + timedelta(seconds=self.now_s if at_s is None else at_s)

    def new_id(self, digits: int) -> str:
        """An id that nothing else has."""
        self._ids += 1
        return hashlib.blake2b(str(self._ids).encode(), digest_size=digits // 2).hexdigest()

    def book(self, *ends: str) -> "Booking":
        """A user books; the attempts end so: 201, 503, 429, hang, drop, reset or refuse.

        Without ends the breaker refuses the call.
        """
        from_s = self.now_s
        booking = Booking(self)
        booking.run(ends)
        self.now_s = max(self.now_s, from_s) + 0.05
        return booking

    def transit(self, to_state: str, reason: str, under: "Booking | None" = None) -> None:
        """The agent's breaker changes its state."""
        left = self.agent.state
        self.agent.enter(to_state)
        event = told.BreakerTransition(
            target=TARGET,
            from_state=told.State(left),
            to_state=told.State(to_state),
            reason=told.TransitionReason(reason),
        )
        trace_id = under.trace_id if under else self.new_id(32)
        self.own(self.agent, event, trace_id, under.operation_id if under else "", "req-breaker")

    def own(
        self, life: Life, event: Event, trace_id: str, parent_id: str, request_id: str
    ) -> dict[str, Any]:
        """An event with a span of its own."""
        assert event.span is Span.OWN
        span_id = self.new_id(16)
        attributes = life.tell(event, trace_id, span_id, request_id)
        lasted_s = getattr(event, event.lasted) if event.lasted else 0.0
        ids = (trace_id, span_id, parent_id)
        return self.span(life, event.span_name, "internal", ids, self.now_s - lasted_s, attributes)

    def span(
        self,
        life: Life,
        name: str,
        kind: str,
        ids: tuple[str, str, str],
        from_s: float,
        attributes: Mapping[str, Any],
    ) -> dict[str, Any]:
        """A span that ends now."""
        trace_id, span_id, parent_id = ids
        began_ns = int(BEGAN.timestamp()) * 10**9
        span = {
            "service": life.service,
            "life": life.name,
            "name": name,
            "kind": kind,
            "trace_id": trace_id,
            "span_id": span_id,
            "parent_id": parent_id,
            "start_ns": began_ns + int(from_s * 1e9),
            "end_ns": began_ns + int(self.now_s * 1e9),
            "status": "unset",
            "attributes": dict(attributes),
            "links": [],
        }
        self.spans.append(span)
        return span

    def cross(self, hop: str, from_s: float, **known: Any) -> dict[str, Any]:
        """A line of a hop's ledger, for an exchange that ends now."""
        status = known.get("status")
        entry = {
            "seq": self._poured[hop] + len(self.ledger[hop]) + 1,
            "connection": 1,
            "client": "127.0.0.1",
            "method": "POST",
            "path": "/appointments" if hop == "agent-api" else "/book",
            "operation": "",
            "request_id": "",
            "trace_id": "",
            "parent_span_id": "",
            "attempt": 1,
            "idempotency_key": "",
            "upstream_status": None,
            "status": None,
            "fault": "",
            "client_closed_early": False,
            "request_bytes": 10,
            "response_bytes": 10,
            "started_at": self.utc(from_s).isoformat(),
            "started_s": from_s,
            "first_byte_s": None if status is None else self.now_s,
            "ended_s": self.now_s,
            "error": "",
            **known,
        }
        self.ledger[hop].append(entry)
        return entry

    def scrape(self) -> None:
        """Scrape both lives now."""
        for life in self.lives:
            self.metrics.setdefault(life.name, []).append(life.scrape())

    def write(self, directory: Path) -> Path:
        """Write the directory of the run; what was not scraped is scraped first."""
        if not self.metrics:
            self.scrape()
        self.pour(directory)
        for life in self.lives:
            folder = directory / "metrics" / life.name
            folder.mkdir(parents=True)
            for number, text in enumerate(self.metrics[life.name], 1):
                (folder / f"{number:04d}.prom").write_text(text, encoding="utf-8")
        self.diary.write(directory / "database.db")
        (directory / "run.json").write_text(json.dumps(self._run()), encoding="utf-8")
        return directory

    def pour(self, directory: Path) -> None:
        """Append to the files what was written so far, and forget it."""
        for folder in ("ledger", "logs"):
            (directory / folder).mkdir(parents=True, exist_ok=True)
        for hop, entries in self.ledger.items():
            self._poured[hop] += len(entries)
            _append(directory / "ledger" / f"{hop}.jsonl", entries)
        for life in self.lives:
            life.poured += len(life.lines)
            _append(directory / "logs" / f"{life.name}.jsonl", life.lines)
        self._poured.update(span["life"] for span in self.spans)
        _append(directory / "spans.jsonl", self.spans)
        _append(directory / "users.jsonl", self.users)

    def _run(self) -> Mapping[str, Any]:
        return {
            "format": 1,
            "name": "played",
            "seed": 1,
            "started_at": BEGAN.isoformat(),
            "lives": [
                {
                    "name": life.name,
                    "service": life.service,
                    "ended": life.ended,
                    "started_s": 0.0,
                    "ended_s": life.ended_s,
                }
                for life in self.lives
            ],
            "hops": [
                {"name": name, "client": client, "server": server}
                for name, (client, server) in HOPS.items()
            ],
            **self.about,
        }


class Booking:
    """One user's request to the agent, and the protected call that it makes."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self.trace_id = play.new_id(32)
        self.request_id = f"req-{play.new_id(12)}"
        self.key = f"key-{self.request_id}"
        self.server_id, self.operation_id = play.new_id(16), play.new_id(16)
        self.attempt_ids: list[str] = []
        self.confirmation = ""
        self._made = False
        self._waited_s = 0.0

    def run(self, ends: tuple[str, ...]) -> None:
        """Attempt after attempt, then the answer."""
        play, from_s = self._play, self._play.now_s
        play.now_s += 0.002
        began_s = play.now_s
        for number, end in enumerate(ends):
            if number:
                self._retry(number + 1, ends[number - 1])
            self._attempt(number, end)
        if not ends:
            self._refuse()
        self._finish(ends, began_s)
        self._answer("201" in ends[-1:], from_s)

    def _retry(self, attempt: int, before: str) -> None:
        self._play.now_s += 0.1
        self._waited_s += 0.1
        self._own(
            told.RetryStarted(
                target=TARGET,
                operation=CREATE,
                reason=_ERROR_TYPES[before],
                source=told.DelaySource.BACKOFF,
                attempt=attempt,
                delay_s=0.1,
            )
        )

    def _own(self, event: Event, parent_id: str = "") -> None:
        parent_id = parent_id or self.operation_id
        self._play.own(self._play.agent, event, self.trace_id, parent_id, self.request_id)

    def _attempt(self, number: int, end: str) -> None:
        play, span_id = self._play, self._play.new_id(16)
        self.attempt_ids.append(span_id)
        from_s = play.now_s
        play.now_s += 0.001
        self._cross(number, end, span_id)
        play.now_s += 0.001
        error_type = _ERROR_TYPES[end]
        status = str(error_type) if str(error_type).isdigit() else "201" if end == "201" else ""
        event = told.AttemptFinished(
            target=TARGET,
            operation=CREATE,
            error_type=error_type,
            resend=tuple(told.Resend)[min(number, 3)],
            http_request_method=Method.POST,
            server_address="127.0.0.1",
            http_response_status_code=status,
            resend_count=number or None,
            attempt=number + 1,
            connection_reused=False,
            duration_s=play.now_s - from_s,
        )
        attributes = play.agent.tell(event, self.trace_id, span_id, self.request_id)
        ids = (self.trace_id, span_id, self.operation_id)
        play.span(play.agent, "POST /appointments", "client", ids, from_s, attributes)
        play.agent.judged(_JUDGED.get(end, "failure"))

    def _cross(self, number: int, end: str, span_id: str) -> None:
        play, from_s = self._play, self._play.now_s
        known: dict[str, Any] = {
            "request_id": self.request_id,
            "trace_id": self.trace_id,
            "parent_span_id": span_id,
            "attempt": number + 1,
            "idempotency_key": hashlib.sha256(self.key.encode()).hexdigest()[:16],
        }
        play.now_s += 0.002
        if end in ("201", "drop"):
            self._serve(number, span_id)
            known |= {"upstream_status": 201, "status": 201}
        elif end == "429":
            self._limit(span_id)
            known |= {"upstream_status": 429, "status": 429}
        elif end == "503":
            known |= {"status": 503, "fault": "status"}
        elif end == "reset":
            known |= {"fault": "reset"}
        elif end == "refuse":
            known = {"fault": "refuse", "method": "", "path": ""}
        if end in ("hang", "drop"):
            play.now_s = from_s + LIMIT_S
            known |= {"status": None, "fault": end, "client_closed_early": True}
            self._time_out(span_id)
        if end == "429":
            event = told.RateLimitReceived(target=TARGET, operation=CREATE, retry_after_s=0.1)
            self._own(event, span_id)
        play.cross("agent-api", from_s, **known)

    def _time_out(self, span_id: str) -> None:
        event = told.TimedOut(
            target=TARGET,
            operation=CREATE,
            phase=told.Phase.READ,
            limit_s=LIMIT_S,
            elapsed_s=LIMIT_S,
        )
        self._own(event, span_id)

    def _serve(self, number: int, parent_id: str) -> None:
        play, span_id, work_id = self._play, self._play.new_id(16), self._play.new_id(16)
        self.confirmation = self.confirmation or f"APPT-{play.new_id(16).upper()}"
        decided = AppointmentDecided(result=Decided.REPLAYED if self._made else Decided.CREATED)
        carried = play.api.tell(decided, self.trace_id, work_id, self.request_id)
        ids = (self.trace_id, work_id, span_id)
        play.span(play.api, CREATE, "internal", ids, play.now_s - 0.001, carried)
        if not self._made:
            self.booked = play.diary.add(self.confirmation, self.key, play.utc())
        self._made = True
        if number:
            resent = told.RequestResent(http_route="/appointments", resend=told.Resend.SECOND)
            play.own(play.api, resent, self.trace_id, span_id, self.request_id)
        event = _served("/appointments", "201", LimitResult.ACQUIRED)
        self._serve_span(play.api, event, span_id, parent_id)

    def _limit(self, parent_id: str) -> None:
        event = told.RateLimitRejected(
            http_request_method=Method.POST,
            http_route="/appointments",
            http_response_status_code="429",
            error_type=told.ErrorType.TOO_MANY,
            policy=POLICY,
            result=LimitResult.REJECTED,
            limit_checked=True,
            remaining=0,
            duration_s=0.001,
            retry_after_s=1,
        )
        self._serve_span(self._play.api, event, self._play.new_id(16), parent_id)

    def _serve_span(self, life: Life, event: Any, span_id: str, parent_id: str) -> None:
        play = self._play
        carried = life.tell(event, self.trace_id, span_id, self.request_id)
        status = int(event.http_response_status_code)
        carried |= {"http.response.status_code": status}
        ids = (self.trace_id, span_id, parent_id)
        play.span(life, f"POST {event.http_route}", "server", ids, play.now_s - 0.002, carried)

    def _refuse(self) -> None:
        self._own(told.BreakerRejected(target=TARGET, retry_after_s=1.0))
        self._play.agent.judged("rejected")

    def _finish(self, ends: tuple[str, ...], began_s: float) -> None:
        play = self._play
        good = ends[-1:] == ("201",)
        stop = told.StopReason.NONE if good else told.StopReason.ATTEMPTS_EXHAUSTED
        stop = stop if ends else told.StopReason.CIRCUIT_OPEN
        last = _ERROR_TYPES[ends[-1]] if ends else told.ErrorType.CIRCUIT_OPEN
        if ends and not good:
            suppressed = told.RetrySuppressed(
                target=TARGET, operation=CREATE, stop_reason=stop, reason=last, attempt=len(ends)
            )
            self._own(suppressed)
        outcome = told.Outcome.SUCCESS if good else told.Outcome.ERROR
        event = told.OperationFinished(
            target=TARGET,
            operation=CREATE,
            outcome=outcome if ends else told.Outcome.REJECTED,
            retried=len(ends) > 1,
            stop_reason=stop,
            error_type=last,
            attempts=len(ends),
            waited_s=self._waited_s,
            deadline_s=67.0,
            duration_s=play.now_s - began_s,
        )
        carried = play.agent.tell(event, self.trace_id, self.operation_id, self.request_id)
        carried |= {"target": TARGET, "operation": CREATE}
        ids = (self.trace_id, self.operation_id, self.server_id)
        play.span(play.agent, CREATE, "internal", ids, began_s, carried)

    def _answer(self, good: bool, from_s: float) -> None:
        play = self._play
        status = 201 if good else 502
        result = LimitResult.ACQUIRED
        self._serve_span(play.agent, _served("/book", str(status), result), self.server_id, "")
        known = {"request_id": self.request_id, "upstream_status": status, "status": status}
        play.cross("users-agent", from_s, **known)
        booked = self.booked if good else {}
        play.users.append(
            {
                "user": "127.0.0.1",
                "operation": "book_appointment",
                "started_s": from_s,
                "ended_s": play.now_s,
                "status": status,
                "request_id": self.request_id,
                "trace_id": self.trace_id,
                "key": self.key,
                "confirmation": self.confirmation if good else "",
                "replayed": False,
                **booked,
            }
        )


def _served(route: str, status: str, result: LimitResult) -> told.RequestServed:
    error = told.ErrorType.NONE if status < "400" else told.ErrorType(status)
    return told.RequestServed(
        http_request_method=Method.POST,
        http_route=route,
        http_response_status_code=status,
        error_type=error,
        policy=POLICY,
        result=result,
        limit_checked=True,
        remaining=5,
        duration_s=0.002,
    )


_ERROR_TYPES = {
    "201": told.ErrorType.NONE,
    "503": told.ErrorType.UNAVAILABLE,
    "429": told.ErrorType.TOO_MANY,
    "hang": told.ErrorType.TIMEOUT_READ,
    "drop": told.ErrorType.TIMEOUT_READ,
    "reset": told.ErrorType.CONNECTION,
    "refuse": told.ErrorType.CONNECTION,
}
_JUDGED = {"201": "success", "429": "ignored"}


def _append(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("ab") as file:
        file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    rows.clear()
