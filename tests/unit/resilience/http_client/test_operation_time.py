"""One protected call: deadlines, timeouts, waits cut short."""

import pytest
from requests.exceptions import ConnectTimeout, ReadTimeout
from tests.client_rig import Rig

from resilience.errors import (
    CallCancelled,
    CircuitBreakerOpen,
    DeadlineExceeded,
    OutcomeUnknown,
    ResilienceError,
    RetriesExhausted,
)
from resilience.events import (
    Phase,
    RetrySuppressed,
    StopReason,
    TimedOut,
)
from resilience.options import BreakerOptions, RetryOptions
from resilience.testing.transport import Fails, Reply


@pytest.mark.fault(24)
def test_a_wait_that_would_pass_the_deadline() -> None:
    """The operation ends at once when the next wait would end too late."""
    rig = Rig(then=503)
    error = rig.failure(rig.get, deadline_s=2.5)
    assert isinstance(error, DeadlineExceeded)
    assert (error.deadline_s, len(error.attempts), rig.clock.slept) == (2.5, 2, [1.0])


@pytest.mark.fault(24)
def test_the_deadline_cuts_an_attempt_short() -> None:
    """The last attempt has only what is left, and is told so; the breaker blames nobody."""
    rig = Rig(then=Reply(after_s=99.0))
    error = rig.failure(rig.get, deadline_s=10.0)
    assert isinstance(error, DeadlineExceeded)
    assert rig.transport.sent[0].headers["X-Request-Timeout-Ms"] == "10000"
    assert [(e.phase, e.limit_s) for e in rig.told(TimedOut)] == [(Phase.DEADLINE, 10.0)]
    assert (rig.judged(), rig.clock.monotonic()) == ({"ignored": 1.0}, 1010.0)


@pytest.mark.fault(24)
def test_the_worst_case_lasts_67_seconds() -> None:
    """Four attempts of 15 s and waits of 7 s are the longest an operation takes."""
    rig = Rig(then=Reply(after_s=99.0))
    error = rig.failure(rig.get)
    assert isinstance(error, RetriesExhausted)
    assert (len(error.attempts), rig.clock.monotonic()) == (4, 1067.0)


@pytest.mark.fault(24)
def test_jitter_does_not_move_the_deadline() -> None:
    """Longer waits leave less for the last attempt, and the 67 s hold."""
    rig = Rig(then=Reply(after_s=99.0), retry=RetryOptions(), random=lambda: 1.0)
    error = rig.failure(rig.get)
    assert isinstance(error, DeadlineExceeded)
    assert rig.clock.monotonic() == pytest.approx(1067.0)
    assert rig.transport.sent[3].headers["X-Request-Timeout-Ms"] == "13599"


def test_the_deadline_is_not_longer_than_the_options_say() -> None:
    """A caller may shorten the time of an operation, not prolong it."""
    rig = Rig(200)
    rig.get(deadline_s=500.0)
    assert rig.finished().deadline_s == 67.0


@pytest.mark.parametrize(
    ("call", "lost", "kind"),
    [("get", 503, CallCancelled), ("post", ReadTimeout("late"), OutcomeUnknown)],
)
@pytest.mark.fault(25)
def test_a_process_that_stops_ends_the_wait(
    call: str, lost: int | Exception, kind: type[ResilienceError]
) -> None:
    """The operation ends as cancelled, or unknown when its request may have taken effect."""
    rig = Rig(lost)
    rig.clock.interrupt()
    error = rig.failure(getattr(rig, call))
    assert type(error) is kind
    assert rig.finished().stop_reason is StopReason.CANCELLED
    assert [e.stop_reason for e in rig.told(RetrySuppressed)] == [StopReason.CANCELLED]


def test_a_wait_is_told_whatever_the_attempt_after_it_raises() -> None:
    """A mistake in a transport does not lose the second that was waited before it."""
    rig = Rig(503, RuntimeError("a mistake"))
    with pytest.raises(RuntimeError):
        rig.get()
    assert (rig.finished().attempts, rig.finished().waited_s) == (2, 1.0)


def test_a_connect_timeout_is_a_phase_of_its_own() -> None:
    """What never connected was not sent, and is told as such."""
    rig = Rig(Fails(ConnectTimeout("black hole"), after_s=5.0), 200)
    rig.post()
    assert rig.told(TimedOut) == [
        TimedOut(
            target="default",
            operation="create_appointment",
            phase=Phase.CONNECT,
            limit_s=5.0,
            elapsed_s=5.0,
        )
    ]


@pytest.mark.fault(3)
def test_a_read_timeout_counts_for_the_breaker() -> None:
    """A service that never answers opens the circuit like one that answers with errors."""
    rig = Rig(then=Reply(after_s=99.0), breaker=BreakerOptions(failure_threshold=2))
    assert isinstance(rig.failure(rig.get), CircuitBreakerOpen)
    assert [(e.phase, e.elapsed_s) for e in rig.told(TimedOut)] == [(Phase.READ, 15.0)] * 2


@pytest.mark.fault(22)
def test_the_wall_clock_does_not_move_a_deadline() -> None:
    """A wall clock that jumps by years between attempts changes neither waits nor deadline."""

    def jump(seconds: float) -> None:
        rig.clock.set_wall(rig.clock.utc_now().replace(year=2020 + 5 * int(seconds)))

    rig = Rig(503, 503, 503, 200, on_sleep=jump)
    assert rig.get().status_code == 200
    assert (rig.clock.slept, rig.finished().duration_s) == ([1.0, 2.0, 4.0], 7.0)
