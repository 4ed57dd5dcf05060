"""The circuit breaker."""

import threading
from collections.abc import Callable

import pytest

from resilience.breaker import CircuitBreaker
from resilience.errors import CircuitBreakerOpen
from resilience.events import BreakerRejected, BreakerTransition, Event, State, TransitionReason
from resilience.options import BreakerOptions, WindowOptions
from resilience.testing.clock import FakeClock


class Stand:
    """A breaker in virtual time with what it told."""

    def __init__(self, **options: object) -> None:
        self.clock = FakeClock()
        self.events: list[Event] = []
        self.breaker = CircuitBreaker(
            options=BreakerOptions(**options),  # type: ignore[arg-type]  # checked by the options
            clock=self.clock,
            emit=self.events.append,
            target="booking",
        )

    def fail(self, times: int = 1) -> None:
        """Let a call fail."""
        for _ in range(times):
            with pytest.raises(OSError, match="down"):
                self.breaker.call(_down)

    def moves(self) -> list[tuple[str, str, str]]:
        """The transitions that were told."""
        told = [event for event in self.events if isinstance(event, BreakerTransition)]
        return [(e.from_state, e.to_state, e.reason) for e in told]

    def calls(self) -> dict[str, float]:
        """The calls by how they were judged."""
        name = "resilience_circuit_breaker_calls"
        found = [r for r in self.breaker.readings() if r.gauge.name == name]
        return {r.values[1]: r.value for r in found if r.value}

    def tripping(self) -> float:
        """How near it is to opening."""
        name = "resilience_circuit_breaker_tripping_ratio"
        (found,) = [r for r in self.breaker.readings() if r.gauge.name == name]
        return found.value

    def seconds(self) -> dict[str, float]:
        """The time spent in each state."""
        name = "resilience_circuit_breaker_state_seconds"
        found = [r for r in self.breaker.readings() if r.gauge.name == name]
        return {r.values[1]: r.value for r in found if r.value}


def _down() -> None:
    raise OSError("down")


def _interrupted() -> None:
    raise KeyboardInterrupt


def _ok(*args: object, **kwargs: object) -> object:
    return args, kwargs


def test_a_call_passes_arguments_and_result() -> None:
    """A closed breaker is not in the way."""
    assert CircuitBreaker().call(_ok, 1, b=2) == ((1,), {"b": 2})


@pytest.mark.fault(17)
def test_it_opens_at_the_fifth_failure_in_a_row() -> None:
    """Four failures leave it closed, the fifth opens it, and then nothing is called."""
    stand = Stand()
    stand.fail(4)
    assert stand.breaker.state == "closed"
    stand.fail()
    assert stand.breaker.state == "open"
    with pytest.raises(CircuitBreakerOpen) as caught:
        stand.breaker.call(_down)
    assert (caught.value.target, caught.value.retry_after_s) == ("booking", 60.0)
    assert stand.moves() == [("closed", "open", "consecutive_failures")]


def test_a_success_in_between_begins_the_count_again() -> None:
    """Only failures in a row count."""
    stand = Stand(failure_threshold=2)
    for _ in range(3):
        stand.fail()
        stand.breaker.call(_ok)
    assert (stand.breaker.state, stand.calls()) == ("closed", {"success": 3.0, "failure": 3.0})


def test_a_probe_that_succeeds_closes_it() -> None:
    """After the rest one call is let through, and its success closes the circuit."""
    stand = Stand(failure_threshold=1, open_for_s=60.0)
    stand.fail()
    stand.clock.advance(59.9)
    with pytest.raises(CircuitBreakerOpen):
        stand.breaker.call(_ok)
    stand.clock.advance(0.2)
    stand.breaker.call(_ok)
    assert stand.moves() == [
        ("closed", "open", "consecutive_failures"),
        ("open", "half_open", "break_over"),
        ("half_open", "closed", "probe_succeeded"),
    ]


