"""Each booking is one story: one request id and one trace through every process."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import bookings, slots_in_disorder
from tests.load.drive import drive, evenly
from tests.load.faults import at_booking
from tests.load.house import House
from tests.load.records import Told
from tests.load.run import Run

from wire import Status

NAME = "end-to-end"
EVENTS = (
    "attempt.finished",
    "booking.appointment",
    "operation.finished",
    "request.served",
    "retry.started",
)
"""What the run must have provoked, else it proves nothing about it."""

RATE, OVER_S = 5.0, 6.0
UNLUCKY = (3, 13, 23)
OBJECTIVE_S = 5.0


async def _load(house: House, stage: Stage) -> None:
    house.agent_api.plan(*at_booking(house, UNLUCKY, Status(status=503)))
    slots = await slots_in_disorder(house, random.Random(stage.seed))
    dues = bookings(house, evenly(RATE, OVER_S), slots, first=1)
    await drive(house.records, dues, stage.say(house))


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run."""
    with stage.house(NAME, EVENTS) as house:
        asyncio.run(_load(house, stage))
    return Run(house.records.directory)


@pytest.fixture(scope="module")
def booked(run: Run) -> list[Told]:
    """What those who booked were told."""
    return [told for told in run.told if told.operation == "book_appointment"]


def test_everybody_is_served_in_time(booked: list[Told]) -> None:
    """A booking takes less than five seconds, also with a failure on its way."""
    assert [told.status for told in booked] == [201] * int(RATE * OVER_S)
    assert max(told.latency_s for told in booked) < OBJECTIVE_S


def test_one_request_id_crosses_every_hop(run: Run, booked: list[Told]) -> None:
    """What the user called the request is what each ledger and each log line calls it."""
    unlucky = {f"end-to-end-booking-{number}" for number in UNLUCKY}
    for told in booked:
        sent = 4 if told.request_id in unlucky else 3
        hops = {
            hop: sum(entry.request_id == told.request_id for entry in run.ledger(hop))
            for hop in ("users-agent", "agent-api")
        }
        assert hops == {"users-agent": 1, "agent-api": sent}


def test_one_trace_joins_all_that_happened(run: Run, booked: list[Told]) -> None:
    """Everything with the request's id has the trace that the user was told of, and the reverse."""
    by_request = {told.request_id: told.trace_id for told in booked}
    lines = [*run.lines("booking-agent"), *run.lines("booking-api")]
    told = {(line["request_id"], line["trace_id"]) for line in lines if "request_id" in line}
    crossed = {(e.request_id, e.trace_id) for e in run.ledger("agent-api")}

    assert len({*by_request.values()}) == len(booked)
    assert crossed == {*by_request.items()}
    assert {pair for pair in told if pair[0] in by_request} == crossed


def test_each_span_has_its_parent(run: Run, booked: list[Told]) -> None:
    """From the database's span up to the agent's own, no link is missing, in both services."""
    for told in booked:
        spans = {s["span_id"]: s for s in run.spans if s["trace_id"] == told.trace_id}
        roots = [s for s in spans.values() if s["parent_id"] not in spans]
        kinds = Counter((s["service"], s["kind"]) for s in spans.values() if _crosses(s))
        sent = sum(e.trace_id == told.trace_id for e in run.ledger("agent-api"))
        reached = sum(
            e.trace_id == told.trace_id and e.upstream_status is not None
            for e in run.ledger("agent-api")
        )

        assert [(s["name"], s["parent_id"]) for s in roots] == [("POST /book", "")]
        assert kinds == {
            ("booking-agent", "server"): 1,
            ("booking-agent", "client"): sent,
            ("booking-api", "server"): reached,
        }


def _crosses(span: Mapping[str, Any]) -> bool:
    """Whether it stands for a request between processes, not for a query."""
    return span["kind"] in ("client", "server") and "db.system.name" not in span["attributes"]


def test_the_books_balance(run: Run) -> None:
    """Ledger, metrics, spans, log lines and database tell the same, by every law."""
    assert verdict_on(run) == PASSED
