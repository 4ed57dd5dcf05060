"""Many users at once, each with a part in the load."""

import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from tests.load.drive import Due, Work
from tests.load.house import House
from tests.load.journeys import Slot, book, free_slots, journey
from tests.load.user import User

Part = Callable[[User, float], Awaitable[object]]
"""What a user does from that second of the run on."""


def visit(house: House, number: int, part: Part, *, source: str = "") -> Work:
    """The work of one user, who comes, does the part, and goes."""

    async def work(intended_s: float) -> None:
        async with User(number, house.records, source=source) as user:
            await part(user, intended_s)

    return work


async def slots_in_disorder(house: House, draw: random.Random) -> Sequence[Slot]:
    """What is free before anyone books, in an order that the seed decides."""
    async with User(0, house.records) as scout:
        free = await free_slots(house, scout)
    return draw.sample(free, len(free))


def booking_id(house: House, number: int) -> str:
    """The request id, and the key, of the one booking of a user; faults can be aimed at it."""
    return f"{house.records.name}-booking-{number}"


def journeys(
    house: House, at_s: Iterable[float], slots: Iterable[Slot], *, first: int, pause_s: float
) -> list[Due]:
    """A whole journey for each arrival, by users numbered from `first`, each with its own slot."""

    def going(slot: Slot) -> Part:
        return lambda user, intended_s: journey(house, user, slot, intended_s, pause_s)

    return [
        Due(at_s=each, work=visit(house, number, going(slot)))
        for number, (each, slot) in enumerate(zip(at_s, slots, strict=False), first)
    ]


def bookings(
    house: House, at_s: Iterable[float], slots: Iterable[Slot], *, first: int
) -> list[Due]:
    """One booking through the agent for each arrival, with `booking_id` of its user."""

    def booking(slot: Slot) -> Part:
        async def ask(user: User, intended_s: float) -> None:
            key = booking_id(house, user.number)
            question = replace(book(house, user, slot, key), request_id=key)
            await user.ask(question, intended_s)

        return ask

    return [
        Due(at_s=each, work=visit(house, number, booking(slot)))
        for number, (each, slot) in enumerate(zip(at_s, slots, strict=False), first)
    ]
