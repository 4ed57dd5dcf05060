"""`tallybook run`: start the stack, book through two faults, show the trace, serve on."""

import signal
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

from rich.console import Console
from rich.table import Table

from booking.settings import Settings
from booking.stack.books import Row, gather, tally
from booking.stack.parts import Part, Running, StackError, check_port
from booking.stack.plan import parts
from booking.stack.story import USER, Booked, book_one, settled_spans
from booking.stack.terminal import own_foreground
from resilience.telemetry.receiver import Receiver
from resilience.telemetry.tree import draw


def run(settings: Settings, console: Console, *, stay: bool = True) -> None:
    """Start everything, book once, and serve until Ctrl-C or SIGTERM. Raises StackError."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with own_foreground(), ExitStack() as open_things:
        receiver = open_things.enter_context(Receiver())
        stack = _Stack(settings, receiver, console)
        open_things.callback(stack.stop)
        stack.start()
        stack.book()
        if stay:
            stack.show_next_steps()
            _serve(stack, stop)
            console.print("\nStopping: finishing what is under way ...")
    console.print("Stopped; the bookings stay in", str(settings.database))


def _serve(stack: "_Stack", stop: threading.Event) -> None:
    while not stop.wait(0.5):
        stack.check()


class _Stack:
    """The running processes and what to say about them."""

    def __init__(self, settings: Settings, receiver: Receiver, console: Console) -> None:
        self._settings, self._receiver, self._console = settings, receiver, console
        self._directory = settings.data
        self._directory.mkdir(parents=True, exist_ok=True)
        self._ledger = self._directory / "ledger.jsonl"
        self._ledger.unlink(missing_ok=True)
        self.parts = parts(settings, receiver.endpoint, self._directory)
        self._running: list[Running] = []

    def start(self) -> None:
        """Start each part and wait until it is ready."""
        for part in self.parts:
            check_port(part)
        for part in self.parts:
            with self._console.status(f"Starting the {part.name}"):
                running = Running(part, self._log(part))
                self._running.append(running)
                running.wait_ready()
            self._console.print(f"[green]ready[/]  {part.name:14} {part.url}")

    def stop(self) -> None:
        """Stop in the opposite order, so that nobody calls what is gone."""
        for running in reversed(self._running):
            running.stop(self._settings.drain_s + 7)

    def check(self) -> None:
        """Raise StackError when a part has ended."""
        for running in self._running:
            running.check()

    def book(self) -> None:
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

    def _tell(self, booked: Booked) -> None:
        a = booked.appointment
        self._console.print(
            f"[green]Booked[/] {a['confirmation_number']}: {a['service_name']}, {a['date']}"
            f" {a['start_time']} with {a['assigned_person']['name']} ({booked.took_s:.1f} s)\n",
            highlight=False,
        )
        self._confirmation = a["confirmation_number"]

    def _compare(self, booked: Booked, spans: Sequence[object]) -> None:
        agent = self.parts[2]
        records = gather(
            booked.trace_id,
            self._ledger,
            _get(agent, "/metrics"),
            spans,  # type: ignore[arg-type]  # SpanRecords, as settled_spans gave them
            self._log(agent),
        )
        self._console.print(_table(tally(records)))

    def show_next_steps(self) -> None:
        """Where to look, and what to play with."""
        api, _, agent = self.parts
        say = self._console.print
        say("\n[bold]Where to look[/]")
        say(f"  API documentation  {api.url}/docs")
        say(f"  metrics            {api.url}/metrics  and  {agent.url}/metrics")
        say(f"  this booking       {api.url}/appointments/{self._confirmation}", highlight=False)
        say(f"  the wire's ledger  {self._ledger}; faults: curl {_control(self._settings)}/plan")
        say(f"  log lines          {self._log(api)}  {self._log(agent)}")
        say("\n[bold]What to play with[/] (in another terminal)")
        say("  .venv/bin/tallybook services")
        say("  .venv/bin/tallybook slots srv-001")
        say("  .venv/bin/tallybook book --service srv-001 --name 'Ada Example' \\")
        say("      --email ada@example.com --phone '+1 555 0100'")
        say(f"  .venv/bin/tallybook show {self._confirmation}", highlight=False)
        say(f"  .venv/bin/tallybook cancel {self._confirmation}", highlight=False)
        say(f"\nThe demonstration booked from {USER}, so your own limit is untouched: ", end="")
        say(f"{self._settings.limits or 'none'}.")
        say("[bold]Serving until Ctrl-C.[/]")

    def _log(self, part: Part) -> Path:
        return self._directory / f"{part.name.replace(' ', '-')}.jsonl"


def _control(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.control_port}"


def _get(part: Part, path: str) -> str:
    connection = HTTPConnection(part.host, part.port, timeout=5)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


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


__all__ = ["StackError", "run"]
