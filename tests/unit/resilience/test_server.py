"""Where a server may listen, and what is said when it may not."""

import errno
import socket
from typing import Any

import pytest

from resilience.edge import Edge
from resilience.edge.lifespan import ONE_PROCESS
from resilience.server import CannotListen, listen, serve


def test_a_free_port_is_listened_on() -> None:
    """Port 0 is any."""
    with listen("127.0.0.1", 0) as bound:
        assert bound.getsockname()[1] > 0


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EADDRINUSE, "in use: stop what listens there, or choose another port."),
        (errno.EACCES, "not permitted: choose a port above 1023."),
    ],
)
def test_a_port_that_cannot_be_had_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    """Which port, and what to do."""

    def refuse(self: socket.socket, address: Any) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(CannotListen) as raised:
        listen("127.0.0.1", 80)

    assert str(raised.value) == f"Port 80 on 127.0.0.1 is {said}"


def test_an_address_of_another_machine_is_one_sentence() -> None:
    """The reason of the system is repeated."""
    with pytest.raises(CannotListen) as raised:
        listen("192.0.2.1", 80)

    assert str(raised.value) == (
        "Cannot listen on 192.0.2.1, port 80 (Cannot assign requested address):"
        " choose an address of this machine."
    )


@pytest.mark.fault(64)
def test_more_than_one_worker_is_refused() -> None:
    """The limits would count in each of them."""
    with pytest.raises(SystemExit) as raised:
        serve(Edge(lambda environ, start: []), host="127.0.0.1", port=0, workers=2)

    assert raised.value.code == ONE_PROCESS
