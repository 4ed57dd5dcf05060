"""Sends what a journey asks, from the visitor's address."""

import json
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from booking.traffic.journey import Ask, Where


@dataclass(frozen=True, slots=True)
class Told:
    """What came back: the status (None for no answer), the body, and the seconds it took."""

    status: int | None
    body: bytes
    took_s: float

    @property
    def fine(self) -> bool:
        """Whether the journey can go on."""
        return self.status is not None and self.status < 400


class Sender:
    """Asks the API and the agent; one connection for each request.

    With `key`, both believe the visitor's address that is forwarded; without it, the address is
    that of the connection, which loopback alone lets us choose.
    """

    def __init__(self, urls: Mapping[Where, str], *, key: str = "", timeout_s: float) -> None:
        self._urls = {where: urlsplit(url) for where, url in urls.items()}
        self._key = key
        self._timeout_s = timeout_s

    @property
    def tells_apart(self) -> bool:
        """Whether visitors can have addresses of their own."""
        return bool(self._key) or (
            all(map(_is_loopback, self._urls.values())) and _can_be_bound("127.0.0.2")
        )

    def send(self, ask: Ask, address: str = "") -> Told:
        """Send it and wait for the whole answer."""
        begun_s = time.monotonic()
        try:
            status, body = self._exchange(ask, address)
        except (OSError, HTTPException):
            status, body = None, b""
        return Told(status, body, time.monotonic() - begun_s)

    def _exchange(self, ask: Ask, address: str) -> tuple[int, bytes]:
        url = self._urls[ask.where]
        connection = self._connection(url, address)
        body = None if ask.body is None else json.dumps(ask.body)
        try:
            path = url.path.rstrip("/") + ask.path
            connection.request(ask.method, path, body, self._headers(ask, address))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _connection(self, url: SplitResult, address: str) -> HTTPConnection:
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        source = (address, 0) if address and not self._key else None
        return kind(url.hostname or "", url.port, timeout=self._timeout_s, source_address=source)

    def _headers(self, ask: Ask, address: str) -> Mapping[str, str]:
        headers = dict(ask.headers)
        if ask.body is not None:
            headers["Content-Type"] = "application/json"
        if self._key and address:
            headers |= {"X-Trusted-Key": self._key, "X-Forwarded-For": address}
        return headers


def _is_loopback(url: SplitResult) -> bool:
    return (url.hostname or "").startswith("127.") or url.hostname == "localhost"


def _can_be_bound(address: str) -> bool:
    """Some systems have but one loopback address."""
    with socket.socket() as probe, suppress(OSError):
        probe.bind((address, 0))
        return True
    return False
