"""Whom a request counts for: an address that the client cannot choose."""

from collections.abc import Sequence
from functools import lru_cache
from hmac import compare_digest
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from resilience.options import require

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def networks(name: str, texts: Sequence[str]) -> tuple[Network, ...]:
    """The networks of an option; a ValueError names the option and the one that is wrong."""
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ip_network(text))
        except ValueError:
            require(False, name, text, "a network such as '10.0.0.0/8' or '::1/128'")
    return tuple(found)


@lru_cache(maxsize=4096)
def address_of(text: str) -> Address | None:
    """The address that is written, an IPv4-mapped one as IPv4; None for anything else."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def client_key(address: Address) -> str:
    """What limits count by: an IPv4 address, or the /64 that one IPv6 subscriber has."""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address) >> 64 << 64, 64)))


@lru_cache(maxsize=4096)
def _peer_key(peer: str) -> str:
    address = address_of(peer)
    return client_key(address) if address else "unknown"


class Identity:
    """Tells callers apart by the address of the peer, or one forwarded by whom we trust.

    `proxies` are believed the right-most address of X-Forwarded-For that is not theirs; whoever
    shows `key` is believed the last one. Whatever is not an address is not believed.
    """

    def __init__(self, proxies: Sequence[Network], key: str) -> None:
        self._proxies = tuple(proxies)
        self._key = key.encode()

    def shows_key(self, offered: bytes | None) -> bool:
        """Whether the caller showed the secret key."""
        return bool(offered and self._key and compare_digest(offered, self._key))

    def is_proxy(self, address: Address | None) -> bool:
        """Whether it is the address of a trusted proxy."""
        return address is not None and any(address in network for network in self._proxies)

    def client(self, peer: str, forwarded: bytes | None = None, trusted: bool = False) -> str:
        """The key that the request counts for."""
        if forwarded is None:
            return _peer_key(peer)
        address = self.address(peer, forwarded, trusted)
        return client_key(address) if address else "unknown"

    def address(self, peer: str, forwarded: bytes | None, trusted: bool) -> Address | None:
        """The address that the request came from; None when even the peer has none."""
        near = address_of(peer)
        if forwarded is None or not (trusted or self.is_proxy(near)):
            return near
        hops = [_hop(text) for text in forwarded.decode("latin-1").split(",")]
        if trusted:
            return hops[-1] or near
        while len(hops) > 1 and self.is_proxy(hops[-1]):
            hops.pop()
        return hops[-1] or near


def _hop(text: str) -> Address | None:
    return address_of(text.strip()[:64])
