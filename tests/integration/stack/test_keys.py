"""One key books once: over two API processes on one database, over crashes and restarts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

import pytest
from tests.stack_http import Answer, ask, wish
from tests.stack_process import Server

from wire import Drop, Plan, Rule, running_proxy

CLIENT = "127.0.0.1"
"""A key belongs to a client: all requests here come from one address."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two API processes that started together on one new database, without limits."""
    directory = tmp_path_factory.mktemp("pair")
    with Server("api", directory, LIMITS="") as one, Server("api", directory, LIMITS="") as two:
        yield one.ready(), two.ready()


def book(server: Server, body: object, key: str) -> Answer:
    """Book under a key; asks again while the key is in flight."""
    while True:
        headers = {"Idempotency-Key": key}
        answer = ask(server.port, "POST /appointments", body, headers, user=CLIENT)
        if answer.status != 409 or not answer.json()["type"].endswith("in-flight"):
            return answer


def replayed(answer: Answer) -> bool:
    """Whether it says of itself that it is a stored answer."""
    return bool(answer.headers["Idempotency-Replayed"] == "true")


@pytest.mark.fault(41)
def test_a_key_is_known_to_the_other_process(pair: tuple[Server, Server]) -> None:
    """The second process repeats the answer of the first, byte for byte."""
    one, two = pair
    body, rows = wish(one.port), len(one.rows())
    answers = [book(server, body, "sequential") for server in (one, two, one)]

    assert [answer.status for answer in answers] == [201] * 3
    assert len({answer.body for answer in answers}) == 1
    assert [replayed(answer) for answer in answers] == [False, True, True]
    assert len(one.rows()) == rows + 1


@pytest.mark.fault(41)
def test_sixteen_at_once_over_two_processes_book_once(pair: tuple[Server, Server]) -> None:
    """Whoever comes first books; the other fifteen get its answer."""
    body, rows = wish(pair[0].port), len(pair[0].rows())
    with ThreadPoolExecutor(16) as pool:
        answers = [*pool.map(lambda n: book(pair[n % 2], body, "at-once"), range(16))]

    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert sum(not replayed(answer) for answer in answers) == 1
    assert len(pair[0].rows()) == rows + 1


@pytest.mark.fault(39)
def test_sixteen_clients_of_two_processes_get_one_slot_once(pair: tuple[Server, Server]) -> None:
    """One is booked; every other is told so, with what is free instead."""
    body, rows = wish(pair[0].port), len(pair[0].rows())
    with ThreadPoolExecutor(16) as pool:
        answers = [*pool.map(lambda n: book(pair[n % 2], body, f"client-{n}"), range(16))]
    refused = [answer.json() for answer in answers if answer.status == 409]

    assert sorted(answer.status for answer in answers) == [201] + [409] * 15
    assert {each["type"] for each in refused} == {"/problems/slot-taken"}
    assert {len(each["alternatives"]) for each in refused} == {5}
    assert len(pair[0].rows()) == rows + 1


@pytest.mark.fault(6, 41)
def test_a_booking_survives_the_death_of_the_process_that_never_answered(
    pair: tuple[Server, Server],
) -> None:
    """Committed, not answered, killed, started again: the same key gets the stored 201."""
    one, two = pair
    body, rows, key = wish(one.port), len(one.rows()), {"Idempotency-Key": "crash"}
    lost = Plan(rules=(Rule(every=True, fault=Drop(then="reset")),))
    with running_proxy(f"127.0.0.1:{one.port}", lost) as proxy:
        with pytest.raises((OSError, HTTPException)):
            ask(proxy.port, "POST /appointments", body, key, user=CLIENT)
        one.kill()
        (entry,) = proxy.ledger.wait_for(1)
    one.start()
    again = [book(server, body, "crash") for server in (one.ready(), two)]
    number = again[0].json()["appointment"]["confirmation_number"]
    shown = ask(one.port, f"GET /appointments/{number}")

    assert (entry.upstream_status, entry.status) == (201, None)
    assert [answer.status for answer in (*again, shown)] == [201, 201, 200]
    assert [replayed(answer) for answer in again] == [True, True]
    assert again[0].body == again[1].body
    assert shown.json()["appointment"] == again[0].json()["appointment"]
    assert len(one.rows()) == rows + 1


@pytest.mark.fault(42)
def test_a_key_with_another_body_is_refused_by_either_process(pair: tuple[Server, Server]) -> None:
    """It stands for the request that it came with first, however that was written."""
    one, two = pair
    body = wish(one.port)
    first = book(one, body, "reused")
    same = book(two, dict(reversed(body.items())), '"reused"')
    other = book(two, {**body, "service_id": "srv-001"}, "reused")

    assert [first.status, same.status, other.status] == [201, 201, 422]
    assert (replayed(same), other.json()["type"]) == (True, "/problems/idempotency-key-reused")