def test_a_probe_that_fails_opens_it_for_another_rest() -> None:
    """The rest begins anew when the probe fails."""
    stand = Stand(failure_threshold=1)
    stand.fail()
    stand.clock.advance(60.0)
    stand.fail()
    assert (stand.breaker.state, stand.breaker.rest_s()) == ("open", 60.0)


@pytest.mark.fault(19)
def test_an_interrupted_probe_frees_its_place() -> None:
    """A probe that ends in a KeyboardInterrupt is followed by another."""
    stand = Stand(failure_threshold=1)
    stand.fail()
    stand.clock.advance(60.0)
    with pytest.raises(KeyboardInterrupt):
        stand.breaker.call(_interrupted)
    assert stand.breaker.state == "half_open"
    stand.breaker.call(_ok)
    assert stand.breaker.state == "closed"


@pytest.mark.fault(19)
def test_an_abandoned_generator_frees_the_place_of_its_probe() -> None:
    """A probe whose caller is closed from outside, as a greenlet's is, gives its permit back."""
    stand = Stand(failure_threshold=1)
    stand.fail()
    stand.clock.advance(60.0)

    def leave() -> None:
        raise GeneratorExit

    with pytest.raises(GeneratorExit):
        stand.breaker.call(leave)
    assert stand.breaker.acquire() is not None


@pytest.mark.fault(19)
def test_a_probe_that_never_returns_expires() -> None:
    """A hanging probe holds its place for 60 s, and what it reports after that is ignored."""
    stand = Stand(failure_threshold=1)
    stand.fail()
    stand.clock.advance(60.0)
    lost = stand.breaker.acquire()
    stand.clock.advance(59.0)
    with pytest.raises(CircuitBreakerOpen) as caught:
        stand.breaker.acquire()
    assert caught.value.retry_after_s == 1.0
    stand.clock.advance(1.0)
    probe = stand.breaker.acquire()
    lost.failure()
    assert stand.breaker.state == "half_open"
    probe.success()
    assert stand.breaker.state == "closed"


def test_several_probes_must_all_succeed() -> None:
    """With three probes, three are let through at once, and three successes close it."""
    stand = Stand(failure_threshold=1, probes=3)
    stand.fail()
    stand.clock.advance(60.0)
    probes = [stand.breaker.acquire() for _ in range(3)]
    with pytest.raises(CircuitBreakerOpen):
        stand.breaker.acquire()
    states = []
    for probe in probes:
        probe.success()
        states.append(stand.breaker.state)
    assert states == [State.HALF_OPEN, State.HALF_OPEN, State.CLOSED]


@pytest.mark.fault(20)
def test_late_results_are_ignored() -> None:
    """Calls begun before the circuit opened change nothing when they end after it."""
    stand = Stand(failure_threshold=1)
    early = [stand.breaker.acquire() for _ in range(3)]
    early[0].failure()
    early[1].success()
    early[2].failure()
    assert (stand.breaker.state, stand.calls()) == ("open", {"failure": 1.0, "ignored": 2.0})


@pytest.mark.fault(20)
def test_a_call_that_ends_after_its_circuit_opened_is_late() -> None:
    """`call` too tells a success that comes late from one that counts."""
    stand = Stand(failure_threshold=1)

    def slow() -> None:
        stand.fail()

    stand.breaker.call(slow)
    assert (stand.breaker.state, stand.calls()) == ("open", {"failure": 1.0, "ignored": 1.0})


@pytest.mark.parametrize(
    ("window", "after_s", "reason"),
    [
        (WindowOptions(minimum_calls=2), 0.0, TransitionReason.FAILURE_RATE),
        (
            WindowOptions(minimum_calls=2, failure_rate=1.0, slow_call_rate=0.5, slow_call_s=2.0),
            2.0,
            TransitionReason.SLOW_CALL_RATE,
        ),
    ],
)
def test_rates_over_a_window(
    window: WindowOptions, after_s: float, reason: TransitionReason
) -> None:
    """With a window it is the share of failures, or of slow calls, that opens the circuit."""
    stand = Stand(window=window)

    def half_bad() -> None:
        stand.clock.advance(after_s)
        if not after_s:
            raise OSError("down")

    stand.breaker.call(_ok)
    if after_s:
        stand.breaker.call(half_bad)
    else:
        stand.fail()
    assert stand.moves() == [("closed", "open", reason)]


