"""How the commands show services, slots, appointments and failures."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from booking.agent.errors import AgentError, NotFree
from booking.agent.model import Availability, Booking, Offer
from booking.agent.sentences import UNCLEAR, tell
from resilience.errors import OutcomeUnknown, ResilienceError, RetriesExhausted
from resilience.vocabulary import ErrorType


def show_services(console: Console, offers: Sequence[Offer]) -> None:
    """A table of what can be booked."""
    table = Table("id", "service", "minutes")
    for offer in offers:
        table.add_row(offer.id, offer.name, str(offer.duration_minutes))
    console.print(table)


def show_slots(
    console: Console, free: Availability, most: int, date_from: str | None = None
) -> None:
    """The first free starts, a line a day; `date_from` is the first day that was asked for."""
    console.print(
        f"{free.service.name} ({free.service.duration_minutes} minutes) with "
        f"{free.assigned_person.name}, {free.location}",
        highlight=False,
    )
    days: dict[str, list[str]] = {}
    for slot in free.available_slots[:most]:
        days.setdefault(f"{slot.date} {slot.day[:3]}", []).append(slot.start_time)
    table = Table.grid(padding=(0, 0, 0, 2))
    for day, starts in days.items():
        table.add_row(Text("  " + day), " ".join(starts))
    console.print(table if days else f"  {_nothing(date_from)}", soft_wrap=not days)
    rest = free.total_slots - sum(map(len, days.values()))
    if days and rest > 0:
        console.print(f"  and {rest} more: --most {free.total_slots}, or --from another day")


def _nothing(date_from: str | None) -> str:
    if date_from is None:
        return "Nothing is free on the days that can be booked."
    return (
        f"Nothing is free from {date_from} on, in the days that are listed at once:"
        " give another day, or leave --from out to begin today."
    )


def show_booking(console: Console, booking: Booking) -> None:
    """One appointment."""
    table = Table(show_header=False, box=None)
    for name, value in (
        ("confirmation", booking.confirmation_number),
        ("status", booking.status),
        ("service", f"{booking.service_name} ({booking.duration_minutes} minutes)"),
        ("when", f"{booking.date} {booking.start_time}-{booking.end_time}"),
        ("with", f"{booking.assigned_person.name}, {booking.location}"),
        ("for", booking.client.name),
    ):
        table.add_row(name, Text(value))
    console.print(table)


def explain(error: AgentError | ResilienceError, again: str, url: str) -> str:
    """Why a command failed; `again` says how to find out what became of it, `url` is the API's."""
    if isinstance(error, OutcomeUnknown):
        return UNCLEAR + again
    if isinstance(error, NotFree) and error.alternatives:
        slots = (
            f"\n  {slot.date} {slot.start_time}-{slot.end_time}" for slot in error.alternatives
        )
        return f"{error}\nFree instead:{''.join(slots)}"
    sentence = tell(error).sentence
    return f"{sentence} {_unheard(url)}" if _never_connected(error) else sentence


def _never_connected(error: Exception) -> bool:
    refused = {ErrorType.CONNECTION}
    return isinstance(error, RetriesExhausted) and refused == {
        record.error_type for record in error.attempts
    }


def _unheard(url: str) -> str:
    return f"Nobody answers at {url}: `make run` starts it, TALLYBOOK_API_URL says where it is."
