"""Reading answers."""

import pytest
import requests
from tests.client_rig import Rig

from resilience.errors import ProtocolError
from resilience.http_client import read_json
from resilience.testing.transport import Reply


def answer(body: bytes, kind: str = "application/json") -> requests.Response:
    """What a call brings for a body of that type."""
    return Rig(Reply(200, body=body, headers={"Content-Type": kind})).get()


@pytest.mark.parametrize(
    "kind", ["application/json", "application/problem+json", "Application/JSON; charset=utf-8"]
)
def test_json_of_any_dialect(kind: str) -> None:
    """JSON is read when the answer says that it is JSON."""
    assert read_json(answer(b'{"a": [1]}', kind)) == {"a": [1]}


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (b"<html>", "text/html", "the answer is text/html, not JSON"),
        (b"{}", "", "the answer is no content type, not JSON"),
        (b"{", "application/json", "the answer is not valid JSON"),
        (b"", "application/json", "the answer is not valid JSON"),
        (b"\xff", "application/json", "the answer is not valid JSON"),
        (b"[" * 100_000, "application/json", "the answer is not valid JSON"),
        (b"9" * 5000, "application/json", "the answer is not valid JSON"),
    ],
)
@pytest.mark.fault(14)
def test_what_is_not_json(body: bytes, kind: str, sentence: str) -> None:
    """A page, a torn or a monstrous document is an error of the protocol."""
    with pytest.raises(ProtocolError) as caught:
        read_json(answer(body, kind))
    assert str(caught.value) == sentence


@pytest.mark.fault(14)
def test_a_body_past_the_cap() -> None:
    """A safe request is not repeated for it; an unsafe one is, with its key."""
    long = Reply(200, body=b"x" * 11)
    rig = Rig(long, max_response_bytes=10)
    assert isinstance(rig.failure(rig.get), ProtocolError)
    rig = Rig(long, Reply(201, body=b"x" * 10), max_response_bytes=10)
    assert (rig.post().content, len(rig.keys())) == (b"x" * 10, 1)
