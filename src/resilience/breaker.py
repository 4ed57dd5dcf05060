"""The circuit breaker: stop calling what keeps failing, and probe it after a rest."""

import threading
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from resilience.breaker_books import BreakerBooks
from resilience.clock import Clock, SystemClock
from resilience.declare import Emit, ignore
from resilience.errors import CircuitBreakerOpen
from resilience.events import BreakerRejected, BreakerTransition, State, TransitionReason
from resilience.gauges import Reading
from resilience.guard import guard_emit
from resilience.options import BreakerOptions
from resilience.permit import Judged, Permit
from resilience.window import tally_of

P = ParamSpec("P")
R = TypeVar("R")


class CircuitBreaker:
    """Opens after `failure_threshold` failures in a row, for `timeout` seconds; thread-safe.

    After the rest it is half-open: a probe is let through, whose success closes the circuit and
    whose failure opens it again. `options` replaces both numbers and offers more. The lock is
    never held while a call runs or an event is told.
    """

    def __init__(
        self,
        failure_threshold: int = 5,
        timeout: float = 60.0,
        *,
        options: BreakerOptions | None = None,
        target: str = "default",
        clock: Clock | None = None,
        emit: Emit = ignore,
    ) -> None:
        self._options = options or BreakerOptions(
            failure_threshold=failure_threshold, open_for_s=timeout
        )
        self._target = target
        self._monotonic = (clock or SystemClock()).monotonic
        self._emit = guard_emit(emit)
        self._tally = tally_of(self._options)
        self._timed = self._options.window is not None
        self._slow_s = self._options.window.slow_call_s if self._options.window else float("inf")
        self._lock = threading.Lock()
        self._books = BreakerBooks(target, self._monotonic())
        self._successes = self._books.quick_successes.numbers
        self._rejections = self._books.quick_rejections.numbers
        self._probes: dict[Permit, float] = {}
        self._probes_passed = 0
        self._refuses_until_s = 0.0
        self._gate: Permit | None = Permit(self._settle)
        self._calm_gate = None if self._timed else self._gate

    @property
    def state(self) -> State:
        """ "closed", "open", "half_open", or what was set by hand.

        An open circuit becomes half-open when it is next asked, not by the passing of time.
        """
        return self._books.state

    def call(self, func: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `func` and count an `Exception` as a failure; raises `CircuitBreakerOpen`."""
        # Two paths take no lock, since each is a single read of an attribute and an atomic count.
        # `_calm_gate` is the gate while the circuit is closed and no failure is remembered: then
        # a success changes nothing, and it counts as it finds the gate when it ends. A transition
        # in between has put another permit there, or none, and `_settle` decides under the lock.
        permit = self._calm_gate
        if permit is None:
            rest_s = self._refuses_until_s - self._monotonic()
            if rest_s > 0:
                next(self._rejections)
                if self._emit is not ignore:
                    self._tell_refusal(rest_s)
                raise CircuitBreakerOpen(self._target, rest_s)
            return self._call_timed(func, *args, **kwargs)
        try:
            # To pass on no keywords takes a dictionary all the same, a sixth of what this costs.
            result = func(*args, **kwargs) if kwargs else func(*args)  # type: ignore[call-arg]  # there are none
        except Exception:
            permit.failure()
            raise
        except BaseException:
            permit.ignore()
            raise
        if permit is self._calm_gate:
            next(self._successes)
        else:
            permit.success()
        return result

    def _call_timed(self, func: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        permit = self.acquire()
        started_s = self._monotonic()
        try:
            result = func(*args, **kwargs)
        except Exception:
            permit.failure(self._monotonic() - started_s)
            raise
        except BaseException:
            permit.ignore()
            raise
        permit.success(self._monotonic() - started_s)
        return result

    def acquire(self) -> Permit:
        """Leave to make one call, to be handed back; raises `CircuitBreakerOpen`."""
        return self._gate or self._ask()

    def rest_s(self) -> float:
        """Seconds for which every call is refused; 0.0 when the circuit is not open."""
        if self.state is State.FORCED_OPEN:
            return self._options.open_for_s
        return max(0.0, self._refuses_until_s - self._monotonic())

    def force_open(self) -> None:
        """Refuse every call until `reset`."""
        self._set(State.FORCED_OPEN)

    def disable(self) -> None:
        """Let every call through and judge none until `reset`."""
        self._set(State.DISABLED)

    def metrics_only(self) -> None:
        """Let every call through and count it, without ever opening, until `reset`."""
        self._set(State.METRICS_ONLY)

    def reset(self) -> None:
        """Close the circuit and forget what was counted towards opening it."""
        self._set(State.CLOSED)

    def readings(self) -> Iterable[Reading]:
        """State, nearness to opening, seconds in each state, and calls by how they were judged."""
        with self._lock:
            tripping = self._tally.progress() if self._gate else 1.0
            return tuple(self._books.readings(self._monotonic(), tripping))

    def _ask(self) -> Permit:
        now_s = self._monotonic()
        event = None
        with self._lock:
            if self._books.state is State.OPEN and now_s >= self._refuses_until_s:
                event = self._move_locked(State.HALF_OPEN, TransitionReason.BREAK_OVER, now_s)
            permit = self._gate or self._probe_locked(now_s)
            rest_s = self._rest_locked(now_s)
        if event is not None:
            self._emit(event)
        if permit is None:
            next(self._rejections)
            self._tell_refusal(rest_s)
            raise CircuitBreakerOpen(self._target, rest_s)
        return permit

    def _rest_locked(self, now_s: float) -> float:
        """Seconds until a call may be let through, as far as can be known."""
        if self._books.state is State.OPEN:
            return self._refuses_until_s - now_s
        if self._probes:
            return min(self._probes.values()) - now_s
        return self._options.open_for_s

    def _tell_refusal(self, retry_after_s: float) -> None:
        self._emit(BreakerRejected(target=self._target, retry_after_s=retry_after_s))

    def _probe_locked(self, now_s: float) -> Permit | None:
        if self._books.state is not State.HALF_OPEN:
            return None
        for probe in [p for p, expires_s in self._probes.items() if expires_s <= now_s]:
            del self._probes[probe]
        if len(self._probes) + self._probes_passed >= self._options.probes:
            return None
        probe = Permit(self._settle)
        self._probes[probe] = now_s + self._options.probe_expires_s
        return probe

    def _settle(self, permit: Permit, judged: Judged, duration_s: float) -> None:
        if judged is Judged.SUCCESS and permit is self._calm_gate:
            next(self._successes)  # for the same reason as in `call`
            return
        now_s = self._monotonic()
        with self._lock:
            event = self._judge_locked(permit, judged, duration_s, now_s)
        if event is not None:
            self._emit(event)

    def _judge_locked(
        self, permit: Permit, judged: Judged, duration_s: float, now_s: float
    ) -> BreakerTransition | None:
        is_probe = self._probes.pop(permit, None) is not None
        is_late = not is_probe and permit is not self._gate
        if is_late or self._books.state is State.DISABLED:
            judged = Judged.IGNORED
        self._books.calls[judged] += 1
        if judged is Judged.IGNORED or self._books.state is State.METRICS_ONLY:
            return None
        failed = judged is Judged.FAILURE
        if is_probe:
            return self._judge_probe_locked(failed, now_s)
        return self._judge_call_locked(failed, duration_s >= self._slow_s, now_s)

    def _judge_probe_locked(self, failed: bool, now_s: float) -> BreakerTransition | None:
        if failed:
            return self._move_locked(State.OPEN, TransitionReason.PROBE_FAILED, now_s)
        self._probes_passed += 1
        if self._probes_passed < self._options.probes:
            return None
        return self._move_locked(State.CLOSED, TransitionReason.PROBE_SUCCEEDED, now_s)

    def _judge_call_locked(
        self, failed: bool, slow: bool, now_s: float
    ) -> BreakerTransition | None:
        reason = self._tally.record(failed, slow, now_s)
        self._calm_gate = None if failed or self._timed else self._gate
        return self._move_locked(State.OPEN, reason, now_s) if reason else None

    def _move_locked(self, to: State, reason: TransitionReason, now_s: float) -> BreakerTransition:
        left = self._books.state
        self._books.enter(to, now_s)
        self._tally.clear()
        self._probes.clear()
        self._probes_passed = 0
        self._refuses_until_s = now_s + self._options.open_for_s if to is State.OPEN else 0.0
        passing = to in (State.CLOSED, State.DISABLED, State.METRICS_ONLY)
        self._gate = Permit(self._settle) if passing else None
        self._calm_gate = self._gate if to is State.CLOSED and not self._timed else None
        return BreakerTransition(target=self._target, from_state=left, to_state=to, reason=reason)

    def _set(self, to: State) -> None:
        with self._lock:
            left = self._books.state
            event = self._move_locked(to, TransitionReason.BY_HAND, self._monotonic())
        if left is not to:
            self._emit(event)
