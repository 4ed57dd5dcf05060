"""The forms of what is typed after a command."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import click
from pydantic import ValidationError

from booking.agent.model import Person


class Form(click.ParamType[str]):
    """Text of one form, brought into the form in which the API takes it."""

    def __init__(self, name: str, expected: str, brought: Callable[[str], str]) -> None:
        self.name = name
        self._expected = expected
        self._brought = brought

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """The value as the API takes it; a usage error says what was expected."""
        try:
            return self._brought(value)
        except ValueError:
            self.fail(f"{value!r} is not {self._expected}.", param, ctx)


def _hours_and_minutes(text: str) -> str:
    if len(text) > len("HH:MM"):
        raise ValueError("no seconds")
    return time.fromisoformat(text.zfill(5)).isoformat("minutes")


DATE = Form(
    "YYYY-MM-DD",
    "a date of the calendar, such as 2026-12-01",
    lambda text: date.fromisoformat(text).isoformat(),
)
TIME = Form(
    "HH:MM",
    "a time of day, such as 09:30",
    _hours_and_minutes,
)


def person(name: str, email: str, phone: str) -> Person:
    """Who books; a usage error names what cannot be sent at all, and repeats none of it."""
    try:
        return Person(name=name, email=email, phone=phone)
    except ValidationError as error:
        places = (f"--{found['loc'][0]}" for found in error.errors(include_input=False))
        wrong = " and ".join(places)
    raise click.UsageError(f"{wrong}: expected readable text of 500 characters at most.")
