"""The booking API seen from outside, through the protected session."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import requests
from pydantic import ValidationError

from booking.agent.errors import NotFree, Refused
from booking.agent.model import (
    Answer,
    Availability,
    Booked,
    Booking,
    Offer,
    Problem,
    Services,
    Wish,
)
from resilience.errors import ProtocolError
from resilience.http_client import ProtectedSession, read_json

OPERATIONS = frozenset(
    {
        "list_services",
        "get_availability",
        "create_appointment",
        "get_appointment",
        "reschedule_appointment",
        "cancel_appointment",
    }
)
_ONE = "/appointments/{confirmation}"
A = TypeVar("A", bound=Answer)


class Gateway:
    """An `agent.model.Api`; `user` is the address of the person it acts for.

    With `key`, the API counts that address against its limits and joins the agent's trace.
    """

    def __init__(self, session: ProtectedSession, *, key: str = "", user: str = "") -> None:
        self._session = session
        self._headers: dict[str, str] = {"X-Trusted-Key": key} if key else {}
        if key and user:
            self._headers["X-Forwarded-For"] = user

    def services(self) -> Sequence[Offer]:
        """What can be booked."""
        response = self._session.get(
            "/services",
            operation="list_services",
            url_template="/services",
            headers=self._headers,
            check=_is(Services),
        )
        return _read(response, Services).services

    def availability(self, service_id: str, date_from: str | None) -> Availability:
        """The free starts from a date on (today)."""
        wanted = {"service_id": service_id} | ({"date_from": date_from} if date_from else {})
        response = self._session.get(
            "/availability",
            operation="get_availability",
            url_template="/availability",
            params=wanted,
            headers=self._headers,
            check=_is(Availability),
        )
        return _read(response, Availability)

    def book(self, wish: Wish, start: tuple[str, str], key: str) -> Booking:
        """Book a start; raises NotFree when it is taken or not offered."""
        response = self._session.post(
            "/appointments",
            operation="create_appointment",
            url_template="/appointments",
            json={
                "service_id": wish.service_id,
                "date": start[0],
                "start_time": start[1],
                "client": wish.client.model_dump(),
            },
            idempotency_key=key,
            headers=self._headers,
            check=_is(Booked),
        )
        return _read(response, Booked).appointment

    def show(self, confirmation: str) -> Booking:
        """One appointment."""
        response = self._session.get(
            f"/appointments/{_segment(confirmation)}",
            operation="get_appointment",
            url_template=_ONE,
            headers=self._headers,
            check=_is(Booked),
        )
        return _read(response, Booked).appointment

    def move(self, confirmation: str, start: tuple[str, str], key: str) -> Booking:
        """Give an appointment another start; raises NotFree as `book` does."""
        body = {"date": start[0], "start_time": start[1]}
        return self._patch("reschedule_appointment", confirmation, body, key)

    def cancel(self, confirmation: str, key: str) -> Booking:
        """Cancel an appointment."""
        return self._patch("cancel_appointment", confirmation, {"status": "cancelled"}, key)

    def _patch(
        self, operation: str, confirmation: str, body: Mapping[str, str], key: str
    ) -> Booking:
        response = self._session.patch(
            f"/appointments/{_segment(confirmation)}",
            operation=operation,
            url_template=_ONE,
            json=dict(body),
            idempotency_key=key,
            headers=self._headers,
            check=_is(Booked),
        )
        return _read(response, Booked).appointment


def _segment(confirmation: str) -> str:
    """Only what a confirmation number can be may stand in a path."""
    plain = confirmation.strip().upper()
    if not plain.replace("-", "").isalnum() or not plain.isascii() or len(plain) > 64:
        raise Refused(404, "There is no such appointment: check the confirmation number.")
    return plain


def _is(form: type[Answer]) -> Callable[[requests.Response], object]:
    """A check inside the attempt: an answer of another form is sent for again."""
    return lambda response: _parsed(read_json(response), form)


def _read(response: requests.Response, form: type[A]) -> A:
    """The answer in its form; raises NotFree, Refused, or ProtocolError for a wrong form."""
    content = read_json(response)
    if response.status_code >= 400:
        _refuse(response.status_code, content)
    return _parsed(content, form)


def _refuse(status: int, content: Any) -> None:
    problem = _parsed(content, Problem)
    sentence = problem.error or problem.detail or f"The booking service answered {status}."
    if problem.alternatives or problem.type.endswith(("/slot-taken", "/not-offered")):
        raise NotFree(sentence, problem.alternatives)
    raise Refused(status, sentence)


def _parsed(content: Any, form: type[A]) -> A:
    try:
        return form.model_validate(content)
    except ValidationError as error:
        places = {".".join(map(str, found["loc"])) for found in error.errors(include_input=False)}
        raise ProtocolError(
            f"the answer is not a {form.__name__}: wrong at {', '.join(sorted(places)[:5])}"
        ) from None
