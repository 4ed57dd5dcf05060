"""When a served request counts as failed, and which of its series are known."""

import pytest

from resilience.server_events import RequestServed
from resilience.vocabulary import ErrorType, LimitResult, Method


def served(status: str, error_type: ErrorType) -> RequestServed:
    """A request that was answered like this."""
    return RequestServed(
        http_request_method=Method.GET,
        http_route="/services",
        http_response_status_code=status,
        error_type=error_type,
        policy="",
        result=LimitResult.NONE,
        limit_checked=False,
        remaining=None,
        duration_s=0.1,
    )


@pytest.mark.parametrize(
    ("status", "error_type", "failed"),
    [
        ("200", "", ""),
        ("404", "404", ""),
        ("429", "429", ""),
        ("500", "500", "500"),
        ("503", "timeout_total", "timeout_total"),
    ],
)
def test_a_request_fails_only_by_the_servers_fault(
    status: str, error_type: str, failed: str
) -> None:
    """What the client did wrong leaves the server's span unset."""
    assert served(status, ErrorType(error_type)).failed == failed


def test_the_known_series_are_what_the_application_can_answer() -> None:
    """The histogram follows the composition; the limiter's counter the policies there are."""
    histogram, count = RequestServed.metrics
    domains = {
        "http_served": ("GET /services 200 ", "GET other 404 404"),
        "policy": ("10_per_minute", ""),
    }
    known = [RequestServed.known(metric, domains) for metric in (histogram, count)]
    assert [[*series] for series in known if series is not None] == [
        [("GET", "/services", "200", ""), ("GET", "other", "404", "404")],
        [
            ("10_per_minute", "acquired"),
            ("10_per_minute", "rejected"),
            ("10_per_minute", "storage_error_allowed"),
        ],
    ]
