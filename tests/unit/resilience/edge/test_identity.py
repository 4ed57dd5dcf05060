"""Whom a request counts for."""

from ipaddress import ip_network

import pytest

from resilience.edge.identity import Identity, networks

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
KEY = "sixteen-or-more-letters"


@pytest.mark.fault(60)
@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", None, "198.51.100.7"),
        ("198.51.100.7", b"1.1.1.1", "198.51.100.7"),
        ("10.0.0.1", b"1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", b"6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        ("10.0.0.1", b"10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", b"6.6.6.6, junk", "10.0.0.1"),
        ("10.0.0.1", b"6.6.6.6, junk, 10.0.0.2", "10.0.0.1"),
        ("10.0.0.1", b"", "10.0.0.1"),
        ("10.0.0.1", b"1.1.1.1\x00", "10.0.0.1"),
        ("10.0.0.1", b"0x7f.1", "10.0.0.1"),
        ("fd00::1", b"2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", None, "198.51.100.7"),
        ("fe80::1%eth0", None, "fe80::/64"),
        ("", None, "unknown"),
        ("a socket", None, "unknown"),
    ],
)
def test_the_client_is_the_right_most_address_that_we_do_not_trust(
    peer: str, forwarded: bytes | None, client: str
) -> None:
    """Only a trusted proxy is believed, and whatever is no address is its sender's."""
    assert Identity(PROXIES, "").client(peer, forwarded) == client


def test_a_caller_with_the_key_is_believed_the_last_address() -> None:
    """Also when that is one of our own networks; junk is the caller itself."""
    identity = Identity(PROXIES, KEY)
    forwarded = (b"1.1.1.1, 10.2.2.2", b"junk", None)

    assert [identity.client("198.51.100.7", hops, True) for hops in forwarded] == [
        "10.2.2.2",
        "198.51.100.7",
        "198.51.100.7",
    ]


@pytest.mark.parametrize("offered", [None, b"", b"wrong", KEY.upper().encode(), b"\xff"])
def test_a_wrong_key_is_no_key(offered: bytes | None) -> None:
    """Nothing but the exact bytes will do."""
    assert not Identity((), KEY).shows_key(offered)


def test_without_a_key_nobody_shows_it() -> None:
    """An empty secret cannot be guessed by sending an empty header."""
    assert (Identity((), "").shows_key(b""), Identity((), KEY).shows_key(KEY.encode())) == (
        False,
        True,
    )


def test_a_network_that_cannot_be_read_is_refused() -> None:
    """The error names the option and the network."""
    with pytest.raises(ValueError) as raised:
        networks("trusted_proxies", ["10.0.0.0/8", "ten"])

    assert str(raised.value) == (
        "trusted_proxies is 'ten', but must be a network such as '10.0.0.0/8' or '::1/128'"
    )
