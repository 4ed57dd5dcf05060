"""What users do: look at the services, look at what is free, book, and read it back."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.load.house import House
from tests.load.user import Answer, Question, User, person

SERVICE = "srv-003"
Slot = Mapping[str, str]


def services(house: House) -> Question:
    """What can be booked?"""
    return Question(operation="list_services", url=f"{house.users_api.url}/services")


def availability(house: House, days: int = 31, date_from: str = "") -> Question:
    """What is free?"""
    since = f"&date_from={date_from}" if date_from else ""
    path = f"/availability?service_id={SERVICE}&days={days}{since}"
    return Question(operation="get_availability", url=f"{house.users_api.url}{path}")


def _wish(number: int, slot: Slot, more: Mapping[str, str]) -> dict[str, Any]:
    return {
        "service_id": SERVICE,
        "date": slot["date"],
        "start_time": slot["start_time"],
        "client": person(number),
        **more,
    }


def _about(slot: Slot) -> Mapping[str, str]:
    return {
        "service_id": SERVICE,
        "date": slot["date"],
        "start_time": slot["start_time"],
    }


def book(house: House, user: User, slot: Slot, key: str = "", **more: str) -> Question:
    """Book it through the agent; a key makes it safe to ask again."""
    return Question(
        operation="book_appointment",
        url=f"{house.users_agent.url}/book",
        method="POST",
        body=_wish(user.number, slot, more),
        headers={"Idempotency-Key": key} if key else {},
        about=_about(slot),
    )


def create(house: House, user: User, slot: Slot, key: str = "") -> Question:
    """Book it at the API itself."""
    return Question(
        operation="create_appointment",
        url=f"{house.users_api.url}/appointments",
        method="POST",
        body=_wish(user.number, slot, {}),
        headers={"Idempotency-Key": key} if key else {},
        about=_about(slot),
    )


def read_back(house: House, confirmation: str) -> Question:
    """What became of it?"""
    return Question(
        operation="get_appointment", url=f"{house.users_api.url}/appointments/{confirmation}"
    )


async def free_slots(house: House, scout: User) -> Sequence[Slot]:
    """What is free before anyone books."""
    answer = await scout.ask(availability(house))
    assert answer.status == 200, answer
    found: Sequence[Slot] = answer.content["available_slots"]
    return found


async def journey(
    house: House, user: User, slot: Slot, intended_s: float, pause_s: float = 0.2
) -> list[Answer]:
    """The whole way, a step every `pause_s` seconds, or as soon as the one before has ended."""
    key = f"{house.records.name}-{user.number}"
    answers = [await user.ask(services(house), intended_s)]
    steps = (availability(house), book(house, user, slot, key))
    for number, step in enumerate(steps, 1):
        answers.append(await user.ask_at(step, intended_s + number * pause_s))
    confirmation = answers[-1].told.confirmation
    if confirmation:
        step = read_back(house, confirmation)
        answers.append(await user.ask_at(step, intended_s + 3 * pause_s))
    return answers
