"""How a moment of a scene looks: live in a terminal, as lines anywhere else."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from booking.demo.latest import latest
from booking.demo.numbers import Change
from booking.demo.scene import Fact
from booking.demo.stage import Moment, Show
from resilience.telemetry.trace import SpanRecord
from resilience.telemetry.tree import draw

Spans = Callable[[], Sequence[SpanRecord]]

_COLOURS = {"closed": "green", "open": "bold red", "half_open": "yellow"}
_SHOWN = {
    Fact.BOOKED: "bookings",
    Fact.SENT: "on the wire",
    Fact.RETRIES: "retries",
    Fact.TIMEOUTS: "timeouts",
    Fact.REFUSED: "refused",
    Fact.LIMITED: "429s",
    Fact.DROPPED: "spans dropped",
}
_LINE_EVERY = 10


@contextmanager
def shown(console: Console, spans: Spans) -> Iterator[Show]:
    """What shows the moments of one scene: a live display, or now and then a line."""
    if not console.is_terminal:
        yield _lines(console)
        return
    with Live(console=console, transient=True, auto_refresh=False) as live:

        def show(moment: Moment) -> None:
            trace = latest(spans(), moment.scene.spans)
            live.update(picture(moment, trace, console.height), refresh=True)

        yield show


def picture(moment: Moment, trace: Sequence[SpanRecord], height: int) -> RenderableType:
    """The moment in at most `height` lines; a line that is too long ends in an ellipsis."""
    pieces = (_head(moment), _services(moment), _circuit(moment), _facts(moment), _tree(trace))
    cut = Table.grid(expand=True)
    cut.add_column(no_wrap=True, overflow="ellipsis")
    for piece in pieces:
        cut.add_row(piece)
    return _Within(cut, height - 1)


class _Within:
    """Shows the first lines of something."""

    def __init__(self, whole: RenderableType, lines: int) -> None:
        self._whole, self._lines = whole, max(1, lines)

    def __rich_console__(self, console: Console, options: object) -> Iterator[RenderableType]:
        lines = console.render_lines(self._whole, pad=False)[: self._lines]
        for line in lines:
            yield Text.assemble(*((segment.text, segment.style or "") for segment in line))


def _head(moment: Moment) -> RenderableType:
    head = Table.grid(padding=(0, 2), expand=True)
    head.add_column(no_wrap=True)
    head.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    head.add_column(width=20)
    bar = ProgressBar(total=1.0, completed=moment.share, width=20)
    head.add_row(Text(moment.scene.name, style="bold reverse"), Text(moment.says), bar)
    return head


def _services(moment: Moment) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True, min_width=5)
    for column in ("requests/s", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_row("agent", *_row(moment.agent))
    table.add_row("API", *_row(moment.api))
    return table


def _row(change: Change) -> Iterator[str]:
    yield f"{change.per_s:.1f}"
    for share in (0.5, 0.95, 0.99):
        yield f"{change.quantile_s(share) * 1000:.0f}"


def _circuit(moment: Moment) -> Text:
    tokens = moment.agent.after.sum("resilience_retry_budget_tokens")
    limit = moment.agent.after.sum("resilience_retry_budget_limit")
    line = Text("circuit ")
    line.append(moment.state or "unknown", style=_COLOURS.get(moment.state, ""))
    return line.append(f"   retry budget {tokens:.0f} of {limit:.0f}")


def _facts(moment: Moment) -> RenderableType:
    facts = moment.so_far.facts
    counts = [
        Text.assemble((f"{name} ", "dim"), (str(facts[fact]), "bold" if facts[fact] else "dim"))
        for fact, name in _SHOWN.items()
    ]
    return Columns(counts, padding=(0, 2))


def _tree(trace: Sequence[SpanRecord]) -> RenderableType:
    return draw(trace) if trace else Text("no trace yet", style="dim")


def _lines(console: Console) -> Show:
    seen = [""]
    count = [0]

    def show(moment: Moment) -> None:
        count[0] += 1
        if moment.says != seen[0]:
            seen[0] = moment.says
            console.print(f"  {moment.says}", soft_wrap=True)
        if count[0] % _LINE_EVERY == 0:
            console.print(_plain(moment), soft_wrap=True, highlight=False)

    return show


def _plain(moment: Moment) -> str:
    facts = moment.so_far.facts
    counts = ", ".join(f"{name} {facts[fact]}" for fact, name in _SHOWN.items() if facts[fact])
    p95_ms = moment.agent.quantile_s(0.95) * 1000
    return (
        f"  {moment.share:4.0%}  agent {moment.agent.per_s:.1f}/s, p95 {p95_ms:.0f} ms,"
        f" circuit {moment.state}; {counts}"
    )
