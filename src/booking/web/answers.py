"""What the API answers, as its documentation promises it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

_DATE = Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2026-12-01"])
_TIME = Field(pattern=r"^[0-9]{2}:[0-9]{2}$", examples=["09:30"])
Date = Annotated[str, _DATE]
Time = Annotated[str, _TIME]
TimeZone = Annotated[
    str, Field(description="The zone of every date and time.", examples=["America/New_York"])
]


class Answer(BaseModel):
    """Every field of an answer is documented, and none is missing."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Good(Answer):
    """An answer to a request that was carried out."""

    success: Literal[True]


class ServiceAnswer(Answer):
    """Something that can be booked."""

    id: Annotated[str, Field(examples=["srv-001"])]
    name: Annotated[str, Field(examples=["General Consultation"])]
    duration_minutes: Annotated[int, Field(examples=[30])]


class ServicesAnswer(Good):
    """The services on offer."""

    services: list[ServiceAnswer]
    total: int


class SlotAnswer(Answer):
    """A time that can be booked, in the business's wall time."""

    date: Date
    day: Annotated[str, Field(examples=["Tuesday"])]
    start_time: Time
    end_time: Time


class PersonAnswer(Answer):
    """Who will see the client."""

    name: Annotated[str, Field(examples=["Dr. Garcia"])]
    specialty: Annotated[str, Field(examples=["General Practice"])]


class AvailabilityAnswer(Good):
    """The free slots of a service, in their order."""

    service: ServiceAnswer
    available_slots: list[SlotAnswer]
    total_slots: int
    assigned_person: PersonAnswer
    location: Annotated[str, Field(examples=["Downtown Medical Center"])]
    time_zone: TimeZone


class ClientAnswer(Answer):
    """Who booked, exactly as it was given."""

    name: str
    email: str
    phone: str


class AppointmentFields(Answer):
    """An appointment; dates and times are wall time of `time_zone`, `created_at` is UTC."""

    confirmation_number: Annotated[
        str,
        Field(
            description="Keep it: it is all that is needed to see, move or cancel.",
            examples=["APPT-7Z2K9QW4M1XHR8CV"],
        ),
    ]
    service_id: str
    service_name: str
    date: Date
    start_time: Time
    end_time: Time
    duration_minutes: int
    client: ClientAnswer
    assigned_person: PersonAnswer
    location: str
    time_zone: TimeZone
    status: Literal["confirmed", "cancelled"]
    created_at: Annotated[str, Field(examples=["2026-11-20T14:03:11Z"])]


class AppointmentAnswer(Good):
    """An appointment."""

    appointment: AppointmentFields


class DecidedAnswer(AppointmentAnswer):
    """An appointment and a sentence about what was done to it."""

    message: str


class HealthAnswer(Good):
    """The service works and reaches its database."""

    status: Literal["ok"]
    database: Literal["ok"]


class IndexAnswer(Good):
    """Where things are."""

    links: dict[str, str]


class FieldAnswer(Answer):
    """What is wrong with one field."""

    field: str
    error: str


class ProblemAnswer(Answer):
    """An error, as RFC 9457 describes it. The sentences never repeat what was sent."""

    type: Annotated[str, Field(examples=["/problems/slot-taken"])]
    title: str
    status: int
    detail: str
    success: Literal[False]
    error: Annotated[str, Field(description="What was wrong and what is expected.")]
    request_id: str
    trace_id: str
    fields: Annotated[list[FieldAnswer], Field(description="For /problems/invalid-fields.")] = []
    alternatives: Annotated[
        list[SlotAnswer], Field(description="For /problems/slot-taken: the next free slots.")
    ] = []
