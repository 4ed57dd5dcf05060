"""`tallybook run`: start the stack, book through two faults, show the trace, serve on."""

import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial

from rich.console import Console
from rich.table import Table

from booking.settings import PREFIX, Settings
from booking.stack.books import Row, gather, tally
from booking.stack.parts import Part, check_ports
from booking.stack.plan import CONTROL_HOST, parts, ports
from booking.stack.processes import Stack
from booking.stack.story import Booked, book_one, fetch, own_address, settled_spans
from booking.stack.terminal import own_foreground
from resilience.telemetry.receiver import Receiver
from resilience.telemetry.trace import SpanRecord
from resilience.telemetry.tree import draw

_CHECK_EVERY_S = 0.5


def run(settings: Settings, console: Console, *, stay: bool = True) -> None:
    """Start everything, book once, and serve until Ctrl-C.

    Raises StackError, and KeyboardInterrupt before there is anything to serve; whatever was
    started is stopped.
    """
    check_ports(ports(settings))
    with own_foreground(), ExitStack() as open_things:
        receiver = open_things.enter_context(Receiver())
        directory = settings.make_data()
        stack = Stack(parts(settings, receiver.endpoint, directory), directory, settings.drain_s)
        open_things.callback(stack.stop)
        stack.start(console)
        show = _Show(settings, stack, receiver, console)
        booked = show.book()
        if stay:
            show.next_steps(booked)
            _serve(stack)
            console.print("\nStopping: finishing what is under way ...")
    console.print("Stopped; the bookings stay in", str(settings.database), soft_wrap=True)


def _serve(stack: Stack) -> None:
    with suppress(KeyboardInterrupt):
        while True:
            stack.check()
            time.sleep(_CHECK_EVERY_S)


class _Show:
    """What `make run` does with the running stack, and says about it."""

    def __init__(
        self, settings: Settings, stack: Stack, receiver: Receiver, console: Console
    ) -> None:
        self._settings, self._stack = settings, stack
        self._receiver, self._console = receiver, console
        self._ledger = stack.ledger

    def book(self) -> Booked:
        """Book once, then show the trace and how the four records tell it."""
        say = self._console.print
        say("\nBooking one appointment through the fault proxy. On its way it will meet:")
        say("  1st attempt  503 from the proxy; then a wait of about 1 s")
        say("  2nd attempt  booked, the answer is lost: timeout; then a wait of about 2 s")
        say("  3rd attempt  the same Idempotency-Key gets the stored answer\n")
        with self._console.status("Booking (about 6 seconds)"):
            booked = book_one(self._stack.parts[2], self._settings.operation_timeout_s * 3)
            spans = settled_spans(self._receiver, booked.trace_id)
        self._tell(booked)
        say(draw(spans))
        self._compare(booked, spans)
        return booked

    def _tell(self, booked: Booked) -> None:
        a = booked.appointment
        self._console.print(
            f"[green]Booked[/] {a['confirmation_number']}: {a['service_name']}, {a['date']}"
            f" {a['start_time']} with {a['assigned_person']['name']} ({booked.took_s:.1f} s)\n",
            highlight=False,
        )

    def _compare(self, booked: Booked, spans: Sequence[SpanRecord]) -> None:
        agent = self._stack.parts[2]
        records = gather(
            booked.trace_id,
            self._ledger,
            fetch(agent, "/metrics"),
            spans,
            self._stack.log(agent),
        )
        self._console.print(_table(tally(records)))

    def next_steps(self, booked: Booked) -> None:
        """Where to look, and what to play with."""
        api, _, agent = self._stack.parts
        number = booked.appointment["confirmation_number"]
        command = f"  {_where(api)}.venv/bin/tallybook"
        say = partial(self._console.print, soft_wrap=True)  # whole lines can be copied
        say("\n[bold]Where to look[/]")
        say(f"  API documentation  {api.url}/docs")
        say(f"  metrics            {api.url}/metrics  and  {agent.url}/metrics")
        say(f"  this booking       {api.url}/appointments/{number}", highlight=False)
        say(f"  the wire's ledger  {self._ledger}; faults: curl {_control(self._settings)}/plan")
        say(f"  log lines          {self._stack.log(api)}  {self._stack.log(agent)}")
        say("\n[bold]What to play with[/] (in another terminal)")
        say(f"{command} services")
        say(f"{command} slots srv-001")
        say(f"{command} book --service srv-001 --name 'Ada Example' \\")
        say("      --email ada@example.com --phone '+1 555 0100'")
        say(f"{command} show {number}", highlight=False)
        say(f"{command} cancel {number}", highlight=False)
        limits = self._settings.limits or "none"
        if address := own_address(agent.host):
            say(f"\nThe booking came from {address}: your own limit is untouched ({limits}).")
        say("[bold]Serving until Ctrl-C.[/]")


def _control(settings: Settings) -> str:
    return f"http://{CONTROL_HOST}:{settings.control_port}"


def _where(api: Part) -> str:
    """What a command needs to find an API that is not where it would look."""
    default = Settings.model_fields["api_url"].default
    return "" if api.url == default else f"{PREFIX}API_URL={api.url} "


def _table(rows: Sequence[Row]) -> Table:
    table = Table(title="Do the books balance?", title_justify="left")
    table.add_column("what happened")
    for witness in ("wire's ledger", "counters", "spans", "log lines"):
        table.add_column(witness, justify="right")
    table.add_column("")
    for row in rows:
        verdict = "[green]balances[/]" if row.balances else "[red]does not balance[/]"
        numbers = map(str, (row.ledger, row.counters, row.spans, row.lines))
        table.add_row(row.fact, *numbers, verdict)
    return table
