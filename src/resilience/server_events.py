"""What the edge of a served application tells."""

from collections.abc import Iterable

from resilience.declare import Count, Domains, Event, Label, Level, Measure, Metric, Span
from resilience.vocabulary import (
    ErrorType,
    LimitResult,
    Method,
    Policy,
    Resend,
    Route,
    ShedReason,
    Status,
)


class Answered(Event, partial=True):
    """What is told of every request that was answered; it completes the SERVER span."""

    span = Span.CURRENT
    metrics = (
        Measure(
            "http_server_request_duration_seconds",
            "Time to answer requests, queueing included.",
            "duration_s",
            ("http_request_method", "http_route", "http_response_status_code", "error_type"),
        ),
        Count(
            "rate_limiting_requests",
            "Requests checked against the rate limits.",
            ("policy", "result"),
            when="limit_checked",
        ),
    )
    attributes = {
        "policy": "rate_limiting.policy",
        "result": "rate_limiting.result",
        "remaining": "rate_limiting.remaining",
        "error_type": "",
        "http_request_method": "http.request.method",
        "http_route": "http.route",
        "http_response_status_code": "",
        "limit_checked": "",
        "duration_s": "",
    }
    http_request_method: Label[Method]
    http_route: Label[Route]
    http_response_status_code: Label[Status]
    error_type: Label[ErrorType]
    policy: Label[Policy]
    result: Label[LimitResult]
    limit_checked: bool
    remaining: int | None
    duration_s: float

    @property
    def failed(self) -> str:
        """The error type of a 5xx: a server span is not failed by what a client did wrong."""
        return self.error_type if self.http_response_status_code >= "500" else ""

    @classmethod
    def known(cls, metric: Metric, domains: Domains) -> Iterable[tuple[str, ...]] | None:
        """For the histogram, what the composed application says each route can answer."""
        if isinstance(metric, Count):
            checked = [r for r in LimitResult if r is not LimitResult.NONE]
            return [(p, str(r)) for p in domains["policy"] if p for r in checked]
        return [tuple(served.split(" ")) for served in domains["http_served"]]


class RequestServed(Answered):
    """A request was answered."""

    name, level = "request.served", Level.INFO


class RateLimitRejected(Answered):
    """The rate limiter refused a request; nothing else is told of it."""

    name, level = "rate_limiting.reject", Level.WARNING
    retry_after_s: int


class NearLimit(Event):
    """A client passed 80 % of a rate limit."""

    name, level, span = "rate_limiting.near_limit", Level.INFO, Span.OWN
    span_name = "rate_limiting.near_limit"
    metrics = (Count("rate_limiting_near_limit", "Requests past 80 % of a limit."),)
    attributes = {"policy": "rate_limiting.policy"}
    policy: Label[Policy]
    remaining: int


class RequestShed(Event):
    """A request was turned away before any work was done for it."""

    name, level, span = "request.shed", Level.WARNING, Span.OWN
    span_name = "http.server.shed"
    metrics = (Count("http_server_requests_shed", "Requests turned away unserved."),)
    reason: Label[ShedReason]
    retry_after_s: int


class RequestResent(Event):
    """A client sent a request that it had sent before."""

    name, level, span = "request.resent", Level.INFO, Span.OWN
    span_name = "http.server.resent"
    metrics = (Count("http_server_requests_resent", "Requests that were sent before."),)
    http_route: Label[Route]
    resend: Label[Resend]
