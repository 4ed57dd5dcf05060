"""The Retry-After header, friendly and hostile."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resilience.retry_after import parse_http_date, parse_retry_after

NOW = datetime(2030, 1, 7, 9, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7\t", 7.0),
        ("Mon, 07 Jan 2030 09:00:30 GMT", 30.0),
        ("Monday, 07-Jan-30 09:01:00 GMT", 60.0),
        ("Mon Jan  7 09:00:05 2030", 5.0),
        ("Sun, 06 Jan 2030 09:00:00 GMT", 0.0),
        ("5, 10", 10.0),
        ("Mon, 07 Jan 2030 09:00:30 GMT, 5", 30.0),
        ("5, Mon, 07 Jan 2030 09:00:30 GMT", 30.0),
        ("1000000000", 1e9),
        ("Mon, 07 Jan 2030 09:00:60 GMT", 59.0),
        (" " * 255 + "5", 5.0),
    ],
)
@pytest.mark.fault(11)
def test_what_is_understood(value: str, wait_s: float) -> None:
    """Seconds, the three date forms, and two headers, of which the longer wait holds."""
    assert parse_retry_after(value, NOW) == wait_s


@pytest.mark.parametrize(
    "value",
    [
        "1" + "0" * 20,
        "9" * 5000,
        "-1",
        "1e9",
        "nan",
        "inf",
        "1_000",
        "١٢",
        "1\x00",
        "",
        "5,",
        "soon",
        "1.5",
        "+3",
        "0x10",
        "5 10",
        "Mon, 32 Jan 2030 09:00:30 GMT",
        "Mon, 07 Jan 2030 25:00:30 GMT",
        "Mon, 07 Jan 0000 09:00:30 GMT",
        "Mon, 07 Jan 2030 09:00:30 CET",
        "Mon, 07 Jan 2030 09:00:30 GMT\n",
        "mon, 07 jan 2030 09:00:30 gmt",
        "5, soon",
        "X5",
        " " * 256 + "5",
        "Mon, 07 Jan 2030 09:00:61 GMT",
    ],
)
@pytest.mark.fault(12)
def test_what_is_not_understood(value: str) -> None:
    """Anything else is rejected, without an exception."""
    assert parse_retry_after(value, NOW) is None


@pytest.mark.fault(12)
def test_the_last_year_is_far_away() -> None:
    """A date of the year 9999 is a wait that no caller will make."""
    wait_s = parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", NOW)
    assert wait_s is not None
    assert wait_s > 1e11


@pytest.mark.parametrize(("year", "full"), [("30", 2030), ("80", 2080), ("81", 1981)])
def test_two_digits_of_a_year(year: str, full: int) -> None:
    """A year of two digits is at most fifty years ahead."""
    moment = parse_http_date(f"Sunday, 01-Jun-{year} 00:00:00 GMT", NOW)
    assert moment == datetime(full, 6, 1, tzinfo=UTC)


@given(st.one_of(st.text(), st.from_regex(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4}.*")))
@settings(max_examples=300, derandomize=True, deadline=None)
@pytest.mark.fault(12)
def test_nothing_raises(value: str) -> None:
    """Whatever the header says, the answer is a wait that is not negative, or none."""
    wait_s = parse_retry_after(value, NOW)
    assert wait_s is None or wait_s >= 0.0
