"""Whom a request counts for, seen over sockets from several addresses."""

from collections.abc import Mapping

import pytest
from tests.edge_stand import KEY, Stand, http, stand


def exhausted(server: Stand, headers: Mapping[str, str], source: str = "127.0.0.1") -> bool:
    """Whether a request with these headers meets a used-up limit."""
    return server.get("/services", headers, source).status == 429


@pytest.mark.fault(60)
@pytest.mark.parametrize(
    "name",
    ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X_Forwarded_For", "True-Client-IP"],
)
def test_a_stranger_cannot_choose_an_address(name: str) -> None:
    """Whatever a stranger claims, requests count for the peer's address."""
    with stand(limits="3/minute") as server:
        refused = [exhausted(server, {name: f"198.51.100.{n}"}) for n in range(4)]

    assert refused == [False, False, False, True]


def test_each_peer_has_a_limit_of_its_own() -> None:
    """One address at its limit leaves another one's untouched."""
    with stand(limits="1/minute") as server:
        refused = [
            exhausted(server, {}, source) for source in ("127.0.3.1", "127.0.3.1", "127.0.3.2")
        ]

    assert refused == [False, True, False]


@pytest.mark.fault(60)
def test_behind_a_trusted_proxy_the_right_most_untrusted_hop_counts() -> None:
    """What a client puts before the proxy's own entry changes nothing; junk is the proxy itself."""
    proxy = "127.0.4.1"
    with stand(limits="1/minute", trusted_proxies=("127.0.4.0/24",)) as server:
        refused = [
            exhausted(server, {"X-Forwarded-For": hops}, proxy)
            for hops in (
                "198.51.100.1",
                "10.9.9.9, 198.51.100.1, 127.0.4.2",
                "198.51.100.2",
                "::ffff:198.51.100.2",
                "junk",
                "198.51.100.3, \xff",
            )
        ]

    assert refused == [False, True, False, True, False, True]


@pytest.mark.fault(60)
def test_one_ipv6_subscriber_is_one_client() -> None:
    """Addresses of one /64 share a limit; the next /64 has its own."""
    proxy = "127.0.4.1"
    with stand(limits="1/minute", trusted_proxies=(proxy + "/32",)) as server:
        refused = [
            exhausted(server, {"X-Forwarded-For": address}, proxy)
            for address in ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1")
        ]

    assert refused == [False, True, False]


def test_a_caller_that_shows_the_key_speaks_for_its_users() -> None:
    """With the key the last forwarded address counts; with a wrong key the peer's does."""
    with stand(limits="1/minute", trusted_key=KEY) as server:
        refused = [
            exhausted(server, {"X-Trusted-Key": key, "X-Forwarded-For": f"1.1.1.1, {user}"})
            for key, user in (
                (KEY, "198.51.100.1"),
                (KEY, "198.51.100.2"),
                (KEY, "198.51.100.1"),
                ("sixteen-or-more-lettern", "198.51.100.3"),
                ("sixteen-or-more-lettern", "198.51.100.4"),
            )
        ]

    assert refused == [False, False, True, False, True]


@pytest.mark.fault(84)
def test_the_application_sees_neither_the_key_nor_a_strangers_claims() -> None:
    """Secrets, forwarded addresses and names with underscores stop at the edge."""
    claims = {
        "X-Forwarded-For": "198.51.100.1",
        "X-Real-IP": "198.51.100.1",
        "X_Forwarded_For": "198.51.100.1",
        "X_Plain": "merged",
        "X-Plain": "kept",
        "Proxy": "http://evil",
        "X-Trusted-Key": KEY,
    }
    with stand(trusted_key="another-key-of-enough-letters") as server:
        seen = server.ask(http("GET /seen", claims)).json()["headers"]

    assert seen == {"HTTP_HOST": "test", "HTTP_X_PLAIN": "kept"}
