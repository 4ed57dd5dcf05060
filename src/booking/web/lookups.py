"""What can be looked up without changing anything."""

import orjson
from flask import Request, Response, request

from booking.service.bookings import Bookings
from booking.web.problems import FieldError
from booking.web.rendering import Rendering
from booking.web.requests import AvailabilityQuery
from booking.web.responses import answer, see_other
from booking.web.validation import invalid, validated
from resilience.events import Observe

_LINKS = {
    "services": "/services",
    "availability": "/availability{?service_id,date_from,days}",
    "appointments": "/appointments",
    "appointment": "/appointments/{confirmation}",
    "health": "/health",
    "openapi": "/openapi.json",
    "documentation": "/docs",
}


class Lookups:
    """The views that read; each is one span of its use case."""

    def __init__(self, bookings: Bookings, rendering: Rendering, span: Observe) -> None:
        self._bookings = bookings
        self._rendering = rendering
        self._span = span

    def index(self) -> Response:
        """Where things are: the documentation for people, links for programs."""
        best = request.accept_mimetypes.best_match(["application/json", "text/html"])
        if best == "text/html":
            return see_other("/docs")
        return answer(orjson.dumps({"success": True, "links": _LINKS}))

    def services(self) -> Response:
        """The services on offer."""
        with self._span("list_services"):
            services = self._bookings.list_services()
        return answer(orjson.dumps({"success": True, "services": services, "total": len(services)}))

    def availability(self) -> Response:
        """The free slots of a service."""
        with self._span("get_availability"):
            query = validated(AvailabilityQuery, single_arguments(request))
            found = self._bookings.availability(query.service_id, query.date_from, query.days)
        return answer(self._rendering.availability(found))

    def appointment(self, confirmation: str) -> Response:
        """One appointment."""
        with self._span("get_appointment"):
            found = self._bookings.find(confirmation)
        return answer(self._rendering.found(found))

    def health(self) -> Response:
        """Whether the service reaches its database."""
        self._bookings.list_services()
        return answer(orjson.dumps({"success": True, "status": "ok", "database": "ok"}))


def single_arguments(given: Request) -> dict[str, str]:
    """The query's parameters; raises Problem when one is given twice."""
    arguments = {name: values[0] for name, values in given.args.lists() if len(values) == 1}
    if len(arguments) < len(given.args):
        raise invalid(FieldError("query", "has a parameter twice; expected each at most once"))
    return arguments
