"""Every operation of the API: its path, what it takes and what it answers."""

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel

from booking.web import answers, problems, requests
from booking.web.problems import Kind

KEYED = (
    problems.MALFORMED_JSON,
    problems.INVALID_KEY,
    problems.KEY_IN_FLIGHT,
    problems.BODY_TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
    problems.INVALID_FIELDS,
    problems.NOT_OFFERED,
    problems.KEY_REUSED,
    problems.SLOT_TAKEN,
)
ANYWHERE = (problems.BAD_REQUEST, problems.RATE_LIMITED, problems.INTERNAL_ERROR)


class Operation(NamedTuple):
    """One method of one path.

    `path` is as OpenAPI writes it; `query` and `bodies` are models of what it takes, `problems`
    the errors of its own, besides those of every operation.
    """

    name: str
    method: str
    path: str
    summary: str
    about: str
    answer: type[BaseModel]
    status: int = 200
    query: type[BaseModel] | None = None
    bodies: Sequence[type[BaseModel]] = ()
    problems: Sequence[Kind] = ()

    @property
    def rule(self) -> str:
        """The path as Flask writes it, which is the route in every signal."""
        return self.path.replace("{", "<").replace("}", ">")

    @property
    def takes_key(self) -> bool:
        """Whether an Idempotency-Key is heeded."""
        return bool(self.bodies)


OPERATIONS = (
    Operation(
        "list_services",
        "GET",
        "/services",
        "List the services",
        "What can be booked, and how long it takes.",
        answers.ServicesAnswer,
        problems=(problems.STORE_UNAVAILABLE,),
    ),
    Operation(
        "get_availability",
        "GET",
        "/availability",
        "List the free slots of a service",
        "From `date_from` (today) on, for `days` (31) days and never past the last day that can "
        "be booked.",
        answers.AvailabilityAnswer,
        query=requests.AvailabilityQuery,
        problems=(
            problems.UNKNOWN_SERVICE,
            problems.INVALID_FIELDS,
            problems.STORE_UNAVAILABLE,
        ),
    ),
    Operation(
        "create_appointment",
        "POST",
        "/appointments",
        "Book a slot",
        "Send an `Idempotency-Key` and the request can be repeated safely: it books once, and "
        "each repetition gets the same bytes with `Idempotency-Replayed: true`.",
        answers.DecidedAnswer,
        status=201,
        bodies=(requests.BookingBody,),
        problems=(*KEYED, problems.UNKNOWN_SERVICE, problems.STORE_UNAVAILABLE),
    ),
    Operation(
        "get_appointment",
        "GET",
        "/appointments/{confirmation}",
        "Show an appointment",
        "The confirmation number is the only thing needed, so keep it secret. Capitals do not "
        "matter; O is read as 0, I and L as 1.",
        answers.AppointmentAnswer,
        problems=(problems.UNKNOWN_APPOINTMENT, problems.STORE_UNAVAILABLE),
    ),
    Operation(
        "change_appointment",
        "PATCH",
        "/appointments/{confirmation}",
        "Move or cancel an appointment",
        "A `date` and a `start_time` move it within its service; `status` cancels it. Either "
        "gives the old slot back. Cancelling twice is answered like cancelling once.",
        answers.DecidedAnswer,
        bodies=(requests.MoveBody, requests.CancelBody),
        problems=(
            *KEYED,
            problems.UNKNOWN_APPOINTMENT,
            problems.APPOINTMENT_CANCELLED,
            problems.STORE_UNAVAILABLE,
        ),
    ),
    Operation(
        "get_health",
        "GET",
        "/health",
        "Ask whether the service works",
        "Answers 200 while the database can be read.",
        answers.HealthAnswer,
        problems=(problems.STORE_UNAVAILABLE,),
    ),
)


PAGES = (
    ("/", (200, 303)),
    ("/openapi.json", (200,)),
    ("/docs", (200,)),
    ("/problems/<slug>", (303, 404)),
)
"""What describes the API, with what each path answers to GET."""


def served(edge_statuses: Sequence[str] = ()) -> Sequence[tuple[str, str, str]]:
    """Method, route and status of everything that can be answered, for the signals' label sets.

    `edge_statuses` are those that a server in front may answer on any route.
    """
    found = {
        (operation.method, operation.rule, str(status))
        for operation in OPERATIONS
        for status in (
            operation.status,
            *(kind.status for kind in (*operation.problems, *ANYWHERE)),
            *edge_statuses,
        )
    }
    found |= {
        ("GET", route, str(status))
        for route, statuses in PAGES
        for status in (*statuses, *edge_statuses)
    }
    return sorted(found)
