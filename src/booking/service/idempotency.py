"""How a retried request is recognised."""

import hashlib
import json
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One use of an idempotency key: digests only, so that nothing can leak from them."""

    scope: bytes
    key: bytes
    fingerprint: bytes

    @classmethod
    def of(cls, *, client: str, endpoint: str, key: str, request: object) -> Self:
        """The use of `key` by `client` at `endpoint` for `request`, any JSON value.

        The same key of another client or endpoint is another key. Two requests are the same
        when their JSON is, whatever the order of the members.
        """
        scope = f"{len(client)} {client} {endpoint}"
        return cls(_digest(scope), _digest(key), _digest(_canonical(request)))


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
