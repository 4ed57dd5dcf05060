"""The scripted transport."""

import pytest
import requests

from resilience.testing.clock import FakeClock
from resilience.testing.transport import Fails, Reply, ScriptedTransport

REQUEST = requests.Request("GET", "http://service.test/x").prepare()


def test_turns_are_played_in_order() -> None:
    """Each request gets the next turn, and is kept."""
    transport = ScriptedTransport(503, Reply(200, json={"ok": True}))
    answers = [transport.send(REQUEST) for _ in range(2)]
    assert [a.status_code for a in answers] == [503, 200]
    assert (answers[1].json(), transport.sent) == ({"ok": True}, [REQUEST, REQUEST])


def test_a_request_too_many_is_an_error_of_the_test() -> None:
    """A script that is over says so, unless it says how to go on."""
    with pytest.raises(AssertionError, match="request 1 was not expected"):
        ScriptedTransport().send(REQUEST)
    assert ScriptedTransport(then=204).send(REQUEST).status_code == 204


def test_failures_are_raised_after_their_time() -> None:
    """A failure of the script takes as long as it says."""
    clock = FakeClock(monotonic_s=0.0)
    transport = ScriptedTransport(Fails(OSError("cut"), after_s=3.0), clock=clock)
    with pytest.raises(OSError, match="cut"):
        transport.send(REQUEST)
    assert clock.monotonic() == 3.0


def test_a_reply_that_takes_too_long_is_a_read_timeout() -> None:
    """A reply beyond the time limit never comes, and the limit is what has passed."""
    clock = FakeClock(monotonic_s=0.0)
    transport = ScriptedTransport(Reply(after_s=20.0), clock=clock)
    with pytest.raises(requests.ReadTimeout):
        transport.send(REQUEST, timeout=(5.0, 15.0))
    assert clock.monotonic() == 15.0


def test_a_turn_may_depend_on_the_request() -> None:
    """A function of the script sees the request and says the turn."""
    transport = ScriptedTransport(lambda request: Reply(200, body=str(request.method).encode()))
    assert transport.send(REQUEST).content == b"GET"


def test_a_header_can_come_twice() -> None:
    """Pairs keep both values of a name."""
    transport = ScriptedTransport(Reply(429, headers=(("Retry-After", "1"), ("Retry-After", "2"))))
    assert transport.send(REQUEST).headers["Retry-After"] == "1, 2"
