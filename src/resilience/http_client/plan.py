"""From the arguments of a call to what is sent: checked, named, keyed."""

import json as jsons
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from resilience import context
from resilience.http_client.request import Check, Template, check_headers, template_of
from resilience.http_client.verdict import Nature
from resilience.options import ClientOptions, require

Params = Mapping[str, Any]
METHODS = ("GET", "POST", "PATCH")
"""The methods that a protected session knows."""

_EXPECTED = " or ".join(METHODS)

OTHER = "other"
"""The operation of a call that names none of those in the options."""


class Plan(NamedTuple):
    """What is to be sent, under which name, and how long it may take."""

    template: Template
    query: str
    headers: dict[str, str]
    body: bytes | None
    nature: Nature
    operation: str
    deadline_s: float
    check: Check | None


class Planner:
    """Makes the plans of a session."""

    def __init__(self, options: ClientOptions) -> None:
        self._options = options
        self._base_url = options.base_url.rstrip("/")

    def plan(
        self,
        method: str,
        url: str,
        *,
        operation: str,
        url_template: str,
        params: Params | None,
        json: Any,
        headers: Mapping[str, str] | None,
        deadline_s: float | None,
        idempotency_key: str | None,
        request_id: str | None,
        check: Check | None,
    ) -> Plan:
        """A plan; a ValueError or `CallNotSent` says what cannot be sent."""
        require(method in METHODS, "method", method, _EXPECTED)
        body = None if json is None else jsons.dumps(json, allow_nan=False).encode()
        key = _key_of(method, idempotency_key)
        return Plan(
            template=template_of(method, self._full(url), url_template),
            # Beside the template: with every day that is asked for, another would be prepared.
            query=urlencode(params, doseq=True) if params else "",
            headers=_headers_of(headers, body, key, _request_id_of(request_id)),
            body=body,
            nature=Nature(is_safe=method == "GET", has_key=bool(key)),
            operation=operation if operation in self._options.operations else OTHER,
            deadline_s=self._deadline_of(deadline_s),
            check=check,
        )

    def _full(self, url: str) -> str:
        return self._base_url + url if url.startswith("/") else url

    def _deadline_of(self, deadline_s: float | None) -> float:
        most_s = self._options.timeout.operation_s
        if deadline_s is None:
            return most_s
        require(deadline_s > 0, "deadline_s", deadline_s, "more than 0")
        return min(deadline_s, most_s)


def _key_of(method: str, given: str | None) -> str:
    if method == "GET":
        return ""
    return uuid.uuid4().hex if given is None else given


def _request_id_of(given: str | None) -> str:
    if given is not None:
        return context.accept_request_id(given)
    return context.request_id.get() or context.generate_request_id()


def _headers_of(
    given: Mapping[str, str] | None, body: bytes | None, key: str, request_id: str
) -> dict[str, str]:
    headers = dict(given or ())
    if body is not None:
        headers["Content-Type"] = "application/json"
        headers["Content-Length"] = str(len(body))
    if key:
        headers["Idempotency-Key"] = key
    if given or key:
        check_headers(headers)
    headers["X-Request-ID"] = request_id
    return headers
