"""From the arguments of a call to what is sent."""

from typing import Any, cast

import pytest
from tests.client_rig import Rig

from resilience.errors import CallNotSent
from resilience.http_client import ProtectedSession
from resilience.http_client.request import AttemptRequest
from resilience.options import ClientOptions
from resilience.testing.transport import Reply, ScriptedTransport


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"method": "DELETE"}, "method is 'DELETE', but must be GET or POST or PATCH"),
        ({"deadline_s": 0.0}, "deadline_s is 0.0, but must be more than 0"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "the header 'X-A' has characters"),
        ({"headers": {"X A": "1"}}, "the header 'X A' has characters"),
        ({"method": "POST", "idempotency_key": "\n"}, "the header 'Idempotency-Key' has"),
        ({"method": "POST", "json": float("nan")}, "Out of range float values"),
    ],
)
def test_what_cannot_be_sent(arguments: dict[str, Any], sentence: str) -> None:
    """A mistake of the caller is a ValueError that says what is wrong, before anything is sent."""
    rig = Rig()
    with pytest.raises(ValueError) as caught:
        rig.session.request(**{"method": "GET", "url": "/services", **arguments})
    assert str(caught.value).startswith(sentence)
    assert rig.events == []


@pytest.mark.parametrize("base_url", ["http://service.test/v1", "http://service.test/v1/"])
@pytest.mark.parametrize("url", ["/a", "http://service.test/v1/a"])
def test_a_path_is_relative_to_the_base(base_url: str, url: str) -> None:
    """And a whole URL is not."""
    transport = ScriptedTransport(200)
    ProtectedSession(ClientOptions(base_url=base_url), transport=transport).get(url)
    assert [request.url for request in transport.sent] == ["http://service.test/v1/a"]


@pytest.mark.parametrize("url", ["ftp://service.test/", "services", "http://", "http://[::1"])
def test_urls_that_lead_nowhere(url: str) -> None:
    """A URL that cannot be called is refused before anything is sent."""
    rig = Rig()
    with pytest.raises(CallNotSent):
        rig.session.get(url)
    assert rig.events == []


@pytest.mark.parametrize(
    ("url", "params", "sent"),
    [
        (
            "/a",
            {"date": "2030-01-07", "n": [1, 2]},
            "http://service.test/a?date=2030-01-07&n=1&n=2",
        ),
        ("/a?x=1", {"y": "ä b"}, "http://service.test/a?x=1&y=%C3%A4+b"),
        ("http://other.test/a", None, "http://other.test/a"),
    ],
)
def test_urls(url: str, params: dict[str, Any] | None, sent: str) -> None:
    """A relative URL is under the base; parameters are encoded."""
    rig = Rig(200)
    rig.session.get(url, params=params)
    assert rig.transport.sent[0].url == sent


def test_a_json_body() -> None:
    """The body is JSON, with its type and its length."""
    rig = Rig(201)
    rig.session.post("/a", json={"name": "Zoë"})
    request = rig.transport.sent[0]
    assert request.body == b'{"name": "Zo\\u00eb"}'
    assert (request.headers["Content-Type"], request.headers["Content-Length"]) == (
        "application/json",
        "20",
    )


def test_every_query_shares_the_template_of_its_url() -> None:
    """Each day that is asked for would keep another prepared request, up to hundreds of them."""
    rig = Rig(Reply(200), Reply(200))
    for day in (1, 2):
        rig.session.get("/a", params={"day": day})
    first, second = (cast(AttemptRequest, request) for request in rig.transport.sent)
    assert [first.url, second.url] == [f"http://service.test/a?day={day}" for day in (1, 2)]
    assert first.span_attributes is second.span_attributes
