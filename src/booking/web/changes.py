"""What changes appointments: booking, moving, cancelling."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Response, request

from booking.domain.confirmation import parse_confirmation
from booking.domain.errors import UnknownAppointment
from booking.events import AppointmentDecided
from booking.service.bookings import Bookings
from booking.service.idempotency import KeyUse
from booking.service.ports import Outcome, Reply
from booking.web.bodies import read_json
from booking.web.keys import given_key, key_use
from booking.web.problems import Problem
from booking.web.rendering import Rendering
from booking.web.requests import Accepted, BookingBody, CancelBody, MoveBody, change_model
from booking.web.responses import replied
from booking.web.validation import validated
from resilience.declare import Emit
from resilience.events import Observe

INVALID = AppointmentDecided(result=Outcome.INVALID)


class ChangeViews:
    """The views that write; each is one span of its use case and one `AppointmentDecided`."""

    def __init__(self, bookings: Bookings, rendering: Rendering, span: Observe, emit: Emit) -> None:
        self._bookings = bookings
        self._span = span
        self._emit = emit
        self._booked = rendering.decided(201, "Booked")
        self._moved = rendering.decided(200, "Moved")
        self._cancelled = rendering.decided(200, "Cancelled")

    def create(self) -> Response:
        """Book a slot."""
        with self._span("create_appointment"):
            with self._reading():
                key = given_key(request)
                body = validated(BookingBody, read_json(request))
            use = _use(key, "POST /appointments", body)
            reply = self._bookings.book(body.request(), self._booked, use)
        return replied(reply)

    def change(self, confirmation: str) -> Response:
        """Move an appointment or cancel it; without a readable body it is neither."""
        with self._reading():
            key, document = given_key(request), read_json(request)
        model = change_model(document)
        with self._span(_CHANGES[model]):
            with self._reading():
                body = validated(model, document)
            use = _use(key, f"PATCH /appointments/{_canonical(confirmation)}", body)
            reply = self._changed(confirmation, body, use)
        return replied(reply)

    def _changed(self, confirmation: str, body: MoveBody | CancelBody, use: KeyUse | None) -> Reply:
        if isinstance(body, MoveBody):
            return self._bookings.move(confirmation, body.start, self._moved, use)
        return self._bookings.cancel(confirmation, self._cancelled, use)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except Problem:
            self._emit(INVALID)
            raise


_CHANGES: Mapping[type[Accepted], str] = {
    MoveBody: "reschedule_appointment",
    CancelBody: "cancel_appointment",
}


def _use(key: str | None, endpoint: str, body: Accepted) -> KeyUse | None:
    return None if key is None else key_use(request, key, endpoint, body.model_dump(mode="json"))


def _canonical(confirmation: str) -> str:
    """One spelling for one number, so that its keys are the same however it was typed."""
    try:
        return parse_confirmation(confirmation)
    except UnknownAppointment:
        return ""
