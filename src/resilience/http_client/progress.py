"""How many operations are under way."""

import threading
from collections.abc import Iterable

from resilience.gauges import OPERATIONS_IN_PROGRESS, Reading
from resilience.options import ClientOptions


class InProgress:
    """A count for each operation of a session."""

    def __init__(self, options: ClientOptions) -> None:
        self._target = options.target
        self._lock = threading.Lock()
        self._counts = dict.fromkeys((*sorted(options.operations), "other"), 0)

    def begin(self, operation: str) -> None:
        """Count one more."""
        self._add(operation, 1)

    def end(self, operation: str) -> None:
        """Count one less."""
        self._add(operation, -1)

    def readings(self) -> Iterable[Reading]:
        """The counts now."""
        for operation, count in list(self._counts.items()):
            yield Reading(OPERATIONS_IN_PROGRESS, (self._target, operation), float(count))

    def _add(self, operation: str, change: int) -> None:
        with self._lock:
            self._counts[operation] += change
