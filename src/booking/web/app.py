"""The Flask application over the use cases."""

from collections.abc import Callable
from typing import Any

import orjson
from flask import Flask, Request
from flask.json.provider import JSONProvider
from werkzeug.routing import MapAdapter

from booking.adapters.tracing import calm
from booking.service.bookings import Bookings
from booking.service.ports import UtcClock
from booking.web.changes import ChangeViews
from booking.web.examples import Examples
from booking.web.failures import Failures, Logger
from booking.web.lookups import Lookups
from booking.web.pages import Pages
from booking.web.problems import Problem
from booking.web.rendering import Rendering
from resilience.declare import Emit, ignore
from resilience.events import Observe, unobserved
from resilience.telemetry.logs import get_logger

MAX_BODY_BYTES = 65_536
_NO_PATH = "/\0"


class OrjsonProvider(JSONProvider):
    """Flask's JSON, by orjson."""

    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        """One document as text."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """One document from text."""
        return orjson.loads(s)


class DirectFlask(Flask):
    """Goes straight to the view: by the path alone, as it is, whatever the Host header says.

    Flask's own way costs a tenth of a small request, and takes `//services` for `/services`.
    """

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the route of a request; no URLs are built outside of one."""
        if request is None:
            return None
        raw: str = request.environ["PATH_INFO"]
        path = _NO_PATH if raw.startswith("//") else raw.encode("latin-1").decode(errors="replace")
        return MapAdapter(self.url_map, "", "/", "", "http", path or "/", request.method)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: no view or hook here is async, so that none need be looked at."""
        return func


def create_app(
    bookings: Bookings,
    *,
    clock: UtcClock,
    emit: Emit = ignore,
    observe: Observe = unobserved,
    trace_id: Callable[[], str] = str,
    logger: Logger | None = None,
    base_url: str = "http://127.0.0.1:5000",
    version: str = "0.1.0",
    max_body_bytes: int = MAX_BODY_BYTES,
) -> Flask:
    """The API as a WSGI application; composition only, safe to call more than once.

    `emit` and `observe` receive the signals, `trace_id()` names the current trace in error
    answers, `logger` hears of unforeseen errors. `base_url` and `version` stand in the
    documentation; a body may have `max_body_bytes` (64 KiB). No view or hook may be async.
    """
    app = DirectFlask("booking.web", static_folder=None)
    app.json = OrjsonProvider(app)
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes
    app.url_map.merge_slashes = False
    rendering = Rendering(bookings.business)
    Failures(
        rendering, trace_id=trace_id, logger=get_logger("booking.web") if logger is None else logger
    ).install(app)
    span = calm(observe, Problem)
    _route_lookups(app, Lookups(bookings, rendering, span))
    _route_changes(app, ChangeViews(bookings, rendering, span, emit))
    examples = Examples(bookings.business, clock.utc_now())
    _route_pages(app, Pages(examples, base_url=base_url, version=version))
    return app


def _route_lookups(app: Flask, views: Lookups) -> None:
    app.get("/")(views.index)
    app.get("/services")(views.services)
    app.get("/availability")(views.availability)
    app.get("/appointments/<confirmation>")(views.appointment)
    app.get("/health")(views.health)


def _route_changes(app: Flask, views: ChangeViews) -> None:
    app.post("/appointments")(views.create)
    app.patch("/appointments/<confirmation>")(views.change)


def _route_pages(app: Flask, views: Pages) -> None:
    app.get("/openapi.json")(views.openapi)
    app.get("/docs")(views.docs)
    app.get("/problems/<slug>")(views.problem)
