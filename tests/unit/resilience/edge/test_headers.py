"""What the edge reads of a request's headers."""

import pytest

from resilience.edge.headers import read, resend, timeout_s, trace_context
from resilience.vocabulary import Resend

PARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_one_pass_finds_what_is_read_and_how_much_there_is() -> None:
    """Repeated headers are joined, others only measured."""
    headers = [(b"host", b"a"), (b"x-other", b"12345"), (b"host", b"b")]

    assert read(headers) == ({b"host": b"a,b"}, 22)


@pytest.mark.fault(73)
@pytest.mark.parametrize(
    ("parent", "state", "carrier"),
    [
        (PARENT, None, {"traceparent": PARENT.decode()}),
        (PARENT, b"a=1", {"traceparent": PARENT.decode(), "tracestate": "a=1"}),
        (PARENT, b"a=" + b"1" * 511, {"traceparent": PARENT.decode()}),
        (PARENT, b"a=\xff", {"traceparent": PARENT.decode()}),
        (None, b"a=1", {}),
        (PARENT.upper(), None, {}),
        (b"ff" + PARENT[2:], None, {}),
        (PARENT + b"\n", None, {}),
        (PARENT + b"," + PARENT, None, {}),
        (b"00-" + b"0" * 32 + PARENT[35:], None, {}),
        (PARENT[:36] + b"0" * 16 + b"-01", None, {}),
    ],
)
def test_a_trace_context_is_whole_or_nothing(
    parent: bytes | None, state: bytes | None, carrier: dict[str, str]
) -> None:
    """Malformed and oversized parts do not travel on."""
    found = {b"traceparent": parent, b"tracestate": state}

    assert trace_context({k: v for k, v in found.items() if v is not None}) == carrier


@pytest.mark.parametrize(
    ("attempt", "sent_before"),
    [(b"0", "0"), (b"1", "0"), (b"2", "1"), (b"4", "3"), (b"9999", "3"), (b"99999", "0")],
)
def test_the_attempt_counts_from_one(attempt: bytes, sent_before: str) -> None:
    """The label is the number of earlier sends, 3 for more."""
    assert resend({b"x-request-attempt": attempt}) is Resend(sent_before)


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [(b"1500", 1.5), (b"0", 0.0), (b"-1", None), (b"", None), (b"1" * 10, None)],
)
def test_the_time_limit_is_in_milliseconds(limit: bytes, seconds: float | None) -> None:
    """Junk and what nobody waits for is no limit."""
    assert timeout_s({b"x-request-timeout-ms": limit}) == seconds
