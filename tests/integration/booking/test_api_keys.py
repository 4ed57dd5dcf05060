"""Repeated requests over real sockets: one key, one effect, one answer."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.booking_api import BOOKING, NOW, booking
from tests.booking_shop import SetClock
from tests.booking_stand import KEYED, BookingStand, booking_stand, rows
from tests.edge_stand import Connection, Reply, http

MOVE = {"date": "2026-12-02", "start_time": "10:00"}


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[BookingStand]:
    """One running API."""
    with booking_stand(tmp_path) as running:
        yield running


def until_decided(stand: BookingStand, within_s: float = 10.0) -> Reply:
    """Send the request again for as long as its key is in flight."""
    ends_s = time.monotonic() + within_s
    while time.monotonic() < ends_s:
        reply = stand.send()
        if reply.status != 409:
            return reply
        assert reply.json()["type"] == "/problems/idempotency-key-in-flight"
    raise TimeoutError("the key stayed in flight")


def replayed(reply: Reply) -> str | None:
    """What the header says."""
    found: str | None = reply.headers["Idempotency-Replayed"]
    return found


@pytest.mark.fault(41)
def test_a_repeated_request_gets_the_same_bytes(stand: BookingStand, tmp_path: Path) -> None:
    """The second answer is the first, said to be a replay, and nothing is booked twice."""
    first, second = stand.send(), stand.send()
    assert (first.status, replayed(first)) == (201, None)
    assert (second.status, replayed(second), second.body) == (201, "true", first.body)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(rows(tmp_path)) == 1


@pytest.mark.fault(41)
def test_sixteen_at_once_book_once(stand: BookingStand, tmp_path: Path) -> None:
    """Whoever comes first books; all the others get that answer."""
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: until_decided(stand), range(16)))
    assert {(reply.status, reply.body) for reply in replies} == {(201, replies[0].body)}
    assert sorted(map(str, map(replayed, replies))) == ["None", *["true"] * 15]
    assert len(rows(tmp_path)) == 1


@pytest.mark.fault(41)
def test_two_servers_and_a_restart_share_the_keys(tmp_path: Path) -> None:
    """A key is kept with the booking, so any server on the file knows it, now and later."""
    with booking_stand(tmp_path) as one, booking_stand(tmp_path) as other:
        replies = [one.send(), other.send()]
    with booking_stand(tmp_path) as restarted:
        replies.append(restarted.send())
    assert {(reply.status, reply.body) for reply in replies} == {(201, replies[0].body)}
    assert [replayed(reply) for reply in replies] == [None, "true", "true"]
    assert len(rows(tmp_path)) == 1


@pytest.mark.fault(6)
def test_a_lost_answer_is_got_by_asking_again(stand: BookingStand, tmp_path: Path) -> None:
    """The server had committed when the connection died; the repetition gets that booking."""
    with Connection(stand.port) as connection:
        connection.send(http("POST /appointments", KEYED, json.dumps(BOOKING).encode()))
        assert connection.readable(5.0)
    reply = until_decided(stand)
    assert (reply.status, replayed(reply)) == (201, "true")
    assert rows(tmp_path) == [(reply.json()["appointment"]["confirmation_number"],)]
    assert stand.signals.value("booking_appointments_total", result="replayed") == 1.0
    server = stand.signals.spans("create_appointment")[-1]
    assert server.attributes["booking.result"] == "replayed"


@pytest.mark.fault(42)
def test_a_key_belongs_to_one_request(stand: BookingStand, tmp_path: Path) -> None:
    """Another body is refused, however alike; the same body in other order is not."""
    first = stand.send()
    backwards = stand.send(document=dict(reversed(BOOKING.items())))
    other = stand.send(document=booking(start_time="11:00"))
    assert (backwards.status, backwards.body) == (201, first.body)
    assert (other.status, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert len(rows(tmp_path)) == 1


@pytest.mark.fault(42)
def test_a_key_belongs_to_one_client(stand: BookingStand, tmp_path: Path) -> None:
    """Somebody else's same key is theirs: they book for themselves, or find the slot taken."""
    stand.send()
    taken = stand.send(source="127.0.0.2")
    free = stand.send(document=booking(start_time="11:00"), source="127.0.0.3")
    assert (taken.status, free.status, replayed(free)) == (409, 201, None)
    assert len(rows(tmp_path)) == 2


@pytest.mark.fault(42)
def test_a_key_belongs_to_one_endpoint(stand: BookingStand) -> None:
    """The key of a booking serves again for a move and then for another appointment."""
    paths = [
        stand.send(headers={**KEYED, "Idempotency-Key": key}, document=document).headers["Location"]
        for key, document in (("a", BOOKING), ("b", booking(start_time="11:00")))
    ]
    headers = {**KEYED, "Idempotency-Key": "a"}
    moves = [
        stand.send(f"PATCH {path}", {**MOVE, "start_time": start}, headers=headers)
        for path, start in zip(paths, ("10:00", "10:30"), strict=True)
    ]
    again = stand.send(f"PATCH {paths[0]}", MOVE, headers=headers)
    assert [(reply.status, replayed(reply)) for reply in moves] == [(200, None), (200, None)]
    assert (again.status, replayed(again), again.body) == (200, "true", moves[0].body)


@pytest.mark.fault(42)
def test_a_key_that_expired_is_new(tmp_path: Path) -> None:
    """After its day a key does a new operation, which now finds the slot taken."""
    clock = SetClock(NOW)
    with booking_stand(tmp_path, clock) as stand:
        first = stand.send(document=booking(date="2026-12-10"))
        clock.advance(hours=23)
        before = stand.send(document=booking(date="2026-12-10"))
        clock.advance(hours=2)
        after = stand.send(document=booking(date="2026-12-10"))
    assert (before.status, before.body) == (201, first.body)
    assert (after.status, after.json()["type"]) == (409, "/problems/slot-taken")


@pytest.mark.fault(43)
def test_both_forms_of_a_key_are_the_same_key(stand: BookingStand, tmp_path: Path) -> None:
    """Quoted or not, it is the same request; malformed, it is none."""
    forms = ["key-2", '"key-2"', '"key-2', "k" * 256, "caf\u00e9"]
    replies = [stand.send(headers={**KEYED, "Idempotency-Key": form}) for form in forms]
    assert [reply.status for reply in replies] == [201, 201, 400, 400, 400]
    assert len(rows(tmp_path)) == 1


def test_a_refused_request_does_not_use_up_its_key(stand: BookingStand) -> None:
    """A conflict is decided anew: when the slot is free again, the same key books it."""
    other = stand.send(headers={**KEYED, "Idempotency-Key": "other"})
    conflict = stand.send()
    stand.send(f"PATCH {other.headers['Location']}", {"status": "cancelled"}, headers=PLAIN)
    assert [conflict.status, stand.send().status] == [409, 201]


PLAIN = {"Content-Type": "application/json"}
