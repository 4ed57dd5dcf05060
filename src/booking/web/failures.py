"""Turns every error into an answer, so that none reaches the server or the tracing."""

from collections.abc import Callable
from typing import Any, Protocol

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from booking.domain.errors import (
    AppointmentCancelled,
    BookingError,
    KeyInFlight,
    KeyReused,
    NotOffered,
    SlotTaken,
    StoreUnavailable,
    UnknownAppointment,
    UnknownService,
    UnstorableText,
)
from booking.web import problems as kinds
from booking.web.problems import FieldError, Kind, Problem
from booking.web.rendering import Rendering
from booking.web.responses import refused
from booking.web.validation import invalid


class Logger(Protocol):
    """The part of a structlog logger that is used here."""

    def error(self, event: str, **fields: Any) -> Any:
        """Write one line."""


_SENTENCES: dict[type[BookingError], tuple[Kind, str]] = {
    UnknownAppointment: (
        kinds.UNKNOWN_APPOINTMENT,
        "no appointment has this confirmation number; expected one as the booking gave it",
    ),
    AppointmentCancelled: (kinds.APPOINTMENT_CANCELLED, ""),
    NotOffered: (kinds.NOT_OFFERED, ""),
    KeyReused: (kinds.KEY_REUSED, ""),
    KeyInFlight: (kinds.KEY_IN_FLIGHT, ""),
    UnknownService: (kinds.UNKNOWN_SERVICE, ""),
}
"""Errors that need no more than a sentence; their own when it is empty."""


class Failures:
    """Writes the answer of each error; `trace_id()` is of the current span.

    `guide`: the path that tells callers what is served.
    """

    def __init__(
        self,
        rendering: Rendering | None = None,
        *,
        trace_id: Callable[[], str],
        logger: Logger,
        guide: str = "/docs",
    ) -> None:
        self._rendering = rendering
        self._trace_id = trace_id
        self._logger = logger
        self._guide = guide

    def install(self, app: Flask) -> None:
        """Become the application's handler of every error."""
        app.register_error_handler(Problem, self.refuse)
        app.register_error_handler(BookingError, self._booking)
        app.register_error_handler(HTTPException, self._http)
        app.register_error_handler(Exception, self._unforeseen)

    def refuse(self, problem: Problem) -> Response:
        """The answer of a problem."""
        return refused(problem, self._trace_id())

    def _booking(self, error: BookingError) -> Response:
        return self.refuse(self._problem_of(error))

    def _problem_of(self, error: BookingError) -> Problem:
        match error:
            case SlotTaken():
                return self._taken(error)
            case StoreUnavailable():
                return _store_unavailable(error)
            case UnstorableText():
                return _unstorable(error)
        kind, sentence = _SENTENCES[type(error)]
        return Problem(kind, sentence or str(error))

    def _taken(self, error: SlotTaken) -> Problem:
        alternatives = (
            [self._rendering.slot(slot) for slot in error.alternatives] if self._rendering else []
        )
        sentence = (
            "this slot is already taken; expected a free one, such as those in alternatives"
            if alternatives
            else "this slot is already taken; expected a free one from GET /availability"
        )
        return Problem(kinds.SLOT_TAKEN, sentence, extra={"alternatives": alternatives})

    def _http(self, error: HTTPException) -> Response:
        # A request holds the failure of its routing, whose frames would hold the request.
        error.__traceback__ = error.__context__ = None
        match error:
            case MethodNotAllowed():
                return self.refuse(_not_allowed(error))
            case NotFound():
                problem = Problem(
                    kinds.NOT_FOUND, f"nothing is served under this path; see GET {self._guide}"
                )
            case RequestEntityTooLarge():
                problem = Problem(kinds.BODY_TOO_LARGE, "the body is larger than allowed")
            case _:
                problem = Problem(
                    kinds.BAD_REQUEST,
                    f"the request is not one that HTTP allows; see GET {self._guide}",
                )
        return self.refuse(problem)

    def _unforeseen(self, error: Exception) -> Response:
        self._logger.error("http.unhandled_error", exc_info=error)
        return self.refuse(
            Problem(kinds.INTERNAL_ERROR, "the service failed; that is its fault, not yours")
        )


def _store_unavailable(error: StoreUnavailable) -> Problem:
    seconds = max(1, error.retry_after_s)
    return Problem(
        kinds.STORE_UNAVAILABLE,
        f"the database cannot answer now; try again in {seconds} s, with the same key if any",
        headers={"Retry-After": str(seconds)},
    )


def _unstorable(error: UnstorableText) -> Problem:
    return invalid(FieldError(f"client.{error.field}", f"is not valid; expected {error.expected}"))


def _not_allowed(error: MethodNotAllowed) -> Problem:
    methods = ", ".join(sorted(error.valid_methods or ()))
    return Problem(
        kinds.METHOD_NOT_ALLOWED,
        f"this path has no such method; expected one of {methods}",
        headers={"Allow": methods},
    )
