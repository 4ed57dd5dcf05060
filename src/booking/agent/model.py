"""What the agent knows of the booking API's answers; nothing in them is believed unchecked."""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=500)]
Date = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Time = Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")]
Confirmation = Annotated[str, Field(pattern=r"^APPT-[0-9A-Z]{16,32}$")]


class Answer(BaseModel):
    """A part of an answer: fields that we do not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Offer(Answer):
    """A service on offer."""

    id: Text
    name: Text
    duration_minutes: Annotated[int, Field(ge=1, le=1440)]


class Services(Answer):
    """The answer to `GET /services`."""

    services: Annotated[list[Offer], Field(max_length=1000)]


class Slot(Answer):
    """A free start."""

    date: Date
    start_time: Time
    end_time: Time
    day: Text = ""

    @property
    def start(self) -> tuple[str, str]:
        """Date and time of the start."""
        return self.date, self.start_time


class Provider(Answer):
    """Who will see the client."""

    name: Text
    specialty: Text = ""


class Availability(Answer):
    """The answer to `GET /availability`."""

    service: Offer
    available_slots: Annotated[list[Slot], Field(max_length=5000)]
    total_slots: int
    assigned_person: Provider
    location: Text


class Person(Answer):
    """Whose appointment it is."""

    name: Text
    email: Text
    phone: Text


class Booking(Answer):
    """An appointment as the API tells it."""

    confirmation_number: Confirmation
    service_id: Text
    service_name: Text
    date: Date
    start_time: Time
    end_time: Time
    duration_minutes: int
    client: Person
    assigned_person: Provider
    location: Text
    status: Literal["confirmed", "cancelled"]
    created_at: Text


class Booked(Answer):
    """The answer to whatever made, read or changed an appointment."""

    appointment: Booking
    message: Text = ""


class Problem(Answer):
    """The API's refusal (RFC 9457)."""

    type: Text = "about:blank"
    error: Annotated[str, Field(max_length=2000)] = ""
    detail: Annotated[str, Field(max_length=2000)] = ""
    alternatives: Annotated[list[Slot], Field(max_length=50)] = []


class Wish(NamedTuple):
    """What a person wants to book; `take_next`: when it is taken, take the next free start."""

    service_id: str
    date: str
    start_time: str
    client: Person
    take_next: bool = False


class Api(Protocol):
    """The booking API as the agent needs it; refusals are `agent.errors`."""

    def services(self) -> Sequence[Offer]:
        """What can be booked."""

    def availability(self, service_id: str, date_from: str | None) -> Availability:
        """The free starts from a date on."""

    def book(self, wish: Wish, start: tuple[str, str], key: str) -> Booking:
        """Book a start; the same key never books twice."""

    def show(self, confirmation: str) -> Booking:
        """One appointment."""

    def move(self, confirmation: str, start: tuple[str, str], key: str) -> Booking:
        """Give an appointment another start."""

    def cancel(self, confirmation: str, key: str) -> Booking:
        """Cancel an appointment."""
