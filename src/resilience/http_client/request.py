"""Requests that are prepared once and copied for each attempt."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

import requests
from requests import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict

from resilience.errors import CallNotSent
from resilience.http_client.verdict import Attempted, Nature

Check = Callable[[Response], object]

_DEFAULT_HEADERS = {
    "Accept": "application/json, application/problem+json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": "tallybook",
}
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t\x80-\xff]*")


class AttemptRequest(PreparedRequest):
    """A request as one attempt sends it, with what its span and its events say of it.

    Until the attempt begins, `url` is the template: that is all an instrumentation sees, so that
    it can tell of neither path nor query, and has little to parse. `full_url` is what is sent,
    `span_name` and `span_attributes` are what the attempt's span says of it.
    `resend_count` is 0 for the first attempt. `attempted` is set once the attempt is over.
    """

    operation: str = "other"
    url_template: str = ""
    full_url: str = ""
    span_name: str = ""
    span_attributes: Mapping[str, str | int] = MappingProxyType({})
    resend_count: int = 0
    address: str = ""
    limit_s: float = 15.0
    cut_by_deadline: bool = False
    nature: Nature = Nature(is_safe=True, has_key=False)
    check: Check | None = None
    attempted: Attempted | None = None


class _Headers(CaseInsensitiveDict[str]):
    """Headers that are copied as they are; the original lowers each name again."""

    def joined(self, more: Mapping[str, str]) -> "_Headers":
        """These with `more`, in a copy of their own."""
        made = _Headers.__new__(_Headers)
        added = {name.lower(): (name, value) for name, value in more.items()}
        made.__dict__["_store"] = {**self.__dict__["_store"], **added}
        return made


class Template:
    """One method and URL, prepared once."""

    def __init__(self, method: str, url: str, url_template: str = "") -> None:
        try:
            self._prepared = requests.Request(method, url, headers=_DEFAULT_HEADERS).prepare()
        except requests.RequestException as error:
            raise CallNotSent(f"this URL cannot be called: {error}") from error
        full_url = self._prepared.url or ""
        parts = urlsplit(full_url)
        if parts.scheme not in ("http", "https"):
            raise CallNotSent(f"only http and https can be called, not {parts.scheme!r}")
        self._headers = _Headers(self._prepared.headers)
        self._fields = {
            **self._prepared.__dict__,
            "url": url_template or parts.path,
            "full_url": full_url,
            "url_template": url_template,
            "address": parts.hostname or "",
            "span_name": f"{method} {url_template}" if url_template else method,
            "span_attributes": _span_attributes(method, parts, url_template),
        }

    def copy(
        self, headers: Mapping[str, str], body: bytes | None = None, query: str = ""
    ) -> AttemptRequest:
        """A request of its own, with further headers, and a query that is encoded already."""
        # PreparedRequest's own constructor and copy cost more than the rest of the call.
        request = AttemptRequest.__new__(AttemptRequest)
        request.__dict__.update(self._fields)
        request.headers = self._headers.joined(headers)
        request.body = body
        if query:
            request.full_url += ("&" if "?" in request.full_url else "?") + query
        return request


def _span_attributes(method: str, parts: SplitResult, url_template: str) -> Mapping[str, str | int]:
    """What an attempt's span says of where it goes: no password, no query, no path but a template.

    A URL without a template is told by its path.
    """
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    found: dict[str, str | int] = {
        "http.request.method": method,
        "url.full": origin + (url_template or parts.path),
        "server.address": parts.hostname or "",
    }
    if parts.port:
        found["server.port"] = parts.port
    if url_template:
        found["url.template"] = url_template
    return found


@lru_cache(maxsize=512)
def template_of(method: str, url: str, url_template: str = "") -> Template:
    """The template for a URL, the same one while it is among the 512 used last.

    Raises `CallNotSent` for what could never be sent.
    """
    return Template(method, url, url_template)


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse what could not be sent, or would begin another header, with a ValueError."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"the header {name!r} has characters that a header may not have")
