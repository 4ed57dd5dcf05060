"""Attempts after the first, and the waits before them; the only user of tenacity."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_result, wait_exponential

from resilience.budget import RetryBudget
from resilience.clock import Clock
from resilience.deadline import Deadline
from resilience.options import Random, RetryOptions
from resilience.vocabulary import DelaySource, StopReason


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait before an attempt, in seconds, and what set its length."""

    delay_s: float
    source: DelaySource


class Attempt(Protocol):
    """What the loop has to know of an attempt that was made."""

    @property
    def again(self) -> bool:
        """Whether it failed in a way that another attempt may cure."""

    @property
    def retry_after_s(self) -> float | None:
        """How long the service asked to wait."""


A = TypeVar("A", bound=Attempt)
Send = Callable[[int, Wait], A]
"""Makes the attempt of this number (from 2) after the wait; it must not raise a failure."""


class _WaitCutShort(Exception):
    """The clock was interrupted: the process is stopping."""


class Retry:
    """The rule by which failed attempts are followed by others; shared by all operations."""

    def __init__(
        self, options: RetryOptions, *, clock: Clock, random: Random, budget: RetryBudget
    ) -> None:
        self.options = options
        self.budget = budget
        self.clock = clock
        self._random = random
        self._backoff = wait_exponential(multiplier=options.backoff_s, max=options.max_wait_s)

    def wait(self, state: RetryCallState, retry_after_s: float | None) -> Wait:
        """The longer of the backoff and what the service asked for, with jitter.

        The backoff varies to both sides; what was asked for is only ever exceeded, and neither
        is longer than its cap.
        """
        options = self.options
        share = options.jitter * self._random()
        backoff_s = self._backoff(state) * (1 - options.jitter + 2 * share)
        backoff_s = min(backoff_s, options.max_wait_s)
        if retry_after_s is None or retry_after_s <= backoff_s:
            return Wait(backoff_s, DelaySource.BACKOFF)
        if retry_after_s <= options.max_retry_after_s:
            retry_after_s = min(retry_after_s * (1 + share), options.max_retry_after_s)
        return Wait(retry_after_s, DelaySource.RETRY_AFTER)

    def course(
        self, first: A, send: Send[A], deadline: Deadline, refused: Callable[[], bool]
    ) -> "Course[A]":
        """What follows `first`, which failed; to be `run`.

        `refused` tells whether the circuit is open, so that no wait is spent on it.
        """
        return Course(self, first, send, deadline, refused)


class Course(Generic[A]):
    """The attempts of one operation: the `last` one, what was `waited_s`, why it stopped."""

    def __init__(
        self,
        rule: Retry,
        first: A,
        send: Send[A],
        deadline: Deadline,
        refused: Callable[[], bool],
    ) -> None:
        self.last = first
        self.stop_reason = StopReason.NONE
        self.waited_s = 0.0
        self._rule = rule
        self._send = send
        self._deadline = deadline
        self._refused = refused
        self._number = 0
        self._wait: Wait  # tenacity chooses it before it asks whether to stop

    def run(self) -> None:
        """Send again until an attempt needs no other or none may be made.

        Only what an attempt raises against the rules gets out.
        """
        loop = Retrying(
            retry=retry_if_result(lambda attempt: attempt.again),
            wait=self._choose_wait,
            stop=self._must_stop,
            sleep=self._sleep,
            retry_error_callback=lambda _: None,
        )
        try:
            loop(self._next)
        except _WaitCutShort:
            self.stop_reason = StopReason.CANCELLED
        finally:
            loop.iter_state.reset()  # it leads back to the loop, and so to every answer

    def _next(self) -> A:
        # The first attempt was made before tenacity was called upon, which costs more than all
        # else on the way of a call that succeeds at once.
        self._number += 1
        if self._number > 1:
            self.last = self._send(self._number, self._wait)
        return self.last

    def _choose_wait(self, state: RetryCallState) -> float:
        self._wait = self._rule.wait(state, self.last.retry_after_s)
        return self._wait.delay_s

    def _must_stop(self, state: RetryCallState) -> bool:
        self.stop_reason = self._reason_to_stop(state.attempt_number)
        return self.stop_reason is not StopReason.NONE

    def _reason_to_stop(self, attempts: int) -> StopReason:
        if attempts > self._rule.options.max_retries:
            return StopReason.ATTEMPTS_EXHAUSTED
        if self._refused():
            return StopReason.CIRCUIT_OPEN
        if not self._rule.budget.allows():
            return StopReason.RETRY_BUDGET
        return self._reason_in_time()

    def _reason_in_time(self) -> StopReason:
        wait = self._wait
        asked = wait.source is DelaySource.RETRY_AFTER
        if asked and wait.delay_s > self._rule.options.max_retry_after_s:
            return StopReason.RETRY_AFTER_TOO_LONG
        if self._deadline.fits(wait.delay_s):
            return StopReason.NONE
        return StopReason.RETRY_AFTER_TOO_LONG if asked else StopReason.DEADLINE

    def _sleep(self, seconds: float) -> None:
        began_s = self._rule.clock.monotonic()
        finished = self._rule.clock.sleep(seconds)
        self.waited_s += self._rule.clock.monotonic() - began_s
        if not finished:
            raise _WaitCutShort
