"""The protected session: what goes in the headers, what is told, what is counted."""

import gc
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from tests.client_rig import Rig

from resilience import context
from resilience.errors import OutcomeUnknown, ProtocolError, RetriesExhausted
from resilience.events import AttemptFinished, SpanKind
from resilience.http_client import AttemptRequest, ProtectedSession, read_json
from resilience.options import ClientOptions
from resilience.testing.clock import FakeClock
from resilience.testing.transport import Reply, ScriptedTransport


def test_the_headers_of_an_operation() -> None:
    """All attempts share the request id and the key; each tells its number and its time."""
    rig = Rig(503, 200)
    rig.post(request_id="req-abc", idempotency_key="k-1", headers={"X-Own": "1"})
    names = (
        "X-Request-ID",
        "Idempotency-Key",
        "X-Own",
        "X-Request-Attempt",
        "X-Request-Timeout-Ms",
    )
    sent = [[request.headers.get(name) for name in names] for request in rig.transport.sent]
    assert sent == [
        ["req-abc", "k-1", "1", None, "15000"],
        ["req-abc", "k-1", "1", "2", "15000"],
    ]


def test_unsafe_requests_get_a_key_of_their_own() -> None:
    """Each operation has another key; a GET has none."""
    rig = Rig(201, 201, 200)
    rig.post()
    rig.session.patch("/appointments/x", json={})
    rig.get()
    keys = [request.headers.get("Idempotency-Key", "") for request in rig.transport.sent]
    assert ([len(key) for key in keys], len(set(keys))) == ([32, 32, 0], 3)


def test_the_request_id_in_hand_goes_on() -> None:
    """Inside a request its id is used; outside, one is made for the length of the call."""
    seen: list[str] = []
    rig = Rig(200, 200, emit=lambda _: seen.append(context.request_id.get()))
    token = context.request_id.set("req-outer")
    rig.get()
    context.request_id.reset(token)
    rig.get()
    ids = [request.headers["X-Request-ID"] for request in rig.transport.sent]
    assert seen == [ids[0], ids[0], ids[1], ids[1]]
    assert (ids[0], context.request_id.get()) == ("req-outer", "")


@pytest.mark.parametrize("script", [(200,), (503, 429, 200), (404,)])
def test_an_answer_goes_as_soon_as_its_caller_lets_it_go(script: tuple[int, ...]) -> None:
    """It holds its request, which holds nothing that leads back: no collector is waited for."""
    rig = Rig(*script)
    gc.disable()
    try:
        answer = rig.get()
        rig.transport.sent.clear()
        held = weakref.ref(answer)
        del answer
        assert held() is None
    finally:
        gc.enable()


def test_requests_say_what_they_belong_to() -> None:
    """The hooks of an instrumentation find operation, template and resend count on the request."""
    rig = Rig(503, 200)
    rig.get(url_template="/services")
    sent = [request for request in rig.transport.sent if isinstance(request, AttemptRequest)]
    told = [(r.operation, r.url_template, r.resend_count, r.url) for r in sent]
    url = "http://service.test/services"
    assert told == [("list_services", "/services", n, url) for n in (0, 1)]


def test_an_unknown_operation_is_other() -> None:
    """The names of operations are a closed set."""
    rig = Rig(200)
    rig.session.get("/x", operation="made_up")
    assert rig.told(AttemptFinished)[0].operation == "other"


@pytest.mark.fault(14)
def test_a_check_makes_a_wrong_answer_a_failed_attempt() -> None:
    """An answer that is not of the agreed form is asked for again with the same key."""
    page = Reply(201, body=b"<html>", headers={"Content-Type": "text/html"})
    rig = Rig(page, Reply(201, json={"ok": 1}))
    assert rig.post(check=read_json).json() == {"ok": 1}
    assert len(rig.keys()) == 1
    assert isinstance(Rig(page).failure(Rig(page).get, check=read_json), ProtocolError)
    rig = Rig(then=page)
    assert isinstance(rig.failure(rig.post, check=read_json), OutcomeUnknown)


def test_the_span_of_an_operation() -> None:
    """The whole call, its ending included, is inside one span, which sees the error."""
    seen: list[object] = []

    @contextmanager
    def observe(
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, str | int | float | bool] | None = None,
    ) -> Iterator[None]:
        seen.append((name, kind, dict(attributes or {})))
        try:
            yield
        except RetriesExhausted:
            seen.append("failed")
            raise

    session = ProtectedSession(
        ClientOptions(operations=frozenset({"list_services"})),
        clock=FakeClock(),
        emit=lambda event: seen.append(event.name),
        observe=observe,
        transport=ScriptedTransport(then=503),
    )
    with pytest.raises(RetriesExhausted):
        session.get("http://service.test/", operation="list_services")
    attributes = {"target": "default", "operation": "list_services"}
    assert seen[0] == ("list_services", SpanKind.INTERNAL, attributes)
    assert seen[-3:] == ["retry.suppressed", "operation.finished", "failed"]


def test_what_is_under_way_is_counted() -> None:
    """The gauge counts an operation while it lasts, also one that fails."""

    def under_way(rig: Rig) -> dict[str, float]:
        name = "resilience_operations_in_progress"
        return {r.values[1]: r.value for r in rig.session.readings() if r.gauge.name == name}

    during: list[dict[str, float]] = []

    def look(request: object) -> int:
        during.append(under_way(rig))
        return 404

    rig = Rig(look)
    rig.get()
    names = ("create_appointment", "list_services", "other")
    assert during == [dict(zip(names, (0.0, 1.0, 0.0), strict=True))]
    assert under_way(rig) == dict.fromkeys(names, 0.0)


def test_the_readings_of_a_session() -> None:
    """Operations, budget and breaker are read together, each series once."""
    series = [(r.gauge.name, r.values) for r in Rig().session.readings()]
    assert (len(series), len(set(series))) == (3 + 2 + 1 + 2 * 6 + 4, len(series))


def test_a_session_closes_with_its_block() -> None:
    """Leaving the block closes the transport."""
    closed: list[int] = []

    class Transport(ScriptedTransport):
        def close(self) -> None:
            closed.append(1)

    with ProtectedSession(transport=Transport()) as session:
        assert closed == []
    assert closed
    assert session.breaker.state == "closed"
