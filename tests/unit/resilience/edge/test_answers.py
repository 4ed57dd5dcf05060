"""The documents that the edge answers with."""

import json

from resilience.edge.answers import EDGE_STATUSES, RATE_LIMITED, UNPARSED, problem, raw_answer


def test_a_problem_names_its_reason_and_both_ids() -> None:
    """It is a problem document with the members that every error of ours has."""
    assert json.loads(problem(RATE_LIMITED, "req-1", "abc")) == {
        "type": "/problems/rate-limited",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "Too many requests; wait as long as Retry-After says.",
        "success": False,
        "error": "Too many requests; wait as long as Retry-After says.",
        "request_id": "req-1",
        "trace_id": "abc",
    }


def test_a_raw_answer_ends_its_connection() -> None:
    """Status line, headers and body, as they go over the wire."""
    assert raw_answer(400, [(b"a", b"1")], b"no") == (
        b"HTTP/1.1 400 Bad Request\r\na: 1\r\nconnection: close\r\n\r\nno"
    )


def test_every_status_of_the_edge_is_declared() -> None:
    """What is refused before parsing is among them."""
    assert {str(status) for status in UNPARSED} <= set(EDGE_STATUSES)
