"""Tests of `booking.parameters`."""

import click
import pytest

from booking.agent.model import Person
from booking.parameters import DATE, TIME, Form, person


@pytest.mark.parametrize(
    ("form", "typed", "brought"),
    [
        (DATE, "2026-12-01", "2026-12-01"),
        (DATE, "20261201", "2026-12-01"),
        (TIME, "09:30", "09:30"),
        (TIME, "9:30", "09:30"),
    ],
)
def test_what_is_typed_is_brought_into_the_apis_form(form: Form, typed: str, brought: str) -> None:
    """Dates and times that a person may type reach the API as it wants them."""
    assert form.convert(typed, None, None) == brought


@pytest.mark.parametrize(
    ("form", "typed", "expected"),
    [
        (DATE, "1.12.2026", "a date of the calendar, such as 2026-12-01"),
        (DATE, "2026-02-30", "a date of the calendar, such as 2026-12-01"),
        (TIME, "9", "a time of day, such as 09:30"),
        (TIME, "25:00", "a time of day, such as 09:30"),
        (TIME, "09:30:15", "a time of day, such as 09:30"),
    ],
)
def test_what_has_no_such_form_is_a_usage_error(form: Form, typed: str, expected: str) -> None:
    """The error quotes what was typed and says what was expected, before anything is sent."""
    with pytest.raises(click.BadParameter) as raised:
        form.convert(typed, None, None)
    assert raised.value.message == f"{typed!r} is not {expected}."


def test_person_is_whoever_was_typed() -> None:
    """Name, e-mail and phone are passed on for the API to judge."""
    assert person("Ada", "nope", "1") == Person(name="Ada", email="nope", phone="1")


def test_what_cannot_be_sent_is_named_and_not_repeated() -> None:
    """Text that is too long or no text at all is refused by its option, without its value."""
    with pytest.raises(click.UsageError) as raised:
        person("x" * 501, "ada@example.com", "\udcff")
    assert raised.value.message == (
        "--name and --phone: expected readable text of 500 characters at most."
    )
