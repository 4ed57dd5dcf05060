"""Questions to the programs, and patience until they know the answer."""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode
from urllib.request import Request, urlopen

T = TypeVar("T")


def get(address: str, path: str, **query: object) -> Any:
    """The JSON of a GET."""
    return json.loads(get_text(address, path, **query))


def get_text(address: str, path: str, **query: object) -> str:
    """The text of a GET."""
    words = f"?{urlencode(query)}" if query else ""
    with urlopen(f"http://{address}{path}{words}", timeout=10) as answer:
        return str(answer.read().decode())


def post(address: str, path: str, document: object) -> None:
    """POST a document as JSON."""
    body, headers = json.dumps(document).encode(), {"Content-Type": "application/json"}
    urlopen(Request(f"http://{address}{path}", body, headers), timeout=10).close()


def eventually(ask: Callable[[], T], holds: Callable[[T], object], within_s: float = 30.0) -> T:
    """The first answer of which `holds` is true; an AssertionError shows the last."""
    ends = time.monotonic() + within_s
    while not holds(found := ask()):
        assert time.monotonic() < ends, f"not within {within_s} s: {found!r:.3000}"
        time.sleep(0.25)
    return found
