"""The stack as a whole: its parts started one after the other, and stopped the other way round."""

import signal
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from booking.stack.parts import Part, Running

_BEYOND_DRAINING_S = 7.0


class Stack:
    """The parts, and in `directory` what they leave: a log for each, and the wire's ledger.

    `drain_s`: how long a part may finish what is under way.
    """

    def __init__(self, parts: Sequence[Part], directory: Path, drain_s: float) -> None:
        self.parts = parts
        self._directory, self._drain_s = directory, drain_s
        self.ledger = directory / "ledger.jsonl"
        self.ledger.unlink(missing_ok=True)
        self._running: list[Running] = []

    def start(self, console: Console) -> None:
        """Start each part and wait until it is ready. Raises StackError."""
        for part in self.parts:
            with console.status(f"Starting the {part.name}"):
                running = Running(part, self.log(part))
                self._running.append(running)
                running.wait_ready()
            console.print(f"[green]ready[/]  {part.name:14} {part.url}")

    def stop(self) -> None:
        """Stop in the opposite order, so that nobody calls what is gone; nothing interrupts it."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for running in reversed(self._running):
            running.stop(self._drain_s + _BEYOND_DRAINING_S)

    def check(self) -> None:
        """Raise StackError when a part has ended."""
        for running in self._running:
            running.check()

    def log(self, part: Part) -> Path:
        """Where its output goes."""
        return self._directory / f"{part.name.replace(' ', '-')}.jsonl"
