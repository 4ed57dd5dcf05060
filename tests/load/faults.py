"""Faults that are aimed at one user's booking on the way from the agent to the API."""

from collections.abc import Iterable

from tests.load.crowd import booking_id
from tests.load.house import House

from wire import Fault, Rule


def at_booking(
    house: House,
    numbers: Iterable[int],
    fault: Fault,
    *,
    method: str = "POST",
    path: str = "/appointments",
    nth: tuple[int, ...] = (1,),
) -> list[Rule]:
    """The fault for the `nth` sends of these users' bookings, or of another of their requests."""
    return [
        Rule(
            fault=fault,
            method=method,
            path=path,
            header_name="X-Request-ID",
            header_value=booking_id(house, number),
            nth=nth,
        )
        for number in numbers
    ]
