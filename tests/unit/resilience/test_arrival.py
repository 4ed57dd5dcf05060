"""What the application is told of a request."""

from resilience.arrival import Arrival
from resilience.vocabulary import LimitResult


def test_a_request_was_checked_unless_no_limiter_was_asked() -> None:
    """A storage that failed was asked, too."""
    checked = [Arrival(0.0, "r", "c", result=result).limit_checked for result in LimitResult]

    assert dict(zip(LimitResult, checked, strict=True)) == {
        LimitResult.NONE: False,
        LimitResult.ACQUIRED: True,
        LimitResult.REJECTED: True,
        LimitResult.STORAGE_ERROR_ALLOWED: True,
    }
