"""Idempotency keys."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.booking_shop import key_use

from booking.adapters.store_connection import connect
from booking.adapters.store_keys import PURGE_BATCH, PURGE_EVERY, KeysInFlight, Once
from booking.adapters.store_migration import prepare
from booking.domain.errors import KeyInFlight, KeyReused, SlotTaken
from booking.service.idempotency import KeyUse
from booking.service.ports import Outcome, Reply

DAY_S = 86_400
FIRST = Reply(201, b"first", Outcome.CREATED)
SECOND = Reply(201, b"second", Outcome.CREATED)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The shop's database."""
    prepare(tmp_path / "x.db", busy_timeout_s=1)
    with closing(connect(tmp_path / "x.db", busy_timeout_s=1)) as connection:
        yield connection


def once(
    reply: Reply,
    use: KeyUse | None = None,
    now_s: int = 0,
    work: Callable[..., Reply] | None = None,
) -> Once:
    """Work with this reply, done under a key at this second."""
    return Once(use or key_use(), work or (lambda _: reply), now_s, DAY_S)


def test_the_first_reply_is_replayed(connection: sqlite3.Connection) -> None:
    """The second time the work is not done, and the reply says so."""
    assert once(FIRST).carefully(connection) == FIRST
    never = once(SECOND, work=lambda _: pytest.fail("done twice"))
    assert never.carefully(connection) == Reply(201, b"first", Outcome.REPLAYED)


def test_the_quick_way_trips_over_a_stored_key(connection: sqlite3.Connection) -> None:
    """It raises instead of looking, so that the careful way is taken."""
    once(FIRST).quickly(connection)
    with pytest.raises(sqlite3.IntegrityError):
        once(SECOND).quickly(connection)


@pytest.mark.fault(42)
def test_a_key_of_another_request_is_refused(connection: sqlite3.Connection) -> None:
    """The same key with another body is never answered with the stored reply."""
    once(FIRST).carefully(connection)
    with pytest.raises(KeyReused):
        once(SECOND, key_use(body=2)).carefully(connection)


@pytest.mark.fault(42)
@pytest.mark.parametrize("use", [key_use(client="b"), key_use(endpoint="PATCH")])
def test_other_clients_and_endpoints_are_apart(connection: sqlite3.Connection, use: KeyUse) -> None:
    """The same key elsewhere is another key."""
    once(FIRST).carefully(connection)
    assert once(SECOND, use).carefully(connection) == SECOND


@pytest.mark.fault(42, 95)
@pytest.mark.parametrize(("after_s", "reply"), [(DAY_S, b"first"), (DAY_S + 1, b"second")])
def test_a_key_expires_after_its_retention(
    connection: sqlite3.Connection, after_s: int, reply: bytes
) -> None:
    """Never a second early; then it is new, even for another body."""
    once(FIRST).carefully(connection)
    use = key_use() if reply == b"first" else key_use(body=2)
    assert once(SECOND, use, after_s).carefully(connection).body == reply


def test_a_failure_is_not_kept(connection: sqlite3.Connection) -> None:
    """Only a reply is stored, so the next try does the work."""

    def taken(_connection: sqlite3.Connection) -> Reply:
        raise SlotTaken

    with pytest.raises(SlotTaken):
        once(FIRST, work=taken).carefully(connection)
    assert once(FIRST).carefully(connection) == FIRST


def test_expired_keys_are_forgotten_in_small_batches(connection: sqlite3.Connection) -> None:
    """Every 64th key clears away up to 200 that have expired, and no other."""
    for number in range(PURGE_BATCH + PURGE_EVERY):
        once(FIRST, key_use(str(number))).quickly(connection)
    before = connection.execute("SELECT count(*) FROM idempotency").fetchone()[0]
    for number in range(PURGE_EVERY):
        once(FIRST, key_use(f"later {number}"), DAY_S + 1).quickly(connection)
    after = connection.execute("SELECT count(*) FROM idempotency").fetchone()[0]
    assert after == before + PURGE_EVERY - PURGE_BATCH


@pytest.mark.fault(10)
def test_a_held_key_is_in_flight() -> None:
    """The same request again is told to wait, another request that the key is taken."""
    keys = KeysInFlight()
    with keys.hold(key_use()):
        with pytest.raises(KeyInFlight), keys.hold(key_use()):
            pass
        with pytest.raises(KeyReused), keys.hold(key_use(body=2)):
            pass
        with keys.hold(key_use("another")):
            pass


def test_a_key_is_let_go_after_a_failure() -> None:
    """However the request ends, the key can be held again."""
    keys = KeysInFlight()
    with pytest.raises(SlotTaken), keys.hold(key_use()):
        raise SlotTaken
    with keys.hold(key_use()):
        pass
