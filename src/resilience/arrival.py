"""What the edge knows of a request when it hands it to the application."""

from typing import NamedTuple

from resilience.server_events import NearLimit
from resilience.vocabulary import LimitResult, Resend

ARRIVAL = "resilience.request"
"""Where a WSGI environ holds the `Arrival`."""

UNTRUSTED_CONTEXT = "resilience.untrusted_context"
"""Where a WSGI environ holds the trace context of a stranger, as a mapping: to link, not follow."""


class Arrival(NamedTuple):
    """One request as it reached the edge, with the limiter's decision.

    `arrived_s` is on the monotonic clock; `client` is the key that limits count by; `policy` and
    `remaining` are of the tightest limit ("" and None where none was asked); `near` are limits
    that this request brought past 80 %.
    """

    arrived_s: float
    request_id: str
    client: str
    resend: Resend = Resend.FIRST
    result: LimitResult = LimitResult.NONE
    policy: str = ""
    remaining: int | None = None
    near: tuple[NearLimit, ...] = ()

    @property
    def limit_checked(self) -> bool:
        """Whether the rate limiter was asked."""
        return self.result is not LimitResult.NONE
