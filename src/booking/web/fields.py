"""The fields that a request may have: bounded first, then checked; kept as they were typed.

Each description completes the sentence "expected ...", in errors and in the documentation.
"""

import re
import unicodedata
from datetime import date, time
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from booking.domain.rules import CLIENT_MAX_CHARS

DATE = 'a date of the calendar as "YYYY-MM-DD", such as "2026-12-01"'
DAYS = "a number of days from 1 to 9999; more than 31 are taken as 31"

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DAYS = re.compile(r"[1-9][0-9]{0,3}")
_PHONE = r"^\+?[0-9(][0-9 ()./\-]*$"
_PHONE_DIGITS = range(5, 16)


def _matching(form: re.Pattern[str], given: object, max_chars: int) -> str:
    if isinstance(given, str) and len(given) <= max_chars and form.fullmatch(given):
        return given
    raise ValueError


def _date(given: object) -> date:
    return date.fromisoformat(_matching(_DATE, given, 10))


def _time(given: object) -> time:
    return time.fromisoformat(_matching(_TIME, given, 5))


def _days(given: object) -> int:
    return int(_matching(_DAYS, given, 4))


def _readable(name: str) -> str:
    if name.isspace() or any(unicodedata.category(char) == "Cc" for char in name):
        raise ValueError
    return name


def _deliverable(email: str) -> str:
    """The address as it was typed: its normal form is nobody's business but the mailer's."""
    try:
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError from None
    return email


def _dialable(phone: str) -> str:
    if len(re.sub(r"[^0-9]", "", phone)) not in _PHONE_DIGITS:
        raise ValueError
    return phone


ServiceId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._\-]+$"),
    Field(description="the id of a service, as GET /services lists it", examples=["srv-001"]),
]
LocalDate = Annotated[
    date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DATE.pattern}$"}),
    Field(description=DATE),
]
LocalTime = Annotated[
    time,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "pattern": f"^{_TIME.pattern}$"}),
    Field(description='a time of day as "HH:MM" from "00:00" to "23:59", such as "09:30"'),
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=CLIENT_MAX_CHARS["name"]),
    AfterValidator(_readable),
    Field(
        description="a name of 1 to 200 characters of any script, without control characters",
        examples=["Ada Lovelace"],
    ),
]
Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=CLIENT_MAX_CHARS["email"]),
    AfterValidator(_deliverable),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": CLIENT_MAX_CHARS["email"]}),
    Field(
        description='an e-mail address such as "ada@example.com", of 254 characters at most',
        examples=["ada@example.com"],
    ),
]
Phone = Annotated[
    str,
    StringConstraints(min_length=5, max_length=CLIENT_MAX_CHARS["phone"], pattern=_PHONE),
    AfterValidator(_dialable),
    Field(
        description='a phone number of 5 to 15 digits such as "+1 212 555 0100", '
        "of 40 characters at most",
        examples=["+1 212 555 0100"],
    ),
]
Days = Annotated[
    int,
    BeforeValidator(_days),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 9999}),
    Field(description=DAYS),
]
