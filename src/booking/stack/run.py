"""`tallybook run`: start the stack, book through two faults, show the trace, serve on."""

import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from booking.settings import PREFIX, Settings
from booking.stack.books import Row, gather, tally
from booking.stack.parts import Part, Running, check_ports
from booking.stack.plan import CONTROL_HOST, parts, ports
from booking.stack.story import Booked, book_one, fetch, own_address, settled_spans
from booking.stack.terminal import own_foreground
from resilience.telemetry.receiver import Receiver
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
        stack = _Stack(settings, receiver, console)
        open_things.callback(stack.stop)
        stack.start()
        booked = stack.book()
        if stay:
            stack.show_next_steps(booked)
            _serve(stack)
            console.print("\nStopping: finishing what is under way ...")
    console.print("Stopped; the bookings stay in", str(settings.database))


def _serve(stack: "_Stack") -> None:
    with suppress(KeyboardInterrupt):
        while True:
            stack.check()
            time.sleep(_CHECK_EVERY_S)


class _Stack:
    """The running processes and what to say about them."""

    def __init__(self, settings: Settings, receiver: Receiver, console: Console) -> None:
        self._settings, self._receiver, self._console = settings, receiver, console
        self._directory = settings.make_data()
        self._ledger = self._directory / "ledger.jsonl"
        self._ledger.unlink(missing_ok=True)
        self.parts = parts(settings, receiver.endpoint, self._directory)
        self._running: list[Running] = []

    def start(self) -> None:
        """Start each part and wait until it is ready."""
        for part in self.parts:
            with self._console.status(f"Starting the {part.name}"):
                running = Running(part, self._log(part))
                self._running.append(running)
                running.wait_ready()
            self._console.print(f"[green]ready[/]  {part.name:14} {part.url}")

    def stop(self) -> None:
        """Stop in the opposite order, so that nobody calls what is gone; nothing interrupts it."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for running in reversed(self._running):
            running.stop(self._settings.drain_s + 7)

    def check(self) -> None:
        """Raise StackError when a part has ended."""
        for running in self._running:
            running.check()

    def book(self) -> Booked:
        """Book once, then show the trace and how the four records tell it."""
        say = self._console.print
        say("\nBooking one appointment through the fault proxy. On its way it will meet:")
        say("  1st attempt  503 from the proxy; then a wait of about 1 s")
        say("  2nd attempt  booked, but the answer is lost: a timeout; then a wait of about 2 s")
        say("  3rd attempt  the same Idempotency-Key gets the stored answer\n")
        with self._console.status("Booking (about 6 seconds)"):
            booked = book_one(self.parts[2], self._settings.operation_timeout_s * 3)
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

    def _compare(self, booked: Booked, spans: Sequence[object]) -> None:
        agent = self.parts[2]
        records = gather(
            booked.trace_id,
            self._ledger,
            fetch(agent, "/metrics"),
            spans,  # type: ignore[arg-type]  # SpanRecords, as settled_spans gave them
            self._log(agent),
        )
        self._console.print(_table(tally(records)))

    def show_next_steps(self, booked: Booked) -> None:
        """Where to look, and what to play with."""
        api, _, agent = self.parts
        number = booked.appointment["confirmation_number"]
        command = f"  {_where(api)}.venv/bin/tallybook"
        say = partial(self._console.print, soft_wrap=True)  # whole lines can be copied
        say("\n[bold]Where to look[/]")
        say(f"  API documentation  {api.url}/docs")
        say(f"  metrics            {api.url}/metrics  and  {agent.url}/metrics")
        say(f"  this booking       {api.url}/appointments/{number}", highlight=False)
        say(f"  the wire's ledger  {self._ledger}; faults: curl {_control(self._settings)}/plan")
        say(f"  log lines          {self._log(api)}  {self._log(agent)}")
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

    def _log(self, part: Part) -> Path:
        return self._directory / f"{part.name.replace(' ', '-')}.jsonl"


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
