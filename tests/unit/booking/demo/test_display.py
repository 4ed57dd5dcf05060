"""Tests of `booking.demo.display`."""

import io

import pytest
from rich.console import Console

from booking.demo.display import picture, shown
from booking.demo.measured import Measured
from booking.demo.numbers import DURATION, Change, Numbers
from booking.demo.scenes import FLAKY
from booking.demo.stage import Moment
from booking.traffic.tally import Tally
from resilience.telemetry.trace import SpanRecord

SERVED = f"""
{DURATION}_bucket{{le="0.1"}} 4
{DURATION}_bucket{{le="+Inf"}} 4
{DURATION}_count 4
resilience_retries_total 3
resilience_retry_budget_tokens 92
resilience_retry_budget_limit 100
"""
CHANGE = Change(Numbers(10.0, ()), Numbers.read(12.0, SERVED))
MOMENT = Moment(
    scene=FLAKY,
    share=0.5,
    says="503s begin",
    state="open",
    agent=CHANGE,
    api=CHANGE,
    so_far=Measured(CHANGE, CHANGE, [], Tally(), Tally(), ()),
)
SPAN = SpanRecord(
    service="booking-agent",
    name="POST /book",
    kind="server",
    trace_id="ab" * 16,
    span_id="cd" * 8,
    parent_id="",
    start_ns=0,
    end_ns=2_000_000,
    status="unset",
    attributes={},
)


def render(width: int, height: int) -> list[str]:
    """The lines that a terminal of this size shows."""
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=True, color_system=None)
    console.print(picture(MOMENT, [SPAN], height))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_moment_shows_what_the_records_say() -> None:
    """Rates and times of both services, the circuit, the counts, and the last trace."""
    lines = render(100, 30)
    assert lines[0].startswith("flaky  503s begin")
    assert lines[1:6] == [
        "       requests/s  p50 ms  p95 ms  p99 ms",
        "agent         2.0      50      95      99",
        "API           2.0      50      95      99",
        "circuit open   retry budget 92 of 100",
        "bookings 0  on the wire 0  retries 3  timeouts 0  refused 0  429s 0  spans dropped 0",
    ]
    assert lines[-1] == "└── + 0.000 s    2.0 ms  POST /book  booking-agent server"


@pytest.mark.parametrize(("width", "height"), [(40, 24), (60, 8), (20, 3)], ids=str)
def test_it_fits_into_small_terminals(width: int, height: int) -> None:
    """Nothing is broken over lines that are not there."""
    lines = render(width, height)
    assert len(lines) < height
    assert max(map(len, lines)) <= width


def test_without_a_terminal_it_says_what_changes() -> None:
    """A line for each new thing, not one for each look."""
    out = io.StringIO()
    with shown(Console(file=out, width=80), lambda: []) as show:
        for _ in range(10):
            show(MOMENT)
    assert out.getvalue() == (
        "  503s begin\n   50%  agent 2.0/s, p95 95 ms, circuit open; retries 3\n"
    )
