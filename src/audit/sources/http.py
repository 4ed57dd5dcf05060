"""Answers of other processes' HTTP interfaces."""

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from audit.errors import Unreadable

TIMEOUT_S = 30.0
MOST_BYTES = 1024 * 1024 * 1024
OPENMETRICS = "application/openmetrics-text; version=1.0.0, text/plain; q=0.5"


def is_url(place: str) -> bool:
    """Whether it is an http or https URL and not a file."""
    return urlsplit(place).scheme in ("http", "https")


def fetch(url: str, accept: str = "*/*") -> bytes:
    """The body of a 200, of at most 1 GiB. Raises Unreadable."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    target = parts.path or "/"
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        query = f"?{parts.query}" if parts.query else ""
        connection.request("GET", target + query, headers={"Accept": accept})
        answer = connection.getresponse()
        body = answer.read(MOST_BYTES + 1)
    except (OSError, HTTPException) as error:
        raise Unreadable(url, f"no answer ({error or type(error).__name__})") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise Unreadable(url, f"answered {answer.status}, expected 200")
    if len(body) > MOST_BYTES:
        raise Unreadable(url, f"more than {MOST_BYTES} bytes")
    return body
