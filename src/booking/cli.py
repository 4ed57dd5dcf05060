"""The command `tallybook`."""

import secrets
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from audit.lawbook import write_lawbook
from booking import __version__, bootstrap
from booking.adapters.gateway import Gateway
from booking.agent.conversation import Conversation, Sent
from booking.agent.errors import NotFree
from booking.agent.model import Booking, Wish
from booking.auditing import audit, verdict
from booking.guard import guarded, read_settings
from booking.output import show_booking, show_services, show_slots
from booking.parameters import DATE, TIME, person
from booking.reference import write_reference
from booking.settings import Settings
from booking.stages import demo, run, serve, traffic
from booking.writing import write_or_print


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="tallybook %(version)s")
def cli() -> None:
    """Book appointments through every protection, and see what each of them did.

    Settings are environment variables TALLYBOOK_...: `tallybook settings` lists them.
    """


for _command in (run, demo, serve, traffic, audit, verdict):
    cli.add_command(_command)


@cli.command()
def settings() -> None:
    """List the settings with their values."""
    chosen = read_settings()
    for name, field in Settings.model_fields.items():
        value = getattr(chosen, name)
        shown = ",".join(value) if isinstance(value, tuple) else "" if value is None else value
        click.echo(f"TALLYBOOK_{name.upper()}={shown}\n    {field.description}")


@cli.command()
@click.option("--write", type=click.Path(path_type=Path), help="File to write it to.")
def signals(write: Path | None) -> None:
    """Print the reference of all metrics, spans and log events."""
    write_or_print(write_reference(), write)


@cli.command()
@click.option("--write", type=click.Path(path_type=Path), help="File to write it to.")
def laws(write: Path | None) -> None:
    """Print the laws by which `tallybook audit` judges."""
    write_or_print(write_lawbook(), write)


@cli.command()
def services() -> None:
    """List what can be booked."""
    _call(lambda api: show_services(Console(), api.services()))


@cli.command()
@click.argument("service")
@click.option("--from", "date_from", type=DATE, help="First day (today).")
@click.option(
    "--most", type=click.IntRange(min=1), default=20, show_default=True, help="How many to list."
)
def slots(service: str, date_from: str | None, most: int) -> None:
    """List the free starts of a SERVICE, such as srv-001."""
    _call(lambda api: show_slots(Console(), api.availability(service, date_from), most, date_from))


@cli.command()
@click.option("--service", required=True, help="Such as srv-001; see `tallybook services`.")
@click.option("--date", type=DATE, help="Day (the first free one).")
@click.option("--time", type=TIME, help="Start (the first free one).")
@click.option("--name", required=True, help="Whose appointment it is.")
@click.option("--email", required=True, help="Such as ada@example.com.")
@click.option("--phone", required=True, help="Such as '+1 212 555 0100'.")
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
    if key and not (date and time):
        raise click.UsageError("--key repeats an earlier try: give its --date and --time too.")
    client = person(name, email, phone)
    with bootstrap.client(read_settings()) as (api, observe):
        conversation = Conversation(api, observe)

        def converse() -> None:
            day, start = _start(api, service, (date, time), take_next)
            wish = Wish(service, day, start, client, take_next)
            booked = conversation.book(wish, key or secrets.token_hex(16), known_key=bool(key))
            show_booking(Console(), booked)

        guarded(converse, lambda: _repeat(conversation.sent))


@cli.command()
@click.argument("confirmation")
def show(confirmation: str) -> None:
    """Show one appointment."""
    _appointment(confirmation, lambda api: api.show(confirmation))


@cli.command()
@click.argument("confirmation")
@click.option("--date", required=True, type=DATE, help="The new day.")
@click.option("--time", required=True, type=TIME, help="The new start.")
def move(confirmation: str, date: str, time: str) -> None:
    """Give an appointment another start."""
    key = secrets.token_hex(16)
    _appointment(confirmation, lambda api: api.move(confirmation, (date, time), key))


@cli.command()
@click.argument("confirmation")
def cancel(confirmation: str) -> None:
    """Cancel an appointment."""
    key = secrets.token_hex(16)
    _appointment(confirmation, lambda api: api.cancel(confirmation, key))


def _start(
    api: Gateway, service: str, wished: tuple[str | None, str | None], take_next: bool
) -> tuple[str, str]:
    """The wished start; what was left open is the first free one, on a wished day that day's."""
    date, time = wished
    if date and time:
        return date, time
    free = api.availability(service, date).available_slots
    for slot in free:
        if time in (None, slot.start_time) and (take_next or date in (None, slot.date)):
            return slot.start
    raise NotFree("Nothing is free then: try `tallybook slots`.", free[:5])


def _appointment(confirmation: str, work: Callable[[Gateway], Booking]) -> None:
    _call(
        lambda api: show_booking(Console(), work(api)),
        lambda: f" To find out: tallybook show {confirmation}",
    )


def _call(work: Callable[[Gateway], None], again: Callable[[], str] = str) -> None:
    """Do the work against the API; failures become sentences and exit statuses."""
    with bootstrap.client(read_settings()) as (api, _):
        guarded(lambda: work(api), again)


def _repeat(sent: Sent | None) -> str:
    if sent is None:
        return ""
    wish = f"--date {sent.date} --time {sent.start_time} --key {sent.key}"
    return f" To find out, repeat the command with {wish}"
