"""The charts of a run."""

from pathlib import Path

from audit.books import Books
from audit.page.axis import Stretch
from audit.page.figures import charts
from audit.records import Answer, Line
from audit.run import Run

RUN = Run(directory=Path("nowhere"))


def _answer(status: int | None, intended_s: float, ended_s: float) -> Answer:
    return Answer(
        "u", "book", status, "r", "", "", "", "", "", "", False, intended_s, intended_s, ended_s
    )


def _transition(to: str, from_state: str, at_s: float) -> Line:
    labels = ("api", from_state, to, "failures")
    return Line("agent-1", "circuit_breaker.transition", "", "", "", at_s, labels)


def test_only_what_there_are_records_of_is_drawn() -> None:
    """An empty run has no charts."""
    assert charts(Books(run=RUN)) == []


def test_latency_counts_from_when_a_request_was_due() -> None:
    """A request that had to wait before it could be sent was slow for its user."""
    books = Books(run=RUN, users=[_answer(200, 0.0, 1.0), _answer(429, 0.5, 1.0)])

    latency, answers = charts(books)

    assert latency.title == "Seconds from when a request was due to its answer"
    assert latency.series == ("median", "95 %", "slowest")
    assert [box.title for box in answers.boxes] == [
        "2xx: 10 a second at 0.9 s",
        "429: 10 a second at 0.9 s",
    ]


def test_the_states_of_a_breaker_follow_each_other_without_a_gap() -> None:
    """From the begin of the run to its end."""
    told = [_transition("half_open", "open", 6.0), _transition("open", "closed", 2.0)]
    last = Line("agent-1", "", "", "", "", 8.0)
    books = Books(run=RUN, lines={"circuit_breaker.transition": told, "": [last]})

    chart = charts(books)[-1]

    assert chart.rows == [
        (
            "agent-1 to api",
            [
                Stretch(0.0, 220.0, "closed from 0.00 s", "closed"),
                Stretch(220.0, 440.0, "open from 2.00 s", "open"),
                Stretch(660.0, 220.0, "half_open from 6.00 s", "half_open"),
            ],
        )
    ]
