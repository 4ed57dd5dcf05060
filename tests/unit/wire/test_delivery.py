"""Deliveries over a link whose transport only records."""

import asyncio

import h11
import pytest

from wire.delivery import ClientGone, Cutting, Delivery, Discarding, Dripping, Ended
from wire.draft import Draft
from wire.ledger import Ledger
from wire.link import Link
from wire.peer import Event, Peer

HEAD = h11.Response(status_code=200, headers=[("Content-Length", "6")])
CHUNKED = h11.Response(status_code=200, headers=[])
END = h11.EndOfMessage()


class Wire(asyncio.Transport):
    """Keeps the pieces that were written."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(data))

    def is_closing(self) -> bool:
        return False


class Client:
    """A client that has asked, and what it is sent."""

    def __init__(self) -> None:
        self.wire, self.link = Wire(), Link()
        self.link.connection_made(self.wire)
        self.peer = Peer(self.link, h11.SERVER)
        self.peer.http.receive_data(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        self.peer.http.next_event()
        ledger = Ledger(monotonic=lambda: 0.0)
        self.draft = Draft.begin(ledger, 1, "")

    def take(self, kind: type[Delivery], *events: Event, **how: object) -> Delivery:
        """Have these events delivered in this way."""
        delivery = kind(self.peer, self.draft, now_s=lambda: 2.0, stall_s=0.0)
        for name, value in how.items():
            setattr(delivery, name, value)
        asyncio.run(self._send(delivery, events))
        return delivery

    async def _send(self, delivery: Delivery, events: tuple[Event, ...]) -> None:
        for event in events:
            await delivery.send(event)

    @property
    def body(self) -> bytes:
        """What came after the head."""
        return b"".join(self.wire.pieces).partition(b"\r\n\r\n")[2]

    @property
    def noted(self) -> tuple[int | None, int, float | None]:
        """Status, bytes of the body and time of the first byte in the draft."""
        return self.draft.status, self.draft.response_bytes, self.draft.first_byte_s


@pytest.fixture
def client() -> Client:
    """A client that has asked."""
    return Client()


def data(text: str) -> h11.Data:
    """A piece of a body."""
    return h11.Data(data=text.encode())


def test_a_plain_delivery_notes_what_it_sends(client: Client) -> None:
    """Status, bytes and the first byte's time."""
    client.take(Delivery, HEAD, data("abcdef"), END)
    assert (client.body, client.noted) == (b"abcdef", (200, 6, 2.0))


def test_nothing_is_sent_to_a_client_that_has_gone(client: Client) -> None:
    """The delivery ends before the next byte."""
    client.link.eof_received()
    with pytest.raises(ClientGone):
        client.take(Delivery, HEAD)
    assert (client.wire.pieces, client.noted) == ([], (None, 0, None))


def test_a_client_that_goes_with_everything_has_not_gone_early(client: Client) -> None:
    """The end of a counted body has no bytes of its own."""
    client.take(Delivery, HEAD, data("abcdef"))
    client.link.eof_received()
    client.take(Delivery, END)
    assert client.body == b"abcdef"


def test_a_client_that_takes_nothing_is_given_up(client: Client) -> None:
    """The stall limit holds for writing too."""
    client.link.pause_writing()
    with pytest.raises(Ended, match="client_stalled") as caught:
        client.take(Delivery, HEAD)
    assert caught.value.reset


@pytest.mark.parametrize(("headers_too", "sizes"), [(False, [36, 4, 2]), (True, [4] * 9 + [4, 2])])
def test_drips_have_the_size_asked_for(client: Client, headers_too: bool, sizes: list[int]) -> None:
    """The head of 36 bytes comes whole, or in pieces of four like the body of six."""
    client.take(Dripping, HEAD, data("abcdef"), END, chunk_bytes=4, headers_too=headers_too)
    assert [len(piece) for piece in client.wire.pieces] == sizes
    assert client.body == b"abcdef"


@pytest.mark.parametrize(
    ("limit", "sent"), [(0, b""), (4, b"abcd"), (6, b"abcde"), (99, b"abcde"), (None, b"abc")]
)
def test_a_cut_never_sends_the_last_byte(client: Client, limit: int | None, sent: bytes) -> None:
    """Whatever the limit, and half of the body without one."""
    with pytest.raises(Ended):
        client.take(Cutting, HEAD, data("abc"), data("def"), END, limit=limit)
    assert (client.body, client.draft.response_bytes) == (sent, len(sent))


def test_a_cut_of_unknown_length_never_sends_the_end(client: Client) -> None:
    """All chunks may pass, but not the last, empty one."""
    with pytest.raises(Ended):
        client.take(Cutting, CHUNKED, data("abc"), END, limit=99, reset=True)
    assert client.body == b"3\r\nabc\r\n"


def test_discarding_lets_only_100_continue_through(client: Client) -> None:
    """The answer vanishes and is not noted as sent."""
    go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
    client.take(Discarding, go_on, HEAD, data("abcdef"), END)
    assert client.wire.pieces == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    assert client.draft.status is None
