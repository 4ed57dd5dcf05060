"""Tests of `booking.demo.measured`."""

from dataclasses import replace

import pytest

from booking.demo.measured import Measured, sentence
from booking.demo.numbers import Change, Numbers
from booking.demo.scene import Act, Fact, Scene
from booking.traffic.tally import Tally
from wire import Entry

AGENT = """
resilience_attempts_total{error_type="",operation="x"} 1
resilience_attempts_total{error_type="503",operation="x"} 1
resilience_attempts_total{error_type="connection",operation="x"} 2
resilience_retries_total{operation="x"} 3
telemetry_made_total{signal="span"} 9
telemetry_delivered_total{signal="span"} 7
telemetry_dropped_total{signal="span",reason="queue_full"} 2
"""
API = """
booking_appointments_total{result="created"} 1
rate_limiting_requests_total{policy="10_per_minute",result="rejected"} 2
"""
POSTED = Entry(
    connection=1,
    client="127.0.0.1",
    operation="create_appointment",
    upstream_status=201,
    status=201,
    started_at="",
    started_s=0.0,
    ended_s=0.1,
)
FAILED = replace(POSTED, operation="list_services", upstream_status=None, status=503)

SCENE = Scene(
    name="test",
    broken="",
    answer="",
    acts=(Act(0.0, ""),),
    panels={},
    search="",
    expects={Fact.BOOKED: 1, Fact.TIMEOUTS: 2},
    never=frozenset({Fact.RETRIES, Fact.REFUSED}),
    path=("closed", "open"),
)


@pytest.fixture
def measured() -> Measured:
    """Two requests on the wire, two that never reached it, two 429s for the greedy one."""
    nothing = Numbers(0.0, ())
    visitors, greedy = Tally(), Tally()
    for status in (201, 409, 503, None):
        visitors.enter("book", status, 0.1)
    for _ in range(2):
        greedy.enter("greedy", 429, 0.0)
    return Measured(
        agent=Change(nothing, Numbers.read(1.0, AGENT)),
        api=Change(nothing, Numbers.read(1.0, API)),
        ledger=[POSTED, FAILED],
        visitors=visitors,
        greedy=greedy,
        path=("closed",),
    )


def test_facts_come_from_the_records(measured: Measured) -> None:
    """A conflict is an answer like any other; a failure and a silence are not."""
    happened = {fact: count for fact, count in measured.facts.items() if count}
    assert happened == {
        Fact.BOOKED: 1,
        Fact.SENT: 2,
        Fact.RETRIES: 3,
        Fact.ERRORS: 1,
        Fact.LIMITED: 2,
        Fact.FAILED: 2,
        Fact.DROPPED: 2,
    }


def test_agreeing_records_balance(measured: Measured) -> None:
    """What never reached the wire is in no ledger; a dropped span is accounted for."""
    assert [str(each) for each in measured.balances] == [
        "2 requests on the wire = 2 attempts",
        "1 503s on the wire = 1 failed attempts",
        "0 left early = 0 timeouts",
        "1 201s on the wire = 1 bookings and replays",
        "2 429s received = 2 rejections",
        "9 spans made = 9 delivered or dropped",
    ]


@pytest.mark.parametrize(
    ("entry", "uneven"),
    [
        (replace(FAILED, status=200), ["3 requests on the wire but 2 attempts"]),
        (
            replace(FAILED, client_closed_early=True),
            [
                "3 requests on the wire but 2 attempts",
                "2 503s on the wire but 1 failed attempts",
                "1 left early but 0 timeouts",
            ],
        ),
        (
            replace(POSTED, status=None),
            [
                "3 requests on the wire but 2 attempts",
                "2 201s on the wire but 1 bookings and replays",
            ],
        ),
    ],
    ids=["an uncounted attempt", "an uncounted timeout", "an uncounted booking"],
)
def test_a_record_that_says_more_is_found(
    measured: Measured, entry: Entry, uneven: list[str]
) -> None:
    """The residual is told in numbers."""
    more = replace(measured, ledger=[*measured.ledger, entry])
    assert [str(each) for each in more.balances if not each.even] == uneven


def test_what_a_scene_should_have_done_and_did_not_is_told(measured: Measured) -> None:
    """Too little, too much, and another path of the circuit."""
    assert measured.missing(SCENE) == [
        "timeouts: 0 (expected at least 2)",
        "retries: 3 (expected none)",
        "the circuit went closed (expected closed > open)",
    ]


def test_the_sentence_tells_what_happened(measured: Measured) -> None:
    """With the nought that matters: nobody else met the limit of the greedy one."""
    assert sentence(replace(measured, path=("closed", "open"))) == (
        "bookings made: 1, requests that crossed the wire: 2, retries: 3, 503s: 1,"
        " 429s to the flood: 2, requests of visitors that failed: 2, spans dropped: 2,"
        " 429s to anybody else: 0, circuit closed > open"
    )
