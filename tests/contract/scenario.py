"""A way to provoke one event through the public interface."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from resilience import Event
from resilience.testing import Signals

Act = Callable[[], object]
Play = Callable[[Signals], AbstractContextManager[Act]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`play` sets the stage and gives the act, which provokes the event exactly once."""

    event: type[Event]
    when: str
    play: Play

    def __str__(self) -> str:
        """What the test is called."""
        return f"{self.event.name}: {self.when}"
