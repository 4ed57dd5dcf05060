"""Labels and counts of the spans that surround work, from their attributes."""

from collections.abc import Mapping
from typing import Any

Attributes = Mapping[str, Any]
_MOST_RESENDS = 3
"""What the label `resend` tells apart."""


def attempt(attributes: Attributes) -> tuple[tuple[str, ...], int]:
    """Target, operation, error type and resend of a CLIENT span; its resend count."""
    resends = attributes.get("http.request.resend_count", 0)
    labels = (
        attributes.get("resilience.target", ""),
        attributes["resilience.operation"],
        str(attributes.get("resilience.error_type", "")),
        str(min(resends, _MOST_RESENDS)),
    )
    return labels, resends


def operation(attributes: Attributes) -> tuple[tuple[str, ...], int]:
    """Target, operation, outcome, retried and stop reason of a protected call; its attempts."""
    labels = (
        attributes.get("target", ""),
        attributes.get("operation", ""),
        attributes.get("resilience.outcome", ""),
        str(attributes.get("resilience.retried", "")).lower(),
        attributes["resilience.stop_reason"],
    )
    return labels, attributes.get("resilience.attempts", 0)


def request_served(attributes: Attributes) -> tuple[tuple[str, ...], int]:
    """Method, route, status and the limiter's decision of a SERVER span; its status."""
    status = attributes.get("http.response.status_code", 0)
    labels = (
        attributes.get("http.request.method", ""),
        attributes.get("http.route", "other"),
        str(status),
        attributes.get("rate_limiting.result", ""),
    )
    return labels, status
