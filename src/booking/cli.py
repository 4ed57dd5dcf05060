"""The command `tallybook`."""

import secrets
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
from rich.console import Console

from booking import bootstrap
from booking.adapters.gateway import Gateway
from booking.agent.conversation import Conversation
from booking.agent.errors import AgentError, NotFree
from booking.agent.model import Booking, Person, Slot, Wish
from booking.agent.sentences import tell
from booking.domain.errors import BookingError
from booking.output import show_booking, show_services, show_slots
from booking.reference import write_reference
from booking.settings import Settings, SettingsError
from booking.stack.parts import StackError
from booking.stack.run import run as run_stack
from resilience.errors import OutcomeUnknown, ResilienceError

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """Book appointments through every protection, and see what each of them did.

    Settings are environment variables TALLYBOOK_...: `tallybook settings` lists them.
    """


@cli.command()
@click.option("--once", is_flag=True, help="End after the booking instead of serving on.")
def run(once: bool) -> None:
    """Start API, fault proxy and agent, and book one appointment through two faults."""
    _guarded(lambda: run_stack(_settings(), Console(), stay=not once))


@cli.command()
@click.argument("what", type=click.Choice(["api", "agent"]), default="api")
def serve(what: str) -> None:
    """Serve the booking API (or the agent) until SIGTERM or Ctrl-C."""
    make = bootstrap.serve_api if what == "api" else bootstrap.serve_agent
    _guarded(lambda: sys.exit(make(_settings())))


@cli.command()
def settings() -> None:
    """List the settings with their values."""
    chosen = _settings()
    for name, field in Settings.model_fields.items():
        value = getattr(chosen, name)
        shown = ",".join(value) if isinstance(value, tuple) else value
        click.echo(f"TALLYBOOK_{name.upper()}={shown}\n    {field.description}")


@cli.command()
@click.option("--write", type=click.Path(path_type=Path), help="File to write it to.")
def signals(write: Path | None) -> None:
    """Print the reference of all metrics, spans and log events."""
    text = write_reference()
    if write is None:
        click.echo(text, nl=False)
    else:
        write.write_text(text, encoding="utf-8")
        click.echo(f"Wrote {write}")


@cli.command()
def services() -> None:
    """List what can be booked."""
    _call(lambda api, _: show_services(Console(), api.services()))


@cli.command()
@click.argument("service")
@click.option("--from", "date_from", metavar="YYYY-MM-DD", help="First day (today).")
@click.option("--most", default=20, show_default=True, help="How many to list.")
def slots(service: str, date_from: str | None, most: int) -> None:
    """List the free starts of a SERVICE, such as srv-001."""
    _call(lambda api, _: show_slots(Console(), api.availability(service, date_from), most))


@cli.command()
@click.option("--service", required=True, help="Such as srv-001; see `tallybook services`.")
@click.option("--date", metavar="YYYY-MM-DD", help="Day (the first free one).")
@click.option("--time", metavar="HH:MM", help="Start (the first free one).")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--phone", required=True)
@click.option("--take-next", is_flag=True, help="When it is taken, take the next free start.")
@click.option("--key", help="Idempotency key of an earlier try whose outcome was unknown.")
def book(
    service: str,
    date: str | None,
    time: str | None,
    name: str,
    email: str,
    phone: str,
    take_next: bool,
    key: str | None,
) -> None:
    """Book an appointment."""
    person = Person(name=name, email=email, phone=phone)
    chosen = key or secrets.token_hex(16)

    def converse(api: Gateway, observe: Any) -> None:
        day, start = _start(api, service, date, time)
        wish = Wish(
            service_id=service,
            date=day,
            start_time=start,
            client=person,
            take_next=take_next,
        )
        show_booking(Console(), Conversation(api, observe).book(wish, chosen))

    _call(converse, key=chosen)


@cli.command()
@click.argument("confirmation")
def show(confirmation: str) -> None:
    """Show one appointment."""
    _appointment(lambda api: api.show(confirmation))


@cli.command()
@click.argument("confirmation")
@click.option("--date", required=True, metavar="YYYY-MM-DD")
@click.option("--time", required=True, metavar="HH:MM")
def move(confirmation: str, date: str, time: str) -> None:
    """Give an appointment another start."""
    _appointment(lambda api: api.move(confirmation, (date, time), secrets.token_hex(16)))


@cli.command()
@click.argument("confirmation")
def cancel(confirmation: str) -> None:
    """Cancel an appointment."""
    _appointment(lambda api: api.cancel(confirmation, secrets.token_hex(16)))


def main() -> None:
    """The entry point: SIGTERM ends a command as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _interrupt)
    cli()


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


def _settings() -> Settings:
    try:
        return Settings()
    except SettingsError as error:
        _fail(str(error), MISUSED)


def _start(api: Gateway, service: str, date: str | None, time: str | None) -> tuple[str, str]:
    """The wished start; what was left open is the first free one."""
    if date and time:
        return date, time
    for slot in api.availability(service, date).available_slots:
        if time in (None, slot.start_time):
            return slot.start
    raise NotFree("Nothing is free then: try `tallybook slots`.", [])


def _appointment(work: Callable[[Gateway], Booking]) -> None:
    _call(lambda api, _: show_booking(Console(), work(api)))


def _call(work: Callable[[Gateway, Any], None], key: str = "") -> None:
    """Do the work against the API; failures become sentences and exit statuses."""
    with bootstrap.client(_settings()) as (api, observe):
        _guarded(lambda: work(api, observe), key)


def _guarded(work: Callable[[], None], key: str = "") -> None:
    try:
        work()
    except (AgentError, ResilienceError) as error:
        _explain(error, key)
    except (StackError, BookingError, ValueError) as error:
        _fail(str(error), FAILED)
    except KeyboardInterrupt:
        _fail("Stopped before it was done." + _repeat(key), INTERRUPTED)


def _explain(error: AgentError | ResilienceError, key: str) -> NoReturn:
    told = tell(error)
    text = told.sentence + (_repeat(key) if isinstance(error, OutcomeUnknown) else "")
    if isinstance(error, NotFree):
        text += "".join(f"\n  {_line(slot)}" for slot in error.alternatives)
    _fail(text, FAILED)


def _repeat(key: str) -> str:
    return f" To find out, repeat the command with --key {key}" if key else ""


def _line(slot: Slot) -> str:
    return f"{slot.date} {slot.start_time}-{slot.end_time}"


def _fail(text: str, status: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
