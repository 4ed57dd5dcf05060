"""Bugs in behaviour: the signals tell truly what should never have happened."""

import threading
from collections.abc import Callable
from typing import Any

from tests.honesty.bugs.registry import bug, wrap
from urllib3 import Retry as Urllib3Retry

from booking.adapters import store_statements, store_transaction
from booking.adapters.store_keys import Once
from booking.adapters.store_transaction import SqlTransaction
from booking.service.ports import Outcome, Reply
from resilience.breaker import CircuitBreaker
from resilience.breaker_books import BreakerBooks
from resilience.budget import RetryBudget
from resilience.edge.identity import Identity
from resilience.edge.limits import Decision, Limits
from resilience.events import BreakerTransition, State
from resilience.http_client.attempt import AttemptAdapter
from resilience.http_client.connection import SocketTransport
from resilience.http_client.verdict import Attempted
from resilience.permit import Permit
from resilience.retry import Course
from resilience.vocabulary import LimitResult, StopReason

RETRIES, BREAKER, LIMITS, STORE = "retries", "circuit breaker", "rate limits", "bookings"


@bug(RETRIES, "a retry has no idempotency key")
def unkeyed_retries() -> None:
    """So that a lost answer books twice."""

    def send(original: Callable[..., Any], adapter: Any, request: Any, *a: Any, **k: Any) -> Any:
        if request.resend_count:
            request.headers.pop("Idempotency-Key", None)
        return original(adapter, request, *a, **k)

    wrap(AttemptAdapter, "send", send)


@bug(RETRIES, "each attempt has a key of its own")
def a_new_key_each_time() -> None:
    """As good as none."""

    def send(original: Callable[..., Any], adapter: Any, request: Any, *a: Any, **k: Any) -> Any:
        if request.resend_count and "Idempotency-Key" in request.headers:
            request.headers["Idempotency-Key"] += f"-{request.resend_count}"
        return original(adapter, request, *a, **k)

    wrap(AttemptAdapter, "send", send)


@bug(RETRIES, "a second layer of retries hides below the first")
def hidden_retries() -> None:
    """urllib3 sends again by itself, and nobody is told."""

    def send(original: Callable[..., Any], transport: Any, *arguments: Any, **k: Any) -> Any:
        transport.max_retries = Urllib3Retry(
            total=2, status_forcelist=(503,), allowed_methods=None, raise_on_status=False
        )
        return original(transport, *arguments, **k)

    wrap(SocketTransport, "send", send)


@bug(RETRIES, "nothing is retried")
def no_retries() -> None:
    """Every failure reaches the user."""
    wrap(Course, "_reason_to_stop", lambda original, course, n: StopReason.ATTEMPTS_EXHAUSTED)


@bug(RETRIES, "one retry too many")
def one_more_retry() -> None:
    """Five sends instead of four."""
    wrap(Course, "_reason_to_stop", lambda original, course, n: original(course, n - 1))


@bug(RETRIES, "the waits are ten times as long")
def long_waits() -> None:
    """A unit confused."""
    wrap(Course, "_sleep", lambda original, course, seconds: original(course, seconds * 10))


@bug(RETRIES, "a refusal is retried")
def refusals_retried() -> None:
    """A 409 will not become a 201."""

    def judge(original: Callable[..., Attempted], response: Any, *rest: Any) -> Attempted:
        found = original(response, *rest)
        return (
            found._replace(again=True, stop=StopReason.NONE)
            if response.status_code == 409
            else found
        )

    from resilience.http_client import attempt  # where the name was imported

    wrap(attempt, "judge_response", judge)


@bug(RETRIES, "the retry budget is empty from the start")
def no_budget() -> None:
    """As after a long outage."""
    wrap(RetryBudget, "allows", lambda original, budget: False)


@bug(RETRIES, "an attempt may take as long as the whole call")
def no_attempt_timeout() -> None:
    """A silence is waited for to the end."""

    def exchange(original: Callable[..., Any], adapter: Any, request: Any) -> Any:
        request.limit_s = 2.9
        return original(adapter, request)

    wrap(AttemptAdapter, "_exchange_of", exchange)


@bug(BREAKER, "the circuit never opens")
def never_opens() -> None:
    """A dead service is asked for ever."""

    def move(
        original: Callable[..., Any], breaker: Any, to: State, *rest: Any
    ) -> BreakerTransition | None:
        return None if to is State.OPEN else original(breaker, to, *rest)

    wrap(CircuitBreaker, "_move_locked", move)


@bug(BREAKER, "the circuit rests only a tenth of its time")
def a_short_rest() -> None:
    """The service has no time to recover."""

    def move(original: Callable[..., Any], breaker: Any, to: State, *rest: Any) -> Any:
        event = original(breaker, to, *rest)
        if to is State.OPEN:
            breaker._refuses_until_s = 0.001
        return event

    wrap(CircuitBreaker, "_move_locked", move)


@bug(BREAKER, "a probe's permit is never handed back")
def a_stuck_probe() -> None:
    """Half-open for ever: the classic."""

    def judge(original: Callable[..., Any], breaker: Any, permit: Permit, *rest: Any) -> Any:
        return None if permit in breaker._probes else original(breaker, permit, *rest)

    wrap(CircuitBreaker, "_judge_locked", judge)


