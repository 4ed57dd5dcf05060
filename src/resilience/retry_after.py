"""The Retry-After header: seconds or a date, from a service that may write anything."""

import re
from datetime import UTC, datetime

_SECONDS = re.compile(r"[0-9]{1,10}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_DATES = tuple(
    re.compile(form)
    for form in (
        rf"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT",
        rf"{_LONG_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT",
        rf"{_DAY} {_MONTH} (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})",
    )
)
_WEEKDAY = re.compile(rf"[ \t]*(?:{_DAY}|{_LONG_DAY})")
_LONGEST = 256


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait from `now`, 0.0 for a date gone by; None when not understood.

    Knows whole seconds and the three date forms of RFC 9110. Of two headers, which arrive
    joined by a comma, the longer wait holds, and both must be understood. Never raises.
    """
    if len(value) > _LONGEST:
        return None
    waits = [_wait_of(item.strip(" \t"), now) for item in _items(value)]
    understood = [wait for wait in waits if wait is not None]
    return max(understood) if understood and len(understood) == len(waits) else None


def parse_http_date(value: str, now: datetime) -> datetime | None:
    """The moment that one of the three date forms names; None when it is none of them."""
    for form in _DATES:
        found = form.fullmatch(value)
        if found:
            return _moment(found.groupdict(), now)
    return None


def _items(value: str) -> list[str]:
    """The members of a comma-separated list, in which dates have a comma of their own."""
    items: list[str] = []
    for part in value.split(","):
        if items and _WEEKDAY.fullmatch(items[-1]):
            items[-1] += "," + part
        else:
            items.append(part)
    return items


def _wait_of(item: str, now: datetime) -> float | None:
    if _SECONDS.fullmatch(item):
        return float(item)
    moment = parse_http_date(item, now)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def _moment(parts: dict[str, str], now: datetime) -> datetime | None:
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year = _full_year(year, now)
    try:
        return datetime(
            year,
            _MONTHS.index(parts["month"]) + 1,
            int(parts["day"]),
            int(parts["hour"]),
            int(parts["minute"]),
            min(int(parts["second"]), 59) if parts["second"] == "60" else int(parts["second"]),
            tzinfo=UTC,
        )
    except ValueError:
        return None


def _full_year(year: int, now: datetime) -> int:
    """A two-digit year that seems more than 50 years ahead is of the past century."""
    full = now.year - now.year % 100 + year
    return full - 100 if full > now.year + 50 else full