@pytest.mark.parametrize(
    ("setting", "state", "admits"),
    [
        (CircuitBreaker.force_open, "forced_open", False),
        (CircuitBreaker.disable, "disabled", True),
        (CircuitBreaker.metrics_only, "metrics_only", True),
    ],
)
def test_states_set_by_hand(
    setting: Callable[[CircuitBreaker], None], state: str, admits: bool
) -> None:
    """A state that was set by hand holds, whatever happens, until `reset`."""
    stand = Stand(failure_threshold=1)
    setting(stand.breaker)
    for _ in range(3):
        with pytest.raises(OSError if admits else CircuitBreakerOpen):
            stand.breaker.call(_down)
    stand.clock.advance(1000.0)
    assert stand.breaker.state == state
    stand.breaker.reset()
    assert stand.moves() == [("closed", state, "by_hand"), (state, "closed", "by_hand")]


def test_what_is_counted_while_set_by_hand() -> None:
    """Disabled, nothing is judged; metrics-only, everything is; forced open, all is refused."""
    counts = {}
    for setting in (CircuitBreaker.force_open, CircuitBreaker.disable, CircuitBreaker.metrics_only):
        stand = Stand(failure_threshold=1)
        setting(stand.breaker)
        with pytest.raises((OSError, CircuitBreakerOpen)):
            stand.breaker.call(_down)
        counts[stand.breaker.state.value] = stand.calls()
    assert counts == {
        "forced_open": {"rejected": 1.0},
        "disabled": {"ignored": 1.0},
        "metrics_only": {"failure": 1.0},
    }


def test_reset_of_a_closed_circuit_tells_nothing() -> None:
    """No transition is told where the state stays, but the count begins again."""
    stand = Stand(failure_threshold=2)
    stand.fail()
    stand.breaker.reset()
    stand.fail()
    assert (stand.breaker.state, stand.events) == ("closed", [])


def test_each_refusal_is_told_and_has_its_own_exception() -> None:
    """A refusal is an event, and a fresh exception, so that no traceback grows."""
    stand = Stand(failure_threshold=1)
    stand.fail()
    caught = []
    for _ in range(2):
        with pytest.raises(CircuitBreakerOpen) as one:
            stand.breaker.call(_ok)
        caught.append(one.value)
    with pytest.raises(CircuitBreakerOpen):
        stand.breaker.acquire()
    told = [event for event in stand.events if isinstance(event, BreakerRejected)]
    assert told == [BreakerRejected(target="booking", retry_after_s=60.0)] * 3
    assert caught[0] is not caught[1]


@pytest.mark.fault(21)
def test_a_raising_listener_changes_nothing() -> None:
    """The state machine goes its way whatever its listener does."""

    def emit(event: Event) -> None:
        raise RuntimeError("the listener is broken")

    clock = FakeClock()
    breaker = CircuitBreaker(1, 60, clock=clock, emit=emit)
    with pytest.raises(OSError, match="down"):
        breaker.call(_down)
    with pytest.raises(CircuitBreakerOpen):
        breaker.call(_ok)
    clock.advance(60.0)
    breaker.call(_ok)
    assert breaker.state == "closed"


def test_the_lock_is_free_during_calls_and_events() -> None:
    """A call or a listener may use the breaker itself, from another thread too."""
    seen: list[State] = []
    breaker: CircuitBreaker

    def look() -> None:
        thread = threading.Thread(target=lambda: seen.append(_state_by_reading(breaker)))
        thread.start()
        thread.join(5)

    breaker = CircuitBreaker(1, 60, clock=FakeClock(), emit=lambda _: look())
    breaker.call(look)
    with pytest.raises(OSError, match="down"):
        breaker.call(_down)
    assert seen == [State.CLOSED, State.OPEN]


