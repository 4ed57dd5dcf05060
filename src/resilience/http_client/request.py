"""Requests that are prepared once and copied for each attempt."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict

from resilience.errors import CallNotSent
from resilience.http_client.verdict import Attempted, Nature

Check = Callable[[Response], object]
Params = Mapping[str, Any]

_DEFAULT_HEADERS = {
    "Accept": "application/json, application/problem+json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": "tallybook",
}
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t\x80-\xff]*")
_MOST_TEMPLATES = 512


class AttemptRequest(PreparedRequest):
    """A request as one attempt sends it, with what its span and its events say of it.

    `resend_count` is 0 for the first attempt. `attempted` is set once the attempt is over.
    """

    operation: str = "other"
    url_template: str = ""
    resend_count: int = 0
    address: str = ""
    limit_s: float = 15.0
    cut_by_deadline: bool = False
    nature: Nature = Nature(is_safe=True, has_key=False)
    check: Check | None = None
    attempted: Attempted | None = None


class Template:
    """One method and URL, prepared once."""

    def __init__(self, method: str, url: str) -> None:
        try:
            self._prepared = requests.Request(method, url, headers=_DEFAULT_HEADERS).prepare()
        except requests.RequestException as error:
            raise CallNotSent(f"this URL cannot be called: {error}") from error
        scheme = urlsplit(self._prepared.url or "").scheme
        if scheme not in ("http", "https"):
            raise CallNotSent(f"only http and https can be called, not {scheme!r}")
        self._headers = dict(self._prepared.headers)
        self.address = urlsplit(self._prepared.url or "").hostname or ""

    def copy(self, headers: Mapping[str, str], body: bytes | None) -> AttemptRequest:
        """A request of its own, with further headers."""
        # PreparedRequest's own constructor and copy cost more than the rest of the call.
        request = AttemptRequest.__new__(AttemptRequest)
        request.__dict__.update(self._prepared.__dict__)
        request.headers = CaseInsensitiveDict({**self._headers, **headers})
        request.body = body
        request.address = self.address
        return request


class Templates:
    """The templates of a session; the oldest are forgotten when they are too many."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._known: dict[tuple[str, str], Template] = {}

    def get(self, method: str, url: str, params: Params | None) -> Template:
        """The template for a URL, which may be relative to the base; raises `CallNotSent`."""
        if params:
            url = f"{url}{'&' if '?' in url else '?'}{urlencode(params, doseq=True)}"
        template = self._known.get((method, url))
        if template is None:
            full = self._base_url + url if url.startswith("/") else url
            template = self._known[method, url] = Template(method, full)
            while len(self._known) > _MOST_TEMPLATES:
                self._known.pop(next(iter(self._known)), None)
        return template


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse what could not be sent, or would begin another header, with a ValueError."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"the header {name!r} has characters that a header may not have")
