"""The agent as an HTTP service: one request books through every protection."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Literal

import orjson
from flask import Flask, Response, request
from pydantic import Field

from booking.agent.conversation import Conversation, Sent
from booking.agent.errors import AgentError, NotFree
from booking.agent.model import Api, Booked, Booking, Person, Wish
from booking.agent.sendings import Sendings
from booking.agent.sentences import Told, tell
from booking.web.bodies import read_json
from booking.web.failures import Failures, Logger
from booking.web.keys import given_key
from booking.web.problems import Kind, Problem
from booking.web.requests import BookingBody
from booking.web.responses import answer
from booking.web.validation import validated
from resilience.arrival import ARRIVAL, Arrival
from resilience.errors import OutcomeUnknown, ResilienceError
from resilience.events import Observe, unobserved

STATUSES = {
    ("GET", "/"): (200,),
    ("GET", "/health"): (200,),
    ("POST", "/book"): (201, 400, 404, 409, 413, 415, 422, 429, 500, 502, 503, 504),
}
"""What each route can answer of itself."""


def answers(edge_statuses: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Method, route and status of everything that can be answered, for the label sets."""
    for (method, route), statuses in STATUSES.items():
        for status in sorted({*map(str, statuses), *edge_statuses}):
            yield method, route, status


_OUTCOMES = "What became of a call to the booking API."


class BookBody(BookingBody):
    """A slot to book through the agent."""

    on_taken: Annotated[
        Literal["offer", "take"],
        Field(description='"offer" to be offered other slots, or "take" to take the next one'),
    ] = "offer"

    def wish(self) -> Wish:
        """The same for the conversation."""
        client = self.client
        return Wish(
            self.service_id,
            self.date.isoformat(),
            self.start_time.isoformat("minutes"),
            Person(name=client.name, email=client.email, phone=client.phone),
            self.on_taken == "take",
        )


def create_agent_app(
    api_for: Callable[[str], Api],
    *,
    observe: Observe = unobserved,
    trace_id: Callable[[], str] = str,
    logger: Logger,
) -> Flask:
    """The agent as a WSGI application; `api_for(address)` is the API for a user's address."""
    app = Flask("booking.agent", static_folder=None)
    failures = Failures(trace_id=trace_id, logger=logger, guide="/")
    failures.install(app)
    app.register_error_handler(AgentError, lambda error: failures.refuse(_problem(error)))
    app.register_error_handler(ResilienceError, lambda error: failures.refuse(_problem(error)))
    views = _Views(api_for, observe)
    app.get("/")(views.index)
    app.get("/health")(views.health)
    app.post("/book")(views.book)
    return app


class _Views:
    def __init__(self, api_for: Callable[[str], Api], observe: Observe) -> None:
        self._api_for = api_for
        self._observe = observe
        self._sendings = Sendings()

    def index(self) -> Response:
        """Where things are."""
        return answer(_INDEX)

    def health(self) -> Response:
        """The agent itself works; the API has a health of its own."""
        return answer(_HEALTH)

    def book(self) -> Response:
        """Book for whoever asks; a key of theirs makes it safe to ask again."""
        given = given_key(request)
        key = given or secrets.token_hex(16)
        wish = validated(BookBody, read_json(request)).wish()
        caller = _address()
        conversation = Conversation(self._api_for(caller), self._observe, self._sendings, caller)
        try:
            booked = conversation.book(wish, key, known_key=given is not None)
        except OutcomeUnknown as error:
            raise _unsettled(error, conversation.sent) from error
        return answer(_booked(booked), 201, headers={"Idempotency-Key": key})


def _address() -> str:
    """Whom the API should count: of an IPv6 network, its first address stands for all of it."""
    arrival: Arrival | None = request.environ.get(ARRIVAL)
    client = arrival.client if arrival else request.remote_addr or ""
    return client.partition("/")[0]


def _booked(booking: Booking) -> bytes:
    message = f"Booked {booking.service_name} on {booking.date} at {booking.start_time}."
    booked = Booked(appointment=booking, message=message)
    return orjson.dumps({"success": True, **booked.model_dump()})


def _problem(error: AgentError | ResilienceError) -> Problem:
    extra = {}
    if isinstance(error, NotFree):
        extra["alternatives"] = [slot.model_dump() for slot in error.alternatives]
    return _told(error, {}, extra)


def _unsettled(error: OutcomeUnknown, sent: Sent | None) -> Problem:
    """Says what to ask for again, and with which key: the caller may not have chosen either."""
    if sent is None:
        return _told(error, {}, {})
    repeat = {"date": sent.date, "start_time": sent.start_time}
    return _told(error, {"Idempotency-Key": sent.key}, {"repeat": repeat})


def _told(
    error: AgentError | ResilienceError, headers: dict[str, str], extra: Mapping[str, object]
) -> Problem:
    told = tell(error)
    if told.retry_after_s:
        headers["Retry-After"] = str(told.retry_after_s)
    return Problem(_kind(told), told.sentence.removesuffix("."), headers=headers, extra=extra)


def _kind(told: Told) -> Kind:
    return Kind(told.kind, told.status, told.kind.replace("-", " ").capitalize(), _OUTCOMES)


_INDEX = orjson.dumps({"success": True, "links": {"book": "POST /book", "health": "/health"}})
_HEALTH = orjson.dumps({"success": True, "status": "ok"})
