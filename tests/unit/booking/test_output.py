"""Tests of `booking.output`."""

from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console
from tests.unit.booking.agent.conftest import OFFER, FakeApi, booking, slot

from booking.agent.errors import NotFree, Refused
from booking.output import explain, show_booking, show_services, show_slots
from resilience.errors import AttemptRecord, OutcomeUnknown, RetriesExhausted

URL = "http://127.0.0.1:5000"


def shown(show: Callable[[Console], None], width: int = 60) -> list[str]:
    """The lines that were printed, without their trailing blanks."""
    text = StringIO()
    show(Console(file=text, width=width))
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_services_are_a_table() -> None:
    """Each service has a row with its id, its name and its minutes."""
    lines = shown(lambda console: show_services(console, [OFFER]))
    assert lines[3] == "│ srv-001 │ General Consultation │ 30      │"


def test_slots_are_listed_by_day_and_the_rest_counted() -> None:
    """A line a day, wrapped inside its column, and how to see what is left out."""
    free = FakeApi([]).availability("srv-001", None)
    slots = [*map(slot, ("09:00", "10:00", "11:00")), slot("09:00", "2026-12-02")]
    many = free.model_copy(update={"available_slots": slots, "total_slots": 4})
    assert shown(lambda console: show_slots(console, many, 3), width=32) == [
        "General Consultation (30",
        "minutes) with Dr. Garcia,",
        "Downtown",
        "  2026-12-01 Tue  09:00 10:00",
        "                  11:00",
        "  and 1 more: --most 4, or",
        "--from another day",
    ]


def test_nothing_free_is_said() -> None:
    """A list without slots is a sentence, not silence."""
    free = FakeApi([]).availability("srv-001", None)
    assert shown(lambda console: show_slots(console, free, 20))[-1] == (
        "  Nothing is free on the days that can be booked."
    )


def test_nothing_free_from_a_day_on_is_said_of_that_day() -> None:
    """The API lists a month at once; other days may have free starts, and how to ask is said."""
    free = FakeApi([]).availability("srv-001", None)
    assert shown(lambda console: show_slots(console, free, 20, "2020-01-01"))[-1] == (
        "  Nothing is free from 2020-01-01 on, in the days that are listed at once:"
        " give another day, or leave --from out to begin today."
    )


def test_appointment_shows_what_its_owner_needs() -> None:
    """Number, status, service, time, place and name; brackets in a name are no markup."""
    named = booking(("2026-12-01", "09:00"))
    odd = named.model_copy(update={"client": named.client.model_copy(update={"name": "[red]A[/]"})})
    assert [line.strip() for line in shown(lambda console: show_booking(console, odd))] == [
        "confirmation  APPT-0123456789ABCDEF",
        "status        confirmed",
        "service       General Consultation (30 minutes)",
        "when          2026-12-01 09:00-23:59",
        "with          Dr. Garcia, Downtown",
        "for           [red]A[/]",
    ]


def failed(*kinds: str) -> RetriesExhausted:
    """Attempts that ended so."""
    attempts = [AttemptRecord(n, kind, None, 0.0) for n, kind in enumerate(kinds, 1)]
    return RetriesExhausted("failed", attempts=attempts)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Refused(404, "No."), "No."),
        (NotFree("Taken.", []), "Taken."),
        (
            NotFree("Taken.", [slot("10:00"), slot("11:00")]),
            "Taken.\nFree instead:\n  2026-12-01 10:00-23:59\n  2026-12-01 11:00-23:59",
        ),
        (
            OutcomeUnknown("?"),
            "The booking service did not say whether the request took effect. Repeat it.",
        ),
        (
            failed("connection", "503"),
            "The booking service failed 2 times in a row. Nothing was changed; try again later.",
        ),
        (
            failed("connection"),
            "The booking service failed. Nothing was changed; try again later. "
            "Nobody answers at http://127.0.0.1:5000: `make run` starts it, "
            "TALLYBOOK_API_URL says where it is.",
        ),
    ],
)
def test_failures_are_told_once_and_with_what_to_do(
    error: Refused | NotFree | OutcomeUnknown | RetriesExhausted, sentence: str
) -> None:
    """Alternatives are listed, a silent address is named, an unclear outcome can be found out."""
    assert explain(error, " Repeat it.", URL) == sentence
