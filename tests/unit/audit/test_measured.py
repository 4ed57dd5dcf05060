"""The figures of a run."""

from pathlib import Path

from audit.books import Books
from audit.measured import Figure, measure, quantile
from audit.records import Answer, Crossing, Line
from audit.run import Hop, Run

RUN = Run(directory=Path("nowhere"), hops=(Hop(name="agent-api", client="booking-agent"),))


def _answer(user: str, status: int | None, took_s: float) -> Answer:
    return Answer(user, "book", status, "r", "", "", "", "", "", "", False, 0.0, 0.0, took_s)


def _crossing(attempt: int, fault: str = "") -> Crossing:
    return Crossing(
        "agent-api", 1, "", "POST", "/", "", "", "", "", attempt, "", 201, 201, fault, False, "",
        0.0, None, 1.0,
    )  # fmt: skip


def test_nothing_is_claimed_of_what_has_no_record() -> None:
    """An empty run has no figures."""
    assert measure(Books(run=RUN)) == []


def test_users_are_measured_from_when_they_were_due() -> None:
    """Every figure names the record that it was read from."""
    books = Books(run=RUN, users=[_answer("a", 201, 1.0), _answer("b", None, 2.0)])
    source = "users.jsonl"

    assert measure(books) == [
        Figure("users", "2", source),
        Figure("their requests, by the answer's status", "201: 1, none: 1", source),
        Figure("answered with success", "50.00 %", source),
        Figure("answers a second", "1.0", source),
        Figure("half of them answered within, from when they were due", "1.000 s", source),
        Figure("95 % of them answered within, from when they were due", "2.000 s", source),
        Figure("99 % of them answered within, from when they were due", "2.000 s", source),
        Figure("all of them answered within, from when they were due", "2.000 s", source),
    ]


def test_the_wire_tells_how_often_was_sent_again() -> None:
    """By the ledger, which knows nothing of retries but what it saw."""
    sent = [_crossing(1, "status"), _crossing(2), _crossing(1)]
    source = "ledger/agent-api.jsonl"

    assert measure(Books(run=RUN, crossings={"agent-api": sent})) == [
        Figure("attempts on the wire", "3", source),
        Figure("attempts for each first one", "1.500", source),
        Figure("of them met an injected fault", "1", source),
    ]


def test_what_the_protections_did_is_counted_by_their_lines() -> None:
    """Also when it is nothing."""
    books = Books(run=RUN, lines={"timeout.elapsed": [Line("a", "", "", "", "", 0.0)]})

    assert [figure.value for figure in measure(books)] == ["1", "0", "0", "0", "0"]


def test_a_quantile_is_a_value_that_was_measured() -> None:
    """No interpolation between two answers."""
    values = [4.0, 1.0, 3.0, 2.0]
    assert [quantile(values, share) for share in (0.5, 0.75, 0.95)] == [2.0, 3.0, 4.0]
    assert quantile([], 0.5) == 0.0
