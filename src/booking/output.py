"""How the commands show services, slots and appointments."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from booking.agent.model import Availability, Booking, Offer


def show_services(console: Console, offers: Sequence[Offer]) -> None:
    """A table of what can be booked."""
    table = Table("id", "service", "minutes")
    for offer in offers:
        table.add_row(offer.id, offer.name, str(offer.duration_minutes))
    console.print(table)


def show_slots(console: Console, free: Availability, most: int) -> None:
    """The first free starts, a line a day."""
    console.print(
        f"{free.service.name} ({free.service.duration_minutes} minutes) with "
        f"{free.assigned_person.name}, {free.location}",
        highlight=False,
    )
    days: dict[str, list[str]] = {}
    for slot in free.available_slots[:most]:
        days.setdefault(f"{slot.date} {slot.day[:3]}", []).append(slot.start_time)
    for day, starts in days.items():
        console.print(f"  {day}  {' '.join(starts)}", highlight=False)
    rest = free.total_slots - sum(map(len, days.values()))
    if rest > 0:
        console.print(f"  and {rest} more: --most {free.total_slots}, or --from another day")


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
