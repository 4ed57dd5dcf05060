"""What the caller gets."""

from typing import Any

from tests.simulate.model.story import Story


def result_of(story: Story, stop: str) -> dict[str, Any]:
    """An answer's status, or an error with all that it carries."""
    last = story.last
    if story.attempts and last.raised in ("Crash", "Interrupt"):
        return {"raised": last.raised}
    if story.attempts and _settles(story):
        return {"status": last.status}
    rest_s = story.rest_s if stop == "circuit_open" else 0.0
    if story.unclear:
        return _error(story, "OutcomeUnknown", stop_reason=stop, retry_after_s=rest_s)
    if stop == "circuit_open":
        return _error(story, "CircuitBreakerOpen", retry_after_s=rest_s)
    if stop == "not_retryable":
        return {"raised": last.raised}
    return _failure(story, stop)


def _settles(story: Story) -> bool:
    """Whether the last attempt brought an answer that trying again would not change."""
    last = story.last
    return not last.raised and not last.again and last.judged != "failure"


def _failure(story: Story, stop: str) -> dict[str, Any]:
    last = story.last
    if stop == "cancelled":
        return _error(story, "CallCancelled", stop_reason=stop)
    if stop == "deadline":
        deadline_s = story.deadline_s
        return _error(story, "DeadlineExceeded", stop_reason=stop, deadline_s=deadline_s)
    if last.error == "429":
        asked_s = story.asked_s
        pause_s = story.world.options.backoff_s if asked_s is None else asked_s
        return _error(story, "RateLimited", stop_reason=stop, retry_after_s=pause_s)
    status = None if last.raised else last.status
    return _error(story, "RetriesExhausted", stop_reason=stop, status=status)


def _error(story: Story, kind: str, **carried: Any) -> dict[str, Any]:
    return {"raised": kind, "attempts": story.attempts, **carried}
