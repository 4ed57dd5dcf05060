"""Failures of commands become sentences and exit statuses."""

import sys
from collections.abc import Callable
from typing import NoReturn

import click

from booking.agent.errors import AgentError
from booking.domain.errors import BookingError
from booking.output import explain
from booking.settings import Settings, SettingsError
from booking.stack.parts import StackError
from resilience.errors import ResilienceError

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


def read_settings() -> Settings:
    """The settings; what is wrong with one ends the command."""
    try:
        return Settings()
    except SettingsError as error:
        _fail(str(error), MISUSED)


def guarded(work: Callable[[], None], again: Callable[[], str] = str) -> None:
    """Do the work; `again()` says how to find out what became of it, when that is not known."""
    try:
        work()
    except (AgentError, ResilienceError) as error:
        _fail(explain(error, again(), read_settings().api_url), FAILED)
    except (StackError, BookingError, ValueError) as error:
        _fail(str(error), FAILED)
    except KeyboardInterrupt:
        _fail("Stopped before it was done." + again(), INTERRUPTED)


def _fail(text: str, status: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(status)
