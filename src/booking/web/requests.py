"""What the API accepts."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from booking.domain.model import Client
from booking.service.changes import BookingRequest
from booking.web.fields import DATE, DAYS, Days, Email, LocalDate, LocalTime, Name, Phone, ServiceId


class Accepted(BaseModel):
    """A request: every type exact, no field that we do not know, nothing quoted in errors."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=False
    )


class AvailabilityQuery(Accepted):
    """Which slots to list."""

    service_id: ServiceId
    date_from: Annotated[LocalDate | None, Field(description=DATE)] = None
    days: Annotated[Days | None, Field(description=DAYS)] = None


class ClientBody(Accepted):
    """Who books."""

    name: Name
    email: Email
    phone: Phone


class BookingBody(Accepted):
    """A slot to book, in the business's wall time."""

    service_id: ServiceId
    date: LocalDate
    start_time: LocalTime
    client: Annotated[ClientBody, Field(description="an object with name, email and phone")]

    def request(self) -> BookingRequest:
        """The same for the use case."""
        client = Client(self.client.name, self.client.email, self.client.phone)
        return BookingRequest(self.service_id, datetime.combine(self.date, self.start_time), client)


class MoveBody(Accepted):
    """Another start for an appointment, in the business's wall time."""

    date: LocalDate
    start_time: LocalTime

    @property
    def start(self) -> datetime:
        """The wanted start, naive."""
        return datetime.combine(self.date, self.start_time)


class CancelBody(Accepted):
    """The end of an appointment."""

    status: Annotated[
        Literal["cancelled"],
        Field(description='the word "cancelled", the only status that can be asked for'),
    ]


def change_model(document: object) -> type[MoveBody] | type[CancelBody]:
    """Which of the two changes a document means: one with a status is a cancellation."""
    return CancelBody if isinstance(document, dict) and "status" in document else MoveBody
