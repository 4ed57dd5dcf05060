"""The closed sets of label values of this application, and the routes among them."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException

from booking.adapters.gateway import OPERATIONS
from resilience.clock import SystemClock
from resilience.declare import Domains
from resilience.edge import Limits
from resilience.vocabulary import error_type_of

Answers = Iterable[tuple[str, str, str]]
"""Method, route and status of what can be answered."""

NOTHING: Domains = {
    "target": (),
    "operation": (),
    "server_address": (),
    "http_route": (),
    "http_status": (),
    "http_served": (),
    "policy": ("",),
}
"""The sets of a process that neither calls nor serves."""

_STATUSES = ("", *map(str, (*range(200, 207), 303, *range(400, 432), *range(500, 506))), "other")


def of_calls(target: str, url: str) -> Domains:
    """The label sets of a process that calls `target` at `url`."""
    return {
        "target": (target,),
        "operation": tuple(sorted(OPERATIONS)),
        "server_address": (urlsplit(url).hostname or "", "other"),
        "http_status": _STATUSES,
    }


def of_answers(answers: Answers, limits: str) -> Domains:
    """The label sets of a process that serves: its routes, what they answer, its limits."""
    listed = list(answers)
    return {
        "http_route": (*sorted({route for _, route, _ in listed}), "other"),
        "http_status": _STATUSES,
        "http_served": tuple(
            f"{method} {route} {status} {error_type_of(int(status))}"
            for method, route, status in listed
        ),
        "policy": ("", *_policies(limits)),
    }


def _policies(limits: str) -> tuple[str, ...]:
    now = SystemClock().monotonic
    return Limits(limits, now=now, epoch=now).policies


def routes(app: Flask) -> Callable[[str, str], str]:
    """Which route a method and a path lead to; "other" for none."""
    adapter = app.url_map.bind("")

    @lru_cache(maxsize=1024)
    def route_of(method: str, path: str) -> str:
        try:
            rule, _ = adapter.match(path, method, return_rule=True)
        except HTTPException:
            return "other"
        return str(rule.rule)

    return route_of
