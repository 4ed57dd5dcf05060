"""The receiver keeps what it understands and refuses the rest, briefly."""

import gzip
import http.client
from collections.abc import Iterator

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext

from resilience.telemetry.otlp import encode
from resilience.telemetry.receiver import Receiver

PROTOBUF, JSON = "application/x-protobuf", "application/json"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of three traces."""
    with Receiver(max_traces=3) as found:
        yield found


def span(trace_id: int, name: str = "work") -> ReadableSpan:
    """A finished span of a trace."""
    return ReadableSpan(name, SpanContext(trace_id, 1, False), start_time=1, end_time=2)


def post(
    receiver: Receiver, body: bytes, headers: dict[str, str], path: str = "/v1/traces"
) -> tuple[int, str | None]:
    """The status and type of the answer to one export."""
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=5)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers["Content-Type"]
    finally:
        connection.close()


def names(receiver: Receiver) -> list[str]:
    """The names of all spans received."""
    return [one.name for one in receiver.spans()]


@pytest.mark.parametrize("packed", [False, True])
def test_protobuf_and_json_are_kept(receiver: Receiver, packed: bool) -> None:
    """Both forms, packed or not, are answered in their own form."""
    proto, json = encode_spans([span(1)]).SerializeToString(), encode([span(2, "other")])
    answers = []
    for kind, body in ((PROTOBUF, proto), (JSON, json)):
        headers = {"Content-Type": kind, **({"Content-Encoding": "gzip"} if packed else {})}
        answers.append(post(receiver, gzip.compress(body) if packed else body, headers))
    assert answers == [(200, PROTOBUF), (200, JSON)]
    assert names(receiver) == ["work", "other"]
    assert [one.name for one in receiver.spans(format(2, "032x"))] == ["other"]


def _odd(kind: int) -> bytes:
    odd = Span(name="odd", kind=kind)  # type: ignore[arg-type]  # a kind that is not one
    scope = ScopeSpans(spans=[odd])
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(scope_spans=[scope])]
    ).SerializeToString()


@pytest.mark.parametrize(
    ("kind", "encoding", "body"),
    [
        (PROTOBUF, "", b"garbage"),
        (PROTOBUF, "", _odd(77)),
        (JSON, "", b"garbage"),
        (JSON, "", b"[]"),
        (JSON, "", b"5"),
        (JSON, "", b"{}"),
        (JSON, "", b'{"resourceSpans": [5]}'),
        (JSON, "", b'{"resourceSpans": [{"resource": null}]}'),
        (JSON, "", b"[" * 100_000),
        (JSON, "gzip", b"not packed"),
        (JSON, "gzip", gzip.compress(b"{}")[:-9]),
        (PROTOBUF, "gzip", gzip.compress(b"x")[:12] + b"\xff" * 20),
        (JSON, "gzip", gzip.compress(b" " * 20_000_000)),
    ],
    ids=range(13),
)
def test_garbage_is_refused(
    receiver: Receiver, capfd: pytest.CaptureFixture[str], kind: str, encoding: str, body: bytes
) -> None:
    """Whatever cannot be decoded is a 400, and nothing is printed."""
    assert post(receiver, body, {"Content-Type": kind, "Content-Encoding": encoding})[0] == 400
    assert names(receiver) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("length", "path", "status"),
    [
        ("5", "/v1/metrics", 404),
        (str(16 * 1_048_576 + 1), "/v1/traces", 413),
        ("9" * 5000, "/v1/traces", 413),
        ("-1", "/v1/traces", 411),
        ("x", "/v1/traces", 411),
        ("", "/v1/traces", 411),
    ],
    ids=["path", "large", "digits", "negative", "text", "none"],
)
def test_a_request_that_cannot_be_taken_is_answered_and_closed(
    receiver: Receiver, length: str, path: str, status: int
) -> None:
    """The body is not read, and the connection does not go on behind it."""
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=5)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", length)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    assert (answer.status, answer.headers["Connection"]) == (status, "close")
    connection.close()


def test_the_newest_traces_are_kept(receiver: Receiver) -> None:
    """Beyond the limit the oldest trace is forgotten, whole."""
    for number in range(1, 6):
        post(receiver, encode([span(number, f"t{number}")]), {"Content-Type": JSON})
    assert names(receiver) == ["t3", "t4", "t5"]


def test_waiting_for_spans_of_a_trace(receiver: Receiver) -> None:
    """It is over when each name has come as often as it was named, or the time has passed."""
    trace_id = format(1, "032x")
    assert not receiver.wait_for(trace_id, ["a"], 0.0)
    post(receiver, encode([span(1, "a"), span(1, "b")]), {"Content-Type": JSON})
    assert receiver.wait_for(trace_id, ["a", "b"], 1.0)
    assert not receiver.wait_for(trace_id, ["a", "a"], 0.0)


def test_the_endpoint_is_on_loopback(receiver: Receiver) -> None:
    """An exporter is pointed at it by its endpoint."""
    assert receiver.endpoint == f"http://127.0.0.1:{receiver.port}"
