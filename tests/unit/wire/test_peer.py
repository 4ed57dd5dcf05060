"""HTTP over a link that is fed by hand."""

import asyncio

import h11
import pytest

from wire.link import Link
from wire.peer import Gone, Peer

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"


@pytest.fixture
def peer() -> Peer:
    """The server's side of a connection."""
    return Peer(Link(), h11.SERVER)


def event(peer: Peer) -> object:
    """The next event, or the error instead of it."""
    return asyncio.run(peer.next_event(0))


def test_events_come_one_by_one(peer: Peer) -> None:
    """Head, body and end of one message; the second message waits for the next cycle."""
    peer.link.data_received(HEAD + b"abc" + HEAD)
    kinds = [type(event(peer)) for _ in range(3)]
    assert kinds == [h11.Request, h11.Data, h11.EndOfMessage]
    assert (peer.buffered_event(), peer.unread, peer.unanswered) == (None, True, True)


def test_a_message_that_breaks_off_is_gone(peer: Peer) -> None:
    """The end within a body is the other end's leaving, not bad HTTP."""
    peer.link.data_received(HEAD + b"a")
    peer.link.eof_received()
    assert [type(event(peer)) for _ in range(2)] == [h11.Request, h11.Data]
    with pytest.raises(Gone, match="closed"):
        event(peer)


def test_a_reset_says_so(peer: Peer) -> None:
    """Gone knows how it went."""
    peer.link.connection_lost(ConnectionResetError())
    with pytest.raises(Gone) as caught:
        event(peer)
    assert caught.value.reset


def test_bad_http_is_bad_even_when_the_sender_has_left(peer: Peer) -> None:
    """What came is judged before the leaving."""
    peer.link.data_received(b"nonsense\r\n\r\n")
    peer.link.eof_received()
    with pytest.raises(h11.RemoteProtocolError):
        event(peer)


def test_nothing_unread_is_left_between_messages(peer: Peer) -> None:
    """Such a connection may be closed at once."""
    assert not peer.unread
    assert not peer.next_cycle()


def test_silence_times_out(peer: Peer) -> None:
    """The limit is the caller's."""
    with pytest.raises(TimeoutError):
        event(peer)
