"""The Idempotency-Key header."""

from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient
from tests.booking_api import BOOKING, MemoryStore, booking

from booking.service.idempotency import KeyUse
from booking.service.ports import Outcome, Reply
from booking.web.keys import key_text
from booking.web.problems import INVALID_KEY, Problem
from resilience.arrival import ARRIVAL, Arrival

pytestmark = pytest.mark.fault(43)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        ("!~#", "!~#"),
        (r'"a\"b\\c"', r'a"b\c'),
        ("k" * 255, "k" * 255),
        ('"' + "k" * 255 + '"', "k" * 255),
        ('"' + r"\\" * 255 + '"', "\\" * 255),
    ],
)
def test_both_forms_hold_the_same_key(header: str, key: str) -> None:
    """A key in quotes is the key itself, with its escapes undone."""
    assert key_text(header) == key


@pytest.mark.parametrize(
    "header",
    [
        *("", " ", "a b", "a\tb", "é", "\x7f", "k" * 256, "k" * 100_000),
        *('""', '"', '"abc', '"a"b"', '"a"; b', '"a b"', '"a\\b"', '"' + "k" * 256 + '"'),
    ],
)
def test_anything_else_is_no_key(header: str) -> None:
    """Empty, long, spaced, foreign and half-quoted values are refused."""
    with pytest.raises(Problem) as caught:
        key_text(header)
    assert caught.value.kind is INVALID_KEY


@pytest.mark.parametrize("key", ["", "k" * 256, '"half'])
def test_a_bad_key_is_answered_with_400(client: FlaskClient, store: MemoryStore, key: str) -> None:
    """A request with a bad key is refused with a sentence and changes nothing."""
    answer = client.post("/appointments", json=BOOKING, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.get_json()["error"], store.kept) == (
        400,
        "The Idempotency-Key is not valid; expected 1 to 255 visible ASCII characters, plain or "
        "in double quotes, or no such header.",
        {},
    )


def test_a_key_is_optional(client: FlaskClient, store: MemoryStore) -> None:
    """Without the header a booking is made without a key."""
    answer = client.post("/appointments", json=BOOKING)
    assert (answer.status_code, store.keys) == (201, [None])


def use_of(
    client: FlaskClient,
    store: MemoryStore,
    document: Mapping[str, object] = BOOKING,
    *,
    method: str = "POST",
    path: str = "/appointments",
    environ: Mapping[str, object] | None = None,
) -> KeyUse:
    """What the store is told of a request's key."""
    client.open(
        path,
        method=method,
        json=document,
        headers={"Idempotency-Key": "k-1"},
        environ_overrides=dict(environ or {}),
    )
    use = store.keys.pop()
    assert use is not None
    return use


@pytest.mark.fault(42)
def test_the_order_of_members_does_not_change_a_request(
    client: FlaskClient, store: MemoryStore
) -> None:
    """The fingerprint is of what a request says, not of how it is written."""
    backwards = dict(reversed(BOOKING.items()))
    assert use_of(client, store) == use_of(client, store, backwards)


@pytest.mark.fault(42)
def test_another_body_is_another_request_under_the_same_key(
    client: FlaskClient, store: MemoryStore
) -> None:
    """Scope and key stay, the fingerprint differs."""
    one, other = use_of(client, store), use_of(client, store, booking(start_time="10:00"))
    assert (one.scope, one.key) == (other.scope, other.key)
    assert one.fingerprint != other.fingerprint


@pytest.mark.fault(42)
def test_the_same_key_of_another_client_is_another_key(
    client: FlaskClient, store: MemoryStore
) -> None:
    """The client is the one that the edge found, or else the peer's address."""
    edge = {ARRIVAL: Arrival(0.0, "req-1", "2001:db8::/64")}
    peer = {"REMOTE_ADDR": "192.0.2.7"}
    scopes = {
        use_of(client, store).scope,
        use_of(client, store, environ=peer).scope,
        use_of(client, store, environ=edge).scope,
        use_of(client, store, environ={**peer, **edge}).scope,
    }
    assert len(scopes) == 3


@pytest.mark.fault(42)
def test_the_same_key_at_another_endpoint_is_another_key(
    client: FlaskClient, store: MemoryStore
) -> None:
    """A booking, and changes of two appointments, never share a key."""
    cancel = {"status": "cancelled"}
    paths = [f"/appointments/APPT-000000000000000{number}" for number in "123"]
    scopes = {use_of(client, store, cancel, method="PATCH", path=path).scope for path in paths}
    assert len({*scopes, use_of(client, store).scope}) == 4


def test_a_number_may_be_spelled_differently_in_a_repetition(
    client: FlaskClient, store: MemoryStore
) -> None:
    """Lower case and lookalikes lead to the same appointment and to the same key."""
    cancel = {"status": "cancelled"}
    paths = ["/appointments/APPT-0000000000000001", "/appointments/appt-ooooooooooooooOl"]
    uses = [use_of(client, store, cancel, method="PATCH", path=path) for path in paths]
    assert uses[0] == uses[1]


def test_a_replay_is_the_stored_answer_and_says_so(client: FlaskClient, store: MemoryStore) -> None:
    """The bytes are those that were stored, and the header tells that they are."""
    first = client.post("/appointments", json=BOOKING)
    store.reply = Reply(201, first.data, Outcome.REPLAYED)
    again = client.post("/appointments", json=BOOKING, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.data, again.headers["Location"]) == (
        201,
        first.data,
        first.headers["Location"],
    )
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (
        None,
        "true",
    )
