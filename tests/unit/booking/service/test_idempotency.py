"""How a retried request is recognised."""

import pytest
from tests.booking_shop import key_use

BODY = {"service_id": "srv-001", "client": {"name": "A", "email": "B"}}


def test_the_same_request_is_the_same_use() -> None:
    """The order of the members does not matter."""
    turned = {"client": {"email": "B", "name": "A"}, "service_id": "srv-001"}
    assert key_use(body=BODY) == key_use(body=turned)


@pytest.mark.fault(42)
def test_another_body_differs_in_the_fingerprint_alone() -> None:
    """The same key with another body is found, and found to differ."""
    one, other = key_use(body=BODY), key_use(body=BODY | {"service_id": "srv-002"})
    assert (one.scope, one.key) == (other.scope, other.key)
    assert one.fingerprint != other.fingerprint


@pytest.mark.fault(42)
def test_another_client_or_endpoint_is_another_scope() -> None:
    """No client meets another's keys, and no endpoint, however the names are cut."""
    scopes = {
        key_use(client=client, endpoint=endpoint).scope
        for client, endpoint in [("a", "bc"), ("ab", "c"), ("abc", ""), ("", "abc"), ("a,b", "c")]
    }
    assert len(scopes) == 5


@pytest.mark.fault(76)
def test_a_use_holds_digests_only() -> None:
    """Neither the key nor the client nor the body can be read from it."""
    shown = repr(key_use("secret-key", client="192.0.2.1", body={"name": "Ada"}))
    assert not any(text in shown for text in ("secret-key", "192.0.2.1", "Ada"))


def test_lone_surrogates_do_no_harm() -> None:
    """A text that cannot be encoded still has a fingerprint."""
    assert key_use(body="\ud800") != key_use(body="\ud801")
