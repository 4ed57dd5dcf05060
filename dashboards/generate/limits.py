"""Rate limiting: who is turned away with 429, by which limit, and what becomes of it."""

from dashboards.generate import objectives as promised
from dashboards.generate.board import Panels, board
from dashboards.generate.panels import bars, lines, stat, timeline
from dashboards.generate.promql import increase, quantile, rate, ratio, total
from dashboards.generate.sources import Query
from grafana_foundation_sdk.models.dashboard import Dashboard

CHECKED = "rate_limiting_requests_total"
NEAR = "rate_limiting_near_limit_total"
STORAGE = "rate_limiting_storage_state"
SERVED = "http_server_request_duration_seconds_count"
RECEIVED = "resilience_rate_limited_total"
STATUS_429 = 'http_response_status_code="429"'
LIMITED = 'policy!=""'
REJECTED = 'result="rejected"'


def limits() -> Dashboard:
    """The dashboard."""
    rows = {
        "At a glance": _glance(),
        "Decisions": _decisions(),
        "429s served and received": _answers(),
        "Storage": _storage(),
    }
    says = "Who is turned away with 429, by which limit, and what their callers make of it."
    return board("limits", "Rate limiting", says, rows)


def _glance() -> Panels:
    share = ratio(increase(CHECKED, REJECTED), increase(CHECKED))
    near = ratio(increase(NEAR, LIMITED), increase(CHECKED))
    unlimited = increase(CHECKED, 'result="storage_error_allowed"')
    return [
        stat(
            "Rejected",
            "Share of the checked requests in the time shown that were over a limit. From 20 %"
            " over 5 minutes on an alert fires.",
            "percentunit",
            Query(share, "{{job}}"),
            above=[(0.01, "yellow"), (promised.REJECTED, "red")],
            width=6,
        ),
        stat(
            "Near a limit",
            "Share of the checked requests in the time shown with which a client passed 80 % of a"
            " limit: who is about to be rejected.",
            "percentunit",
            Query(near, "{{job}}"),
            above=[(0.05, "yellow")],
            width=6,
        ),
        stat(
            "Checked",
            "Requests in the time shown that the limiter was asked about.",
            "short",
            Query(increase(CHECKED), "{{job}}"),
            base="blue",
            width=6,
            decimals=0,
        ),
        stat(
            "Let through unchecked",
            "Requests in the time shown that were let through because the limiter's storage could"
            " not be asked.",
            "short",
            Query(unlimited, "{{job}}"),
            above=[(0.5, "red")],
            width=6,
            decimals=0,
        ),
    ]


def _decisions() -> Panels:
    by = "job, policy, result"
    return [
        lines(
            "Decisions by limit",
            "Requests a second that each limit let through or rejected.",
            "reqps",
            Query(rate(CHECKED, by=by) + " > 0", "{{job}} {{policy}} {{result}}"),
            colours={"rejected": "red", "storage_error_allowed": "dark-red"},
        ),
        lines(
            "Share rejected by each limit",
            "Of the requests that a limit decided on, those over it. The line is where an alert"
            " begins.",
            "percentunit",
            Query(
                ratio(rate(CHECKED, REJECTED, by="job, policy"), rate(CHECKED, by="job, policy")),
                "{{job}} {{policy}}",
            ),
            limits=[(promised.REJECTED, "red")],
            top=1,
        ),
        lines(
            "Near the limit",
            "Requests a second with which a client passed 80 % of a limit, by limit.",
            "reqps",
            Query(rate(NEAR, LIMITED, by="job, policy"), "{{job}} {{policy}}"),
        ),
        bars(
            "Rejected routes",
            "429s in the time shown, by the route that was asked for.",
            "short",
            Query(
                increase(SERVED, STATUS_429, by="job, http_route") + " > 0",
                "{{job}} {{http_route}}",
            ),
        ),
    ]


def _answers() -> Panels:
    waits = quantile(0.95, "resilience_retry_delay_seconds", 'source="retry_after"')
    return [
        lines(
            "429s served and received",
            "What the API and the agent answered with 429, and what the agent's client got."
            " More served than received: other clients, or answers lost on the way. More received"
            " than served: something between them answers with 429.",
            "reqps",
            Query(rate(SERVED, STATUS_429), "served by {{job}}"),
            Query(rate(RECEIVED), "received by {{job}}"),
        ),
        lines(
            "429s received, by operation",
            "Answers a second with 429 to our own client, by what it wanted.",
            "reqps",
            Query(rate(RECEIVED, by="operation"), "{{operation}}"),
            stacked=True,
            width=6,
        ),
        lines(
            "Wait asked for, p95",
            "How long clients waited because Retry-After said so: 95 % waited at most this.",
            "s",
            Query(waits, "{{job}}"),
            width=6,
        ),
        lines(
            "Given up because of a 429",
            "Retries a second not made because Retry-After asked for longer than the caller has.",
            "reqps",
            Query(
                rate(
                    "resilience_retries_suppressed_total",
                    'stop_reason="retry_after_too_long"',
                    by="job, operation",
                ),
                "{{operation}}",
            ),
        ),
        lines(
            "Retries after a 429",
            "Attempts a second that followed a 429.",
            "reqps",
            Query(
                rate("resilience_retries_total", 'reason="429"', by="job, operation"),
                "{{operation}}",
            ),
        ),
    ]


def _storage() -> Panels:
    fallback = total(STORAGE, 'state="fallback"')
    unchecked = rate(CHECKED, 'result="storage_error_allowed"')
    return [
        timeline(
            "Storage in use",
            "Where the limits are counted: in the shared storage, or, while that fails, in each"
            " process alone, so that clients are allowed more.",
            (("primary", "green"), ("fallback", "red")),
            Query(fallback, "{{job}}"),
            width=12,
            height=6,
        ),
        lines(
            "Let through unchecked",
            "Requests a second that no limit was applied to, since the storage could not be asked.",
            "reqps",
            Query(unchecked, "{{job}}"),
            height=6,
        ),
    ]