def _state_by_reading(breaker: CircuitBreaker) -> State:
    (state,) = [
        reading.values[1]
        for reading in breaker.readings()
        if reading.gauge.name == "resilience_circuit_breaker_state" and reading.value
    ]
    return State(state)


def test_nearness_to_opening() -> None:
    """Each failure brings it nearer, and it stays at 1 until the circuit is closed again."""
    stand = Stand(failure_threshold=2)
    seen = [stand.tripping()]
    for _ in range(2):
        stand.fail()
        seen.append(stand.tripping())
    stand.clock.advance(60.0)
    probe = stand.breaker.acquire()
    seen.append(stand.tripping())
    probe.success()
    assert [*seen, stand.tripping()] == [0.0, 0.5, 1.0, 1.0, 0.0]


@pytest.mark.fault(22)
def test_the_wall_clock_means_nothing() -> None:
    """A wall clock that jumps by a day neither ends a rest nor prolongs it."""
    stand = Stand(failure_threshold=1)
    stand.fail()
    stand.clock.set_wall(stand.clock.utc_now().replace(year=2031))
    assert stand.breaker.rest_s() == 60.0
    stand.clock.advance(60.0)
    stand.clock.set_wall(stand.clock.utc_now().replace(year=1999))
    stand.breaker.call(_ok)
    assert stand.breaker.state == "closed"


def test_time_in_states_adds_up() -> None:
    """The seconds of each state include the present one, up to now."""
    stand = Stand(failure_threshold=1)
    stand.clock.advance(5.0)
    stand.fail()
    stand.clock.advance(61.0)
    probe = stand.breaker.acquire()
    stand.clock.advance(2.0)
    probe.success()
    stand.clock.advance(3.0)
    assert stand.seconds() == {"closed": 8.0, "open": 61.0, "half_open": 2.0}


def test_counts_are_exact_under_threads() -> None:
    """No success is lost, on the path without a lock either, and looking changes nothing."""
    breaker = CircuitBreaker()
    looks: list[object] = []

    def work() -> None:
        for _ in range(500):
            breaker.call(_ok)
        looks.append(list(breaker.readings()))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = [r.value for r in breaker.readings() if r.values[-1] == "success"]
    assert (counted, len(looks)) == ([4000.0], 8)


@pytest.mark.fault(18)
def test_one_probe_of_many_threads() -> None:
    """Of 200 threads that ask at the end of the rest, exactly one is let through."""
    stand = Stand(failure_threshold=1)
    stand.fail()
    stand.clock.advance(60.0)
    barrier, admitted = threading.Barrier(200), []

    def ask() -> None:
        barrier.wait()
        try:
            admitted.append(stand.breaker.acquire())
        except CircuitBreakerOpen:
            return

    threads = [threading.Thread(target=ask) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(admitted), stand.calls()) == (1, {"failure": 1.0, "rejected": 199.0})


def test_the_defaults() -> None:
    """Five failures, a rest of 60 s, a target that is called so."""
    breaker = CircuitBreaker(clock=FakeClock())
    for _ in range(5):
        with pytest.raises(OSError, match="down"):
            breaker.call(_down)
    with pytest.raises(CircuitBreakerOpen) as caught:
        breaker.acquire()
    assert (caught.value.target, caught.value.retry_after_s) == ("default", 60.0)


def test_the_two_numbers() -> None:
    """Threshold and rest can be given without options."""
    breaker = CircuitBreaker(1, 30.0, clock=FakeClock())
    with pytest.raises(OSError, match="down"):
        breaker.call(_down)
    assert (breaker.state, breaker.rest_s()) == ("open", 30.0)


