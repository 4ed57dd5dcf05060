"""Reads the business data from its TOML file; everything in it is checked."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import time
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from booking.adapters.business_fields import BusinessFileError, Fields
from booking.domain.business import WEEKDAYS, Business, OpeningHours
from booking.domain.model import CELL_MINUTES, Provider, Service

_STRETCH = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STRETCH_FORM = 'hours such as "09:00-13:00", in multiples of 5 minutes, ending after they begin'


def load_business(path: Path | None = None) -> Business:
    """The business of this file, or of the packaged default. Raises BusinessFileError."""
    source = resources.files("booking").joinpath("business.toml") if path is None else path
    try:
        table = tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BusinessFileError(
            str(source),
            "the file",
            f"it cannot be read ({type(error).__name__}: {error})",
            "a TOML file in UTF-8",
        ) from None
    return _business(Fields(str(source), "", table))


def _business(fields: Fields) -> Business:
    business = Business(
        zone=_zone(fields),
        horizon_days=fields.whole("horizon_days", lowest=1, highest=3660),
        provider=_provider(fields.table("provider")),
        services=_services(fields),
        opening_hours=_opening_hours(fields.table("opening_hours")),
    )
    fields.nothing_else()
    return business


def _zone(fields: Fields) -> ZoneInfo:
    name = fields.text("timezone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise fields.wrong(
            "timezone",
            f"{name!r} is not a known time zone",
            'an IANA name such as "America/New_York"; install the tzdata package if it is one',
        ) from None


def _provider(fields: Fields) -> Provider:
    provider = Provider(
        id=_identifier(fields),
        name=fields.text("name"),
        specialty=fields.text("specialty"),
        location=fields.text("location"),
    )
    fields.nothing_else()
    return provider


def _identifier(fields: Fields) -> str:
    text = fields.text("id")
    if not _ID.fullmatch(text):
        raise fields.wrong("id", f"it is {text!r}", "1 to 64 letters, digits, dots or dashes")
    return text


def _services(fields: Fields) -> Sequence[Service]:
    services = tuple(_service(each) for each in fields.tables("services"))
    ids = [service.id for service in services]
    if len(set(ids)) < len(ids):
        raise fields.wrong("services", "two services have the same id", "an id of its own for each")
    return services


def _service(fields: Fields) -> Service:
    service = Service(
        id=_identifier(fields),
        name=fields.text("name"),
        duration_minutes=fields.whole(
            "duration_minutes", lowest=CELL_MINUTES, highest=480, multiple_of=CELL_MINUTES
        ),
    )
    fields.nothing_else()
    return service


def _opening_hours(fields: Fields) -> Mapping[int, Sequence[OpeningHours]]:
    hours = {
        weekday: _stretches(fields, name) for weekday, name in enumerate(WEEKDAYS) if name in fields
    }
    fields.nothing_else()
    if not any(hours.values()):
        raise fields.wrong("", "no day has opening hours", f"at least one day with {_STRETCH_FORM}")
    return hours


def _stretches(fields: Fields, day: str) -> Sequence[OpeningHours]:
    stretches = tuple(_stretch(fields, day, each) for each in fields.sequence(day))
    for earlier, later in pairwise(stretches):
        if later.opens < earlier.closes:
            raise fields.wrong(
                day, f"{later} begins before {earlier} ends", "hours in their order, apart"
            )
    return stretches


def _stretch(fields: Fields, day: str, text: Any) -> OpeningHours:
    match = _STRETCH.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise fields.wrong(day, f"it contains {text!r}", _STRETCH_FORM)
    opens, closes = time.fromisoformat(match[1]), time.fromisoformat(match[2])
    if opens >= closes or opens.minute % CELL_MINUTES or closes.minute % CELL_MINUTES:
        raise fields.wrong(day, f"it contains {text!r}", _STRETCH_FORM)
    return OpeningHours(opens, closes)