@bug(BREAKER, "the whole herd is let through to probe")
def many_probes() -> None:
    """What was about to recover is run over."""

    def probe(original: Callable[..., Any], breaker: Any, now_s: float) -> Permit | None:
        if breaker._books.state is not State.HALF_OPEN:
            return None
        found = Permit(breaker._settle)
        breaker._probes[found] = now_s + 60
        return found

    wrap(CircuitBreaker, "_probe_locked", probe)


@bug(BREAKER, "a failing probe closes the circuit")
def failing_probes_close() -> None:
    """The condition is the wrong way round."""

    def judge(original: Callable[..., Any], breaker: Any, failed: bool, now_s: float) -> Any:
        return original(breaker, not failed, now_s)

    wrap(CircuitBreaker, "_judge_probe_locked", judge)


@bug(BREAKER, "the circuit opens without a word")
def opens_silently() -> None:
    """The transition is made and not told."""

    def settle(original: Callable[..., Any], breaker: Any, *rest: Any) -> None:
        told, breaker._emit = breaker._emit, lambda event: None
        try:
            original(breaker, *rest)
        finally:
            breaker._emit = told

    wrap(CircuitBreaker, "_settle", settle)


@bug(BREAKER, "the gauge of the state stays where it was")
def the_gauge_sticks() -> None:
    """What the dashboard shows was true once."""

    def readings(original: Callable[..., Any], books: Any, *rest: Any) -> Any:
        state, books.state = books.state, State.OPEN
        try:
            return list(original(books, *rest))
        finally:
            books.state = state

    wrap(BreakerBooks, "readings", readings)


@bug(BREAKER, "an open circuit still sends")
def open_but_sending() -> None:
    """The refusal is told, and the request goes out all the same."""

    def ask(original: Callable[..., Any], breaker: Any) -> Permit:
        try:
            found: Permit = original(breaker)
        except Exception:
            return Permit(lambda *judged: None)
        return found

    wrap(CircuitBreaker, "_ask", ask)


@bug(BREAKER, "a lock is held during the call")
def a_lock_during_the_call() -> None:
    """One slow answer makes all others wait."""
    lock = threading.Lock()

    def send(original: Callable[..., Any], adapter: Any, *rest: Any, **k: Any) -> Any:
        with lock:
            return original(adapter, *rest, **k)

    wrap(AttemptAdapter, "send", send)


@bug(LIMITS, "the limiter limits nothing")
def no_limits() -> None:
    """It says that it admitted, and it did."""

    def check(original: Callable[..., Decision], limits: Any, client: str) -> Decision:
        found = original(limits, client)
        return found._replace(result=LimitResult.ACQUIRED, retry_after_s=0)

    wrap(Limits, "check", check)


@bug(LIMITS, "the eleventh request passes")
def one_too_many() -> None:
    """Off by one."""
    seen: dict[str, int] = {}

    def check(original: Callable[..., Decision], limits: Any, client: str) -> Decision:
        found = original(limits, client)
        if found.rejected and not seen.setdefault(client, 0):
            seen[client] = 1
            return found._replace(result=LimitResult.ACQUIRED, retry_after_s=0)
        return found

    wrap(Limits, "check", check)


@bug(LIMITS, "all users share one limit")
def one_limit_for_all() -> None:
    """The first one hungry starves the rest."""
    wrap(Identity, "client", lambda original, *rest: "everybody")


@bug(STORE, "two bookings may overlap")
def no_unique_cells() -> None:
    """The key that forbids it is not looked at."""

    def claim(original: Callable[..., None], transaction: Any, appointment: Any) -> None:
        try:
            original(transaction, appointment)
        except Exception:
            return

    wrap(SqlTransaction, "_claim", claim)


@bug(STORE, "a booking is acknowledged and not kept")
def a_lost_booking() -> None:
    """The row of every third one is removed before the commit."""
    count = iter(range(1_000_000))

    def add(original: Callable[..., None], transaction: Any, appointment: Any) -> None:
        original(transaction, appointment)
        if next(count) % 3 == 2:
            for table in ("claims", "appointments"):
                transaction._connection.execute(
                    f"DELETE FROM {table} WHERE confirmation = ?", (appointment.confirmation,)
                )

    wrap(SqlTransaction, "add", add)


@bug(STORE, "a repeated key books again")
def keys_forgotten() -> None:
    """Its answer is not kept."""
    wrap(Once, "_keep", lambda original, once, connection, reply: None)


@bug(STORE, "a repeated key is answered with something else")
def replays_differ() -> None:
    """The body is not what was sent first."""

    def carefully(original: Callable[..., Reply], once: Any, connection: Any) -> Reply:
        reply = original(once, connection)
        if reply.outcome is Outcome.REPLAYED:
            return reply._replace(body=reply.body.replace(b"APPT-", b"APPT-Z"))
        return reply

    wrap(Once, "carefully", carefully)


@bug(STORE, "a booking is kept seven minutes late")
def wrong_time() -> None:
    """Neither a time zone nor a rounding explains it."""

    def row(original: Callable[..., Any], appointment: Any) -> Any:
        found = list(original(appointment))
        columns = store_statements.ADD_APPOINTMENT.parameters
        for name in ("start_utc_s", "end_utc_s"):
            found[columns.index(name)] += 420
        return tuple(found)

    wrap(store_transaction, "appointment_row", row)
