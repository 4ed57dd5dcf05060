"""Protected HTTP calls: deadline, then retry, then breaker, then attempt, then `requests`."""

from resilience.http_client.body import read_json
from resilience.http_client.default import api_call_with_protection, create_http_session
from resilience.http_client.request import AttemptRequest
from resilience.http_client.session import ProtectedSession

__all__ = [
    "AttemptRequest",
    "ProtectedSession",
    "api_call_with_protection",
    "create_http_session",
    "read_json",
]