def test_the_rest_in_each_state() -> None:
    """Only an open circuit rests, one opened by hand for as long as it would by itself."""
    clock = FakeClock(monotonic_s=0.0)
    breaker = CircuitBreaker(1, 30.0, clock=clock)
    rests = {"new": breaker.rest_s()}
    for setting in (CircuitBreaker.force_open, CircuitBreaker.reset, CircuitBreaker.disable):
        setting(breaker)
        rests[breaker.state.value] = breaker.rest_s()
    assert rests == {"new": 0.0, "forced_open": 30.0, "closed": 0.0, "disabled": 0.0}


@pytest.mark.fault(18)
def test_a_probe_that_passed_holds_its_place() -> None:
    """Of three probes there is no fourth, also after the first has succeeded."""
    stand = Stand(failure_threshold=1, probes=3)
    stand.fail()
    stand.clock.advance(60.0)
    first, *_ = [stand.breaker.acquire() for _ in range(3)]
    first.success()
    with pytest.raises(CircuitBreakerOpen) as caught:
        stand.breaker.acquire()
    assert (caught.value.target, caught.value.retry_after_s) == ("booking", 60.0)


def test_everything_that_is_told_of_a_probe_that_fails() -> None:
    """Each transition and refusal once, with its target, and nothing besides."""
    stand = Stand(failure_threshold=1)
    stand.fail()
    stand.clock.advance(60.0)
    probe = stand.breaker.acquire()
    with pytest.raises(CircuitBreakerOpen):
        stand.breaker.acquire()
    probe.failure()
    opened, half, closed = State.OPEN, State.HALF_OPEN, State.CLOSED
    reason = TransitionReason
    assert stand.events == [
        _moved(closed, opened, reason.CONSECUTIVE_FAILURES),
        _moved(opened, half, reason.BREAK_OVER),
        BreakerRejected(target="booking", retry_after_s=60.0),
        _moved(half, opened, reason.PROBE_FAILED),
    ]


def _moved(left: State, to: State, reason: TransitionReason) -> BreakerTransition:
    return BreakerTransition(target="booking", from_state=left, to_state=to, reason=reason)


def test_gauges_carry_the_target() -> None:
    """So that two breakers can be told apart."""
    assert {reading.values[0] for reading in Stand().breaker.readings()} == {"booking"}


def test_a_breaker_with_a_window_passes_arguments_and_result() -> None:
    """The way on which calls are timed is not in the way either."""
    assert Stand(window=WindowOptions()).breaker.call(_ok, 1, b=2) == ((1,), {"b": 2})


def test_quick_calls_are_not_slow() -> None:
    """What is judged is how long the call took, whether it succeeds or fails."""
    window = WindowOptions(minimum_calls=2, failure_rate=1.0, slow_call_rate=0.5, slow_call_s=2.0)
    stand = Stand(window=window)
    stand.breaker.call(_ok)
    stand.fail()
    assert stand.moves() == []


def test_a_window_of_seconds_goes_by_the_clock() -> None:
    """A failure that lies further back than the window is forgotten."""
    stand = Stand(window=WindowOptions(counts="time", size=10, minimum_calls=2))
    stand.fail()
    stand.clock.advance(11.0)
    stand.fail()
    assert stand.moves() == []
    stand.fail()
    assert stand.moves() == [("closed", "open", "failure_rate")]


def test_successes_are_remembered_after_a_reset() -> None:
    """A window judges the share of failures, also when the circuit has been closed anew."""
    stand = Stand(window=WindowOptions(minimum_calls=2))
    stand.breaker.reset()
    stand.breaker.call(_ok)
    stand.fail()
    assert stand.moves() == [("closed", "open", "failure_rate")]


def test_a_disabled_breaker_judges_no_success() -> None:
    """It is counted as ignored, as a failure is."""
    stand = Stand()
    stand.breaker.disable()
    stand.breaker.call(_ok)
    assert stand.calls() == {"ignored": 1.0}
