"""Every single perturbation of balanced books turns the law that is about it red."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.audit_books import FAILED, UNTRUSTWORTHY, balanced, only, result_of
from tests.audit_play import CREATE, TARGET, Play

from booking.events import AppointmentDecided
from booking.service.ports import Outcome as Decided
from resilience import events as told
from resilience.gauges import BREAKER_CALLS, TELEMETRY_DROPPED, TELEMETRY_FAILURES

Wrong = Callable[[Play], None]


def drop_line(event: str) -> Wrong:
    """A log line of this event was never written."""

    def wrong(play: Play) -> None:
        for life in play.lives:
            for line in life.lines:
                if line["event"] == event:
                    life.lines.remove(line)
                    return

    return wrong


def drop_span(name: str) -> Wrong:
    """A span of this name was never made."""

    def wrong(play: Play) -> None:
        play.spans.remove(only(play.spans, lambda span: span["name"] == name))

    return wrong


def change_line(event: str, **fields: Any) -> Wrong:
    """A log line of this event says something else."""

    def wrong(play: Play) -> None:
        lines = [line for life in play.lives for line in life.lines]
        only(lines, lambda line: line["event"] == event).update(fields)

    return wrong


def change_span(name: str, **fields: Any) -> Wrong:
    """The last span of this name is another."""

    def wrong(play: Play) -> None:
        only(play.spans[::-1], lambda span: span["name"] == name).update(fields)

    return wrong


def change_attribute(name: str, key: str, value: object) -> Wrong:
    """The first span of this name that has the attribute has another value."""

    def wrong(play: Play) -> None:
        holds = lambda span: span["name"] == name and key in span["attributes"]  # noqa: E731  # one line
        only(play.spans, holds)["attributes"][key] = value

    return wrong


def change_crossing(hop: str, fault: str, **fields: Any) -> Wrong:
    """The first line of a ledger with this fault says something else."""

    def wrong(play: Play) -> None:
        only(play.ledger[hop], lambda entry: entry["fault"] == fault).update(fields)

    return wrong


def change_resend(**fields: Any) -> Wrong:
    """The first request that was sent again says something else."""

    def wrong(play: Play) -> None:
        only(play.ledger["agent-api"], lambda entry: entry["attempt"] == 2).update(fields)

    return wrong


def count(life: str, event: Any) -> Wrong:
    """An event is counted once more than it happened."""

    def wrong(play: Play) -> None:
        only([*play.lives], lambda each: each.name == life).count(event)

    return wrong


def gauge(life: str, key: Any, value: float) -> Wrong:
    """A gauge of a life shows something else."""

    def wrong(play: Play) -> None:
        only([*play.lives], lambda each: each.name == life).gauges[key] = value

    return wrong


def change_user(**fields: Any) -> Wrong:
    """The first user was told something else."""
    return lambda play: play.users[0].update(fields)


def change_row(column: int, value: Any) -> Wrong:
    """The second appointment has another value in a column."""

    def wrong(play: Play) -> None:
        play.diary.appointments[1][column] = value

    return wrong


def lose_row(play: Play) -> None:
    """A booking that was acknowledged is not in the database."""
    play.diary.appointments.pop(0)
    play.diary.claims.pop(0)


def add_row(play: Play) -> None:
    """A booking in the database that nobody asked for."""
    play.diary.add("APPT-STRANGER", "a-key-of-nobody", play.utc())


def overlap(play: Play) -> None:
    """Two bookings at one time."""
    play.diary.appointments[1][3] -= 600


def two_effects(play: Play) -> None:
    """One key that made two bookings."""
    first, second = play.diary.kept[:2]
    second[0], second[1] = first[0], first[1]


def free_claim(play: Play) -> None:
    """An active booking that claims no time."""
    play.diary.claims.pop()


def lose_operation(play: Play) -> None:
    """The span of a protected call was never made."""
    play.spans.remove(only(play.spans, lambda span: "resilience.outcome" in span["attributes"]))


def shorten_wait(play: Play) -> None:
    """A retry that tells of a longer wait than there was."""
    name = "resilience.retry"
    only(play.spans, lambda span: span["name"] == name)["attributes"]["resilience.delay_s"] = 5.0


def attempt_too_many(play: Play) -> None:
    """More attempts than are allowed."""
    play.book("503", "503", "503", "503", "201")


def flood(play: Play) -> None:
    """A user is admitted more often than the limit says."""
    play.about["options"] = {"limits": "5 per 1 minute"}


def stray_label(play: Play) -> None:
    """A path became a label value."""
    play.scrape()
    text = play.metrics["agent-1"][0]
    play.metrics["agent-1"][0] = text.replace('stop_reason="cancelled"', 'stop_reason="/x/1"', 1)


def stray_series(play: Play) -> None:
    """A counter that is in no catalogue."""
    play.scrape()
    text = play.metrics["agent-1"][0]
    play.metrics["agent-1"][0] = text.replace(
        "# EOF", "# TYPE strays counter\nstrays_total 1.0\n# EOF"
    )


RETRY = told.RetryStarted(
    target=TARGET,
    operation=CREATE,
    reason=told.ErrorType.UNAVAILABLE,
    source=told.DelaySource.BACKOFF,
    attempt=2,
    delay_s=0.1,
)
TIMEOUT = told.TimedOut(
    target=TARGET, operation=CREATE, phase=told.Phase.READ, limit_s=0.5, elapsed_s=0.5
)
RECEIVED = told.RateLimitReceived(target=TARGET, operation=CREATE, retry_after_s=1.0)
CREATED = AppointmentDecided(result=Decided.CREATED)
SUPPRESSED = told.RetrySuppressed(
    target=TARGET,
    operation=CREATE,
    stop_reason=told.StopReason.ATTEMPTS_EXHAUSTED,
    reason=told.ErrorType.UNAVAILABLE,
    attempt=4,
)

CASES: dict[str, tuple[str, Wrong]] = {
    "a retry counted twice": ("L2", count("agent-1", RETRY)),
    "a suppressed retry counted twice": ("L2", count("agent-1", SUPPRESSED)),
    "a suppressed retry without a line": ("L2", drop_line("retry.suppressed")),
    "an operation that tells of more attempts": (
        "L2",
        change_attribute(CREATE, "resilience.attempts", 2),
    ),
    "an operation that says rejected": (
        "L2",
        change_attribute(CREATE, "resilience.outcome", "rejected"),
    ),
    "more attempts than allowed": ("L2", attempt_too_many),
    "a retry counted and not made": ("L3", count("agent-1", RETRY)),
    "a retry without a span": ("L3", drop_span("resilience.retry")),
    "a retry without a line": ("L3", drop_line("retry.started")),
    "a retry with another reason": ("L3", change_line("retry.started", reason="502")),
    "a gap in the resend counts": (
        "L3",
        change_attribute("POST /appointments", "http.request.resend_count", 2),
    ),
    "a wait that was not kept": ("L3", shorten_wait),
    "a retry without a key": ("L3", change_resend(idempotency_key="")),
    "a retry with another number on the wire": ("L3", change_resend(attempt=3)),
    "a 429 that the limiter did not count": ("L4", drop_line("rate_limiting.reject")),
    "a 429 that the client counted twice": ("L4", count("agent-1", RECEIVED)),
    "a 429 received without a span": ("L4", drop_span("resilience.rate_limited")),
    "a 429 on the wire that nobody tells of": (
        "L4",
        change_crossing("agent-api", "", upstream_status=429, status=429),
    ),
    "a user beyond the limit": ("L4", flood),
    "a timeout counted twice": ("L5", count("agent-1", TIMEOUT)),
    "a timeout without a span": ("L5", drop_span("resilience.timeout")),
    "a timeout without a line": ("L5", drop_line("timeout.elapsed")),
    "a timeout of another phase": ("L5", change_line("timeout.elapsed", phase="total")),
    "a request left early without a timeout": (
        "L5",
        change_crossing("agent-api", "", client_closed_early=True),
    ),
    "a call that the breaker judged twice": (
        "L6",
        gauge("agent-1", (BREAKER_CALLS, (TARGET, "success")), 99.0),
    ),
    "a booking counted twice": ("L7", count("api-1", CREATED)),
    "a request served without a line": ("L7", drop_line("request.served")),
    "an operation without a line": ("L7", drop_line("operation.finished")),
    "an operation without a span": ("L7", lose_operation),
    "a request served with another status": (
        "L7",
        change_line("request.served", http_response_status_code="500"),
    ),
    "an answer on the wire that was not served": (
        "L7",
        change_crossing("users-agent", "", upstream_status=200),
    ),
    "a line of another trace": ("L8", change_line("attempt.finished", trace_id="a" * 32)),
    "a line of another request": ("L8", change_line("attempt.finished", request_id="req-x")),
    "a line of no span": ("L8", change_line("attempt.finished", span_id="b" * 16)),
    "a timeout under the wrong span": (
        "L8",
        lambda play: change_span("resilience.timeout", parent_id=play.spans[0]["span_id"])(play),
    ),
    "a span without its parent": ("L8", change_span(CREATE, parent_id="c" * 16)),
    "a SERVER span without its CLIENT": (
        "L8",
        lambda play: only(
            play.spans, lambda span: span["kind"] == "server" and span["parent_id"]
        ).update(parent_id="d" * 16),
    ),
    "an answer with another request id": ("L8", change_user(request_id="req-other")),
    "an answer with another status": ("L8", change_user(status=200)),
    "a lost booking": ("L9", lose_row),
    "a booking of nobody": ("L9", add_row),
    "two bookings at one time": ("L9", overlap),
    "one key, two effects": ("L9", two_effects),
    "a booking without its time": ("L9", free_claim),
    "a booking of another service": ("L9", change_row(1, "srv-001")),
    "a booking of another name": ("L9", change_row(5, "Somebody Else")),
    "a booking at another time": ("L9", change_row(3, 1_795_999_940)),
    "a booking that was told to be elsewhere": ("L9", change_user(start_time="09:07")),
    "a creation that was not told": ("L9", drop_line("booking.appointment")),
    "a canary in a log line": ("L11", change_line("retry.started", note="for ZOË CANARYBIRD")),
    "a canary in a span": (
        "L11",
        change_attribute(CREATE, "target", "/?q=Zo%C3%AB%20Canarybird"),
    ),
    "a canary in base64": ("L11", change_line("retry.started", note="xWm/DqyBDYW5hcnliaXJk")),
    "a canary in a request id": ("L11", change_line("retry.started", request_id="Zoë Canarybird")),
    "a canary as a span id": ("L11", change_line("retry.started", span_id="zoë canarybird")),
    "a label outside its closed set": ("L12", stray_label),
    "a series that nobody declared": ("L12", stray_series),
    "an event that never happened": (
        "L13",
        lambda play: play.about.update(expected_events=["circuit_breaker.reject"]),
    ),
    "an event that is none": ("L13", lambda play: play.about.update(expected_events=["a.b"])),
}


@pytest.mark.parametrize(("law", "wrong"), CASES.values(), ids=CASES)
def test_it_fails(tmp_path: Path, law: str, wrong: Wrong) -> None:
    """The law that is about it says failed."""
    play = balanced()
    wrong(play)

    assert result_of(play, tmp_path, law).verdict is FAILED


def lose_received(play: Play) -> None:
    """A span was delivered and never received."""
    play.scrape()
    play.spans.pop()


def lose_seq(play: Play) -> None:
    """A line is missing in the middle of a ledger."""
    play.ledger["agent-api"].pop(3)


DROPS: dict[str, Wrong] = {
    "a dropped span": gauge("agent-1", (TELEMETRY_DROPPED, ("span", "queue_full")), 2.0),
    "a dropped line": gauge("api-1", (TELEMETRY_DROPPED, ("log", "queue_full")), 1.0),
    "a span that could not be made": gauge(
        "agent-1", (TELEMETRY_FAILURES, ("span", "raised")), 1.0
    ),
    "a span that was not received": lose_received,
    "a ledger with a hole": lose_seq,
}


@pytest.mark.parametrize("wrong", DROPS.values(), ids=DROPS)
def test_what_was_dropped_cannot_be_judged(tmp_path: Path, wrong: Wrong) -> None:
    """L10 says untrustworthy."""
    play = balanced()
    wrong(play)

    assert result_of(play, tmp_path, "L10").verdict is UNTRUSTWORTHY
