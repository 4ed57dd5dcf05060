"""Leave to make one call, which is handed back with what became of it."""

from collections.abc import Callable
from enum import StrEnum


class Judged(StrEnum):
    """How the breaker judged a call."""

    SUCCESS = "success"
    FAILURE = "failure"
    IGNORED = "ignored"
    REJECTED = "rejected"


class Permit:
    """Hand it back exactly once, by whichever of the three methods applies.

    While the circuit is closed all calls share one permit, and every transition replaces it: a
    permit that the breaker no longer knows is late, and what it reports is ignored.
    """

    __slots__ = ("_settle",)

    def __init__(self, settle: Callable[["Permit", Judged, float], None]) -> None:
        self._settle = settle

    def success(self, duration_s: float = 0.0) -> None:
        """The call was answered after `duration_s` seconds."""
        self._settle(self, Judged.SUCCESS, duration_s)

    def failure(self, duration_s: float = 0.0) -> None:
        """The call failed after `duration_s` seconds."""
        self._settle(self, Judged.FAILURE, duration_s)

    def ignore(self) -> None:
        """The call says nothing about the target's health."""
        self._settle(self, Judged.IGNORED, 0.0)
